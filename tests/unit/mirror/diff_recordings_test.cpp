// The fills and diffs of recorded sessions, decompressed and applied to files kept as the protocol says.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "channel/compression.h"
#include "channel/messages.h"
#include "channel/test_bytes.h"
#include "mirror/diff.h"

namespace tv {
namespace {

using test::Buffer;

// Terminals announce files of half a gigabyte and touch little of them: memory that is never touched costs
// nothing here.
class LazyFile {
public:
    LazyFile() = default;
    explicit LazyFile(std::size_t size) : memory_(std::calloc(size + 1, 1)), size_(size) {}
    [[nodiscard]] MutableBytes bytes() { return {static_cast<std::byte*>(memory_.get()), size_}; }
    void extend(std::size_t size) {
        LazyFile grown(size);
        std::ranges::copy(bytes().first(std::min(size_, size)), grown.bytes().begin());
        *this = std::move(grown);
    }

private:
    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };
    std::unique_ptr<void, Free> memory_;
    std::size_t size_ = 0;
};

// The same file, brought up to date in three ways.
struct Copies {
    LazyFile applied; // by apply_diff
    LazyFile fed;     // by a cursor
    LazyFile rebuilt; // by diffs that build_diff made from the first
    explicit Copies(std::size_t size = 0) : applied(size), fed(size), rebuilt(size) {}
};

// The bytes from the first to the last that a valid diff writes.
ByteRange touched(Bytes diff, std::size_t diff_size, std::size_t target_size) {
    ByteRange range{target_size - (diff.size() - diff_size), target_size};
    if (diff.size() == diff_size) range = {target_size, 0};
    for (Bytes spans = diff.first(diff_size); !spans.empty();) {
        const std::size_t first = std::size_t{load_u32(spans, 0)} * kDiffWord;
        const std::size_t end = std::size_t{load_u32(spans, 4)} * kDiffWord;
        range = {std::min(range.begin, first), std::max(range.end, end)};
        spans = spans.subspan(kSpanHeader + end - first);
    }
    return range;
}

bool same_part(Bytes a, Bytes b, ByteRange range) {
    return range.begin >= range.end ||
           std::memcmp(a.data() + range.begin, b.data() + range.begin, range.end - range.begin) == 0;
}

struct Replay {
    CompressionKind compression;
    Decompressor decompressor{};
    std::map<Rid, Copies> files{};
    int diffs = 0;
    int fills = 0;

    Result<Buffer> unpack(Bytes data, std::size_t size) {
        TV_TRY(check_expansion(compression, data.size(), size));
        Buffer out(size);
        TV_TRY(decompressor.decompress(compression, data, out));
        return out;
    }
    Result<Copies*> file(Rid rid) {
        auto found = files.find(rid);
        if (found == files.end()) return fail(ErrorCategory::PeerViolation, "unknown RID", rid);
        return &found->second;
    }

    Status diff(const msg::BufferDiff& message) {
        TV_ASSIGN(Copies * copies, file(message.rid));
        TV_ASSIGN(Buffer data, unpack(message.data, message.uncompressed_size()));
        const MutableBytes applied = copies->applied.bytes(), fed = copies->fed.bytes(),
                           rebuilt = copies->rebuilt.bytes();
        TV_TRY(apply_diff(data, message.diff_size, applied));
        ++diffs;

        DiffCursor cursor(message.diff_size, message.ntrailing, fed.size());
        TV_ASSIGN(std::size_t used, cursor.feed(data, fed));
        EXPECT_TRUE(cursor.done());
        EXPECT_EQ(used, data.size());

        const ByteRange range = touched(data, message.diff_size, applied.size());
        Buffer own;
        const DiffSize size = build_diff(rebuilt, applied, {&range, 1}, own);
        TV_TRY(apply_diff(own, size.diff_size, rebuilt));

        EXPECT_TRUE(same_part(fed, applied, range));
        EXPECT_TRUE(same_part(rebuilt, applied, range));
        return {};
    }
    Status fill(const msg::BufferFill& message) {
        TV_ASSIGN(Copies * copies, file(message.rid));
        TV_ASSIGN(Buffer data, unpack(message.data, message.uncompressed_size()));
        ++fills;
        for (LazyFile* copy : {&copies->applied, &copies->fed, &copies->rebuilt})
            TV_TRY(apply_fill(data, message.start, message.end, copy->bytes(), FillOverrun::Clamp));
        return {};
    }
    Status take(MessageType type, Bytes message) {
        if (type == MessageType::OpenFile) {
            TV_ASSIGN(auto open, decode<msg::OpenFile>(message));
            files[open.rid] = Copies(open.size);
        } else if (type == MessageType::OpenDmabuf) {
            TV_ASSIGN(auto open, decode<msg::OpenDmabuf>(message));
            files[open.rid] = Copies(std::size_t{open.slice.strides[0]} * open.slice.height);
        } else if (type == MessageType::ExtendFile) {
            TV_ASSIGN(auto extend, decode<msg::ExtendFile>(message));
            TV_ASSIGN(Copies * copies, file(extend.rid));
            for (LazyFile* copy : {&copies->applied, &copies->fed, &copies->rebuilt})
                copy->extend(extend.size);
        } else if (type == MessageType::BufferDiff) {
            TV_ASSIGN(auto update, decode<msg::BufferDiff>(message));
            return diff(update);
        } else if (type == MessageType::BufferFill) {
            TV_ASSIGN(auto update, decode<msg::BufferFill>(message));
            return fill(update);
        }
        return {};
    }
    Status run(Bytes stream) {
        while (!stream.empty()) {
            TV_ASSIGN(FrameWord frame, peek_frame(stream));
            if (stream.size() < frame.padded_size())
                return fail(ErrorCategory::Corrupted, "recording is cut off");
            TV_TRY(take(frame.type, stream.first(frame.padded_size())));
            stream = stream.subspan(frame.padded_size());
        }
        return {};
    }
};

TEST(DiffRecordings, every_update_of_stock_peers_applies_whole_piecewise_and_rebuilt) {
    const char* other = std::getenv("TV_RECORDINGS");
    int diffs = 0, fills = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(other != nullptr ? other : TV_FIXTURES)) {
        if (entry.path().extension() != ".s2c") continue;
        const Buffer sent = test::read_whole(entry.path().string());
        ASSERT_GE(sent.size(), kConnectionHeaderSize) << entry.path();
        auto header = parse_connection_header(Bytes(sent).first<kConnectionHeaderSize>());
        ASSERT_TRUE(header) << entry.path();

        Replay to_client{header->compression};
        auto status = to_client.run(Bytes(sent).subspan(kConnectionHeaderSize));
        EXPECT_TRUE(status) << entry.path() << ": " << describe(status.error());
        Replay to_server{header->compression};
        status = to_server.run(
            test::read_whole(std::filesystem::path(entry.path()).replace_extension(".c2s").string()));
        EXPECT_TRUE(status) << entry.path() << ": " << describe(status.error());
        diffs += to_client.diffs + to_server.diffs;
        fills += to_client.fills + to_server.fills;
    }
    // What the recordings in the tree hold: the keymap is a fill from one family, a diff from the other.
    EXPECT_GE(diffs, 61 + 61 + 8 + 1);
    EXPECT_GE(fills, 1);
}

} // namespace
} // namespace tv
