// video_micro_decode RECORDING.s2c [ROUNDS]: CPU time of decoding and converting a recorded session's longest
// stream, by a bare loop on one thread and by a stream with its workers, interleaved. Prints one JSON line a
// thread count; `ratio` is stream / bare, both user + system time a picture.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "video/decoders.h"
#include "video/stream.h"
#include "video/worker_pool.h"
#include "video_clip.h"

namespace tv::video {
namespace {

using bench::cpu_seconds;

struct Clip {
    Codec codec{};
    Size size{};
    std::vector<std::shared_ptr<const Packet>> packets;
};

Result<Clip> longest_stream(const char* path) {
    TV_ASSIGN(const bench::Clip all, bench::read_clip(path));
    const auto longest =
        std::ranges::max_element(all.streams, {}, [](const auto& stream) { return stream.second.packets; });
    Clip clip{longest->second.codec, longest->second.size, {}};
    for (const auto& step : all.steps)
        if (step.rid == longest->first) clip.packets.push_back(step.packet);
    return clip;
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
    const auto clip = longest_stream(path);
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
