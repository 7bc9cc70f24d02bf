// tv-bench-floor: what receiving costs at the very least. Takes the place of `tunnelview client` for
// tv-bench-client and does only what nobody can leave out: receive, decompress with the same library calls,
// copy the spans into a mapped memfd, or decode a packet of video and convert its picture there. One thread
// (of its own: libavcodec has --threads of them), no checks beyond those that keep it from crashing, no
// compositor. With --drop yes it does not even that: it reads what the diffs say into a small piece of memory
// and forgets it.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <lz4.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <zstd.h>

#include "common.h"
#include "floor_compositor.h"
#ifdef TV_BENCH_VIDEO
#include "floor_video.h"
#endif

namespace tv::bench {
namespace {

enum MessageType : std::uint32_t {
    kProtocol = 0,
    kInjectRids = 1,
    kOpenFile = 2,
    kBufferDiff = 6,
    kVideoPacket = 15,
    kAck = 16,
    kClose = 18,
    kOpenVideo = 20,
};
enum Compression : std::uint32_t { kNone = 1, kLz4 = 2, kZstd = 3 };

constexpr std::size_t kWord = 4;
constexpr std::size_t kConnectionHeader = 16;
// Holds any message of stock senders (256 KiB and some) and stays in the second-level cache.
constexpr std::size_t kReadBuffer = 512 * 1024;
constexpr std::size_t kScratch = 512 * 1024;
constexpr std::size_t kPastEnd = 64; // a decoder may read, and ignores, so much behind a packet
// Shorter spans are copied from the read buffer: a system call for each would cost more.
constexpr std::size_t kDirectRead = 16 * 1024;
// Without compression, what is read ahead is copied twice; so little more than headers and short spans is.
constexpr std::size_t kShortReadAhead = 4 * 1024;
// Where dropped bytes go: as much as a read brings at most, and it stays in the second-level cache.
constexpr std::size_t kDropped = 256 * 1024;

std::uint32_t load(const std::byte* from) {
    std::uint32_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

// Blocking reader: what is asked for contiguously in the buffer, or straight to its destination.
class Reader {
public:
    explicit Reader(int fd)
        : fd_(fd), buffer_(std::make_unique_for_overwrite<std::byte[]>(kReadBuffer + kPastEnd)) {}

    // At least `size` bytes at the returned address; null at the end of the stream.
    const std::byte* peek(std::size_t size) {
        if (size > kReadBuffer) die("a message is longer than the read buffer");
        if (begin_ == end_) begin_ = end_ = 0;
        if (begin_ + size > kReadBuffer) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        while (end_ - begin_ < size) {
            const std::size_t most = std::min(kReadBuffer - end_, std::max(size, read_ahead_));
            wait();
            const ssize_t got = recv(fd_, buffer_.get() + end_, most, 0);
            if (got < 0) die_errno("recv");
            if (got == 0) return nullptr;
            end_ += static_cast<std::size_t>(got);
        }
        return buffer_.get() + begin_;
    }

    void skip(std::size_t size) { begin_ += size; }

    void read_ahead(std::size_t most) { read_ahead_ = most; }

    // Waiting here and not in the read is cheaper: by the time that the read begins, the sender has queued
    // more.
    void wait() const {
        pollfd ask{fd_, POLLIN, 0};
        if (poll(&ask, 1, -1) < 0) die_errno("poll");
    }

    void copy_to(std::byte* to, std::size_t size) {
        const std::size_t ready = std::min(size, end_ - begin_);
        std::memcpy(to, buffer_.get() + begin_, ready);
        begin_ += ready;
        to += ready;
        size -= ready;
        while (size >= kDirectRead) {
            // What follows the span goes to the buffer with the same call.
            iovec parts[2] = {{to, size}, {buffer_.get(), read_ahead_}};
            wait();
            const ssize_t result = readv(fd_, parts, 2);
            if (result <= 0) die("the stream ends within a span");
            const auto got = static_cast<std::size_t>(result);
            begin_ = 0;
            end_ = got > size ? got - size : 0;
            to += std::min(got, size);
            size -= std::min(got, size);
        }
        if (size > 0) {
            const std::byte* from = peek(size);
            if (from == nullptr) die("the stream ends within a span");
            std::memcpy(to, from, size);
            skip(size);
        }
    }

    void drop(std::size_t size) {
        if (!dropped_) dropped_ = std::make_unique_for_overwrite<std::byte[]>(kDropped);
        for (std::size_t some = 0; size > 0; size -= some) {
            some = std::min(size, kDropped);
            copy_to(dropped_.get(), some);
        }
    }

private:
    int fd_;
    std::unique_ptr<std::byte[]> buffer_;
    std::unique_ptr<std::byte[]> dropped_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t read_ahead_ = kReadBuffer;
};

class Floor {
public:
    Floor(int fd, std::FILE* hashes, int video_threads, bool drop)
        : fd_(fd), reader_(fd), scratch_(std::make_unique_for_overwrite<std::byte[]>(kScratch)),
          hashes_(hashes), video_threads_(video_threads), drop_(drop) {}

    void run() {
        const std::byte* header = reader_.peek(kConnectionHeader);
        if (header == nullptr) die("no connection header");
        compression_ = (load(header) >> 8) & 7;
        if (compression_ == kZstd) zstd_ = ZSTD_createDCtx();
        if (compression_ == kNone || drop_) reader_.read_ahead(kShortReadAhead);
        reader_.skip(kConnectionHeader);
        while (const std::byte* word = reader_.peek(kWord)) {
            const std::size_t size = load(word) >> 5;
            const std::uint32_t type = load(word) & 31;
            if (type == kClose) return;
            if (type != kAck) ++received_;
            if (type == kBufferDiff)
                diff(size);
            else
                small(type, size);
        }
    }

private:
    struct File {
        std::byte* map = nullptr;
        std::size_t size = 0;
    };

    static std::size_t padded(std::size_t size) { return (size + kWord - 1) / kWord * kWord; }

    File& file(std::int32_t rid) {
        const auto found = files_.find(rid);
        if (found == files_.end()) die("a RID that was never opened");
        return found->second;
    }

    void open_file(std::int32_t rid, std::size_t size) {
        const int memfd = memfd_create("tv-bench-floor", MFD_CLOEXEC);
        if (memfd < 0 || ftruncate(memfd, static_cast<off_t>(size)) != 0) die_errno("memfd");
        void* map = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
        if (map == MAP_FAILED) die_errno("mmap");
        close(memfd);
        files_[rid] = {static_cast<std::byte*>(map), size};
    }

    void small(std::uint32_t type, std::size_t size) {
        const std::byte* message = reader_.peek(padded(size));
        if (message == nullptr || size < kWord) die("a message is cut off");
        if (type == kOpenFile) {
            open_file(static_cast<std::int32_t>(load(message + 4)), load(message + 8));
        } else if (type == kInjectRids) {
            for (std::size_t at = kWord; at < size; at += kWord)
                compositor_.inject(static_cast<std::int32_t>(load(message + at)));
#ifdef TV_BENCH_VIDEO
        } else if (type == kOpenVideo) {
            constexpr std::size_t kWidth = 16;
            if (size < kWidth + 2 * kWord) die("a message is cut off");
            open_video(static_cast<std::int32_t>(load(message + 4)), load(message + kWidth),
                       load(message + kWidth + kWord));
        } else if (type == kVideoPacket) {
            show_video(message, size);
#endif
        } else if (type == kProtocol) {
            if (const auto shown = compositor_.handle({message + kWord, size - kWord});
                shown && hashes_ != nullptr)
                print_hash(*shown);
            send_events();
        }
        reader_.skip(padded(size));
    }

#ifdef TV_BENCH_VIDEO
    void open_video(std::int32_t rid, std::uint32_t width, std::uint32_t height) {
        const std::size_t bytes = std::size_t{width} * height * kWord;
        open_file(rid, bytes);
        videos_.try_emplace(rid, width, height, MutableBytes(files_[rid].map, bytes), video_threads_);
    }

    // Where it lies in the read buffer, which is followed by as much as libavcodec may read ahead.
    void show_video(const std::byte* message, std::size_t size) {
        constexpr std::size_t kPacketHeader = 8;
        const auto video = videos_.find(static_cast<std::int32_t>(load(message + kWord)));
        if (size < kPacketHeader || video == videos_.end()) die("a packet of no stream");
        video->second.show({message + kPacketHeader, size - kPacketHeader});
    }
#endif

    void print_hash(const FloorCompositor::Shown& shown) {
        const File& shown_file = file(shown.rid);
        if (shown.offset + shown.size > shown_file.size) die("a buffer outside its file");
        fmt::print(hashes_, "{:016x}\n", frame_hash({shown_file.map + shown.offset, shown.size}));
        std::fflush(hashes_);
    }

    // Events, and an acknowledgement: a C sender keeps what is not acknowledged.
    void send_events() {
        auto& events = compositor_.events();
        if (events.empty()) return;
        const auto size = static_cast<std::uint32_t>(kWord + events.size());
        std::uint32_t words[3] = {(8u << 5) | kAck, received_, (size << 5) | kProtocol};
        iovec parts[2] = {{words, sizeof words}, {events.data(), events.size()}};
        if (writev(fd_, parts, 2) != static_cast<ssize_t>(sizeof words + events.size())) die("short write");
        events.clear();
    }

    void diff(std::size_t size) {
        if (drop_) return reader_.drop(padded(size));
        constexpr std::size_t kDiffHeader = 16;
        const std::byte* header = reader_.peek(kDiffHeader);
        if (header == nullptr || size < kDiffHeader) die("a diff is cut off");
        File& target = file(static_cast<std::int32_t>(load(header + 4)));
        const std::size_t diff_size = load(header + 8);
        const std::size_t trailing = load(header + 12);
        if (compression_ == kNone) {
            reader_.skip(kDiffHeader);
            receive_spans(target, diff_size, trailing);
            reader_.skip(padded(size) - size);
            return;
        }
        const std::byte* message = reader_.peek(padded(size));
        if (message == nullptr || diff_size + trailing > kScratch) die("a diff is cut off or too long");
        decompress({message + kDiffHeader, size - kDiffHeader}, diff_size + trailing);
        reader_.skip(padded(size));
        copy_spans(target, diff_size, trailing);
    }

    void decompress(std::span<const std::byte> data, std::size_t expected) {
        bool complete;
        if (compression_ == kLz4)
            complete =
                LZ4_decompress_safe(reinterpret_cast<const char*>(data.data()),
                                    reinterpret_cast<char*>(scratch_.get()), static_cast<int>(data.size()),
                                    static_cast<int>(expected)) == static_cast<int>(expected);
        else
            complete =
                ZSTD_decompressDCtx(zstd_, scratch_.get(), expected, data.data(), data.size()) == expected;
        if (!complete) die("data that does not decompress");
    }

    static std::byte* span_in(const File& target, std::size_t first, std::size_t end) {
        if (end < first || end * kWord > target.size) die("a span out of range");
        return target.map + first * kWord;
    }

    void receive_spans(const File& target, std::size_t diff_size, std::size_t trailing) {
        constexpr std::size_t kSpanHeader = 8;
        while (diff_size > 0) {
            const std::byte* span = reader_.peek(kSpanHeader);
            if (span == nullptr) die("a diff is cut off");
            const std::size_t first = load(span), end = load(span + kWord);
            std::byte* to = span_in(target, first, end);
            const std::size_t bytes = (end - first) * kWord;
            if (kSpanHeader + bytes > diff_size) die("a span longer than its diff");
            reader_.skip(kSpanHeader);
            reader_.copy_to(to, bytes);
            diff_size -= kSpanHeader + bytes;
        }
        if (trailing > target.size) die("trailing bytes out of range");
        reader_.copy_to(target.map + target.size - trailing, trailing);
    }

    void copy_spans(const File& target, std::size_t diff_size, std::size_t trailing) {
        const std::byte* from = scratch_.get();
        const std::byte* const spans_end = from + diff_size;
        while (from < spans_end) {
            const std::size_t first = load(from), end = load(from + kWord);
            std::byte* to = span_in(target, first, end);
            from += 2 * kWord;
            const std::size_t bytes = (end - first) * kWord;
            if (bytes > static_cast<std::size_t>(spans_end - from)) die("a span longer than its diff");
            std::memcpy(to, from, bytes);
            from += bytes;
        }
        if (trailing > target.size) die("trailing bytes out of range");
        std::memcpy(target.map + target.size - trailing, from, trailing);
    }

    int fd_;
    Reader reader_;
    std::unique_ptr<std::byte[]> scratch_;
    std::FILE* hashes_;
    FloorCompositor compositor_;
    std::unordered_map<std::int32_t, File> files_;
#ifdef TV_BENCH_VIDEO
    std::unordered_map<std::int32_t, FloorVideo> videos_;
#endif
    [[maybe_unused]] int video_threads_;
    bool drop_;
    std::uint32_t compression_ = kNone;
    std::uint32_t received_ = 0;
    ZSTD_DCtx* zstd_ = nullptr;
};

int listen_once(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) die("the socket path is too long");
    std::ranges::copy(path, address.sun_path);
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener, 1) != 0)
        die_errno("listen");
    const int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) die_errno("accept");
    close(listener);
    unlink(path.c_str());
    return fd;
}

} // namespace
} // namespace tv::bench

int main(int argc, char** argv) {
    using namespace tv::bench;
    std::string socket;
    std::FILE* hashes = nullptr;
    int threads = 1;
    bool drop = false;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::string_view(argv[i]) == "-s")
            socket = argv[i + 1];
        else if (std::string_view(argv[i]) == "--hash")
            hashes = std::fopen(argv[i + 1], "w");
        else if (std::string_view(argv[i]) == "--threads")
            threads = std::atoi(argv[i + 1]); // NOLINT(cert-err34-c)
        else if (std::string_view(argv[i]) == "--drop")
            drop = std::string_view(argv[i + 1]) == "yes";
    }
    if (socket.empty()) die("usage: tv-bench-floor -s SOCKET [--threads N] [--hash FILE] [--drop yes]");
    Floor(listen_once(socket), hashes, threads, drop).run();
    return 0;
}
