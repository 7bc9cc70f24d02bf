// video_micro_decode RECORDING.s2c [ROUNDS]: CPU time of decoding and converting a recorded session's longest
// stream, by a bare loop on one thread and by a stream with its workers, interleaved. Prints one JSON line a
// thread count; `ratio` is stream / bare, both user + system time a picture.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "channel/header.h"
#include "channel/messages.h"
#include "video/decoders.h"
#include "video/stream.h"
#include "video/worker_pool.h"

namespace tv::video {
namespace {

struct Clip {
    Codec codec{};
    Size size{};
    std::vector<std::shared_ptr<const Packet>> packets;
};

Result<Clip> read_clip(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    if (content.size() < kConnectionHeaderSize) return fail(ErrorCategory::Usage, "recording cannot be read");
    Bytes rest = std::as_bytes(std::span(content)).subspan(kConnectionHeaderSize);
    std::map<Rid, Clip> clips;
    while (!rest.empty()) {
        TV_ASSIGN(const FrameWord frame, peek_frame(rest));
        if (rest.size() < frame.padded_size()) break;
        const Bytes message = rest.first(frame.padded_size());
        if (frame.type == MessageType::OpenDmavidDstV2) {
            TV_ASSIGN(const auto open, decode<msg::OpenDmavidDstV2>(message));
            Clip& clip = clips[open.rid];
            clip.size = {open.slice.width, open.slice.height};
            clip.codec = codec_from_id(open.vid_flags & 0xff).value_or(Codec::H264);
        } else if (frame.type == MessageType::SendDmavidPacket) {
            TV_ASSIGN(const auto packet, decode<msg::SendDmavidPacket>(message));
            clips[packet.rid].packets.push_back(std::make_shared<const Packet>(packet.data));
        }
        rest = rest.subspan(frame.padded_size());
    }
    Clip longest;
    for (auto& [rid, clip] : clips)
        if (clip.packets.size() > longest.packets.size()) longest = std::move(clip);
    if (longest.packets.empty()) return fail(ErrorCategory::Usage, "recording has no video");
    return longest;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Surface {
    Size size;
    std::shared_ptr<std::vector<std::byte>> pixels;
    explicit Surface(Size of)
        : size(of), pixels(std::make_shared<std::vector<std::byte>>(std::size_t{of.width} * of.height * 4)) {}
    [[nodiscard]] PixelTarget target() const { return {*pixels, std::size_t{size.width} * 4, size}; }
};

class ConvertAtOnce final : public DecodeSink {
public:
    explicit ConvertAtOnce(const Surface& surface) : surface_(surface) {}
    void decoded(std::uint64_t, Result<std::optional<Picture>> outcome) override {
        if (outcome && *outcome && convert(**outcome, surface_.target())) ++pictures;
    }
    std::size_t pictures = 0;

private:
    const Surface& surface_;
};

double bare(const Clip& clip, DecoderFactory& factory, unsigned threads, const Surface& surface) {
    auto sink = std::make_shared<ConvertAtOnce>(surface);
    const double began = cpu_seconds();
    auto decoder = factory.create({clip.codec, clip.size, threads}, sink);
    if (!decoder) return 0;
    std::uint64_t ticket = 0;
    for (const auto& packet : clip.packets)
        if (!(*decoder)->decode({packet->bytes(), ticket == 0, ticket++, packet})) return 0;
    return sink->pictures == clip.packets.size() ? cpu_seconds() - began : 0;
}

double streamed(const Clip& clip, DecoderFactory& factory, unsigned threads, const Surface& surface) {
    int wake[2];
    if (pipe(wake) != 0) return 0;
    const double began = cpu_seconds();
    std::uint64_t painted = 0;
    {
        WorkerPool pool(2);
        DriverOptions options;
        options.codec = clip.codec;
        options.buffer = clip.size;
        options.threads = threads;
        options.decoders = {&factory};
        options.executor = &pool;
        options.wake = [fd = wake[1]] { [[maybe_unused]] const ssize_t written = write(fd, "", 1); };
        Stream stream(std::move(options), paint_pixels(surface.target(), surface.pixels));
        for (const auto& packet : clip.packets) {
            const std::uint64_t number = stream.push(packet);
            while (stream.shown() <= number) {
                pollfd waiting{wake[0], POLLIN, 0};
                char drained[64];
                if (poll(&waiting, 1, 10'000) != 1 || read(wake[0], drained, sizeof drained) <= 0) return 0;
                stream.service();
            }
        }
        painted = stream.statistics().painted;
    }
    const double used = cpu_seconds() - began;
    close(wake[0]);
    close(wake[1]);
    return painted == clip.packets.size() ? used : 0;
}

int run(const char* path, int rounds) {
    const auto clip = read_clip(path);
    if (!clip) {
        std::fprintf(stderr, "%s: %s\n", path, describe(clip.error()).c_str());
        return 1;
    }
    const auto factory = ffmpeg_decoders();
    if (!factory) {
        std::fprintf(stderr, "built without libavcodec\n");
        return 1;
    }
    const Surface surface(clip->size);
    for (const unsigned threads : {1u, 2u}) {
        std::vector<double> bares, streams, ratios;
        (void)bare(*clip, *factory, threads, surface); // loads the library, touches the memory
        for (int round = 0; round < rounds; ++round) {
            bares.push_back(bare(*clip, *factory, threads, surface));
            streams.push_back(streamed(*clip, *factory, threads, surface));
            if (bares.back() == 0 || streams.back() == 0) {
                std::fprintf(stderr, "decoding failed\n");
                return 1;
            }
            ratios.push_back(streams.back() / bares.back());
        }
        auto median = [](std::vector<double> values) {
            std::sort(values.begin(), values.end());
            return values[values.size() / 2];
        };
        const double pictures = static_cast<double>(clip->packets.size());
        std::printf(
            "{\"bench\":\"video_decode\",\"threads\":%u,\"pictures\":%zu,\"bare_ms\":%.3f,\"stream_ms\":%.3f,"
            "\"ratio\":%.3f}\n",
            threads, clip->packets.size(), median(bares) * 1e3 / pictures, median(streams) * 1e3 / pictures,
            median(ratios));
    }
    return 0;
}

} // namespace
} // namespace tv::video

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: video_micro_decode RECORDING.s2c [ROUNDS]\n");
        return 2;
    }
    return tv::video::run(argv[1], argc > 2 ? std::max(1, std::atoi(argv[2])) : 5); // NOLINT(cert-err34-c)
}
