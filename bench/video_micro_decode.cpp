// video_micro_decode RECORDING.s2c [ROUNDS]: decodes and converts a recorded session's longest stream, in
// rounds that alternate what is compared. Prints a JSON line for each comparison and number of decoding
// threads; 0 is what a stream takes by itself.
//
// video_decode: CPU time a picture, user and system, by a bare loop and by a stream with its workers; `ratio`
// is stream / bare.
//
// video_paced: the same stream with a pause before each packet, as a window has between its frames. Medians
// of a picture's wait for its decoder, of decoding, of the hand-over to whoever converts, and of the
// conversion.
//
// video_two_streams: wall time of the stream twice at once on one pool of two workers, and one after the
// other; `ratio` is the first / the second. As with a window, a packet comes when the picture before it is
// shown. `bare_ratio` is the same of bare loops on threads of their own: what the machine gives at the time.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>
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

// A stream, and what its window would do.
class Window {
public:
    Window(const Clip& clip, DecoderFactory& factory, unsigned threads, Executor& executor, int wake)
        : clip_(clip), surface_(clip.size), stream_(options(clip, factory, threads, executor, wake),
                                                    paint_pixels(surface_.target(), surface_.pixels)) {}

    // When the next packet is wanted, it comes after a pause of so many microseconds.
    void service(useconds_t pause) {
        stream_.service();
        if (stream_.shown() != pushed_ || finished()) return;
        if (pause != 0) usleep(pause);
        stream_.push(clip_.packets[pushed_++]);
    }
    [[nodiscard]] bool finished() const { return stream_.shown() == clip_.packets.size(); }
    [[nodiscard]] StreamStatistics statistics() const { return stream_.statistics(); }

private:
    static DriverOptions options(const Clip& clip, DecoderFactory& factory, unsigned threads,
                                 Executor& executor, int wake) {
        DriverOptions options;
        options.codec = clip.codec;
        options.buffer = clip.size;
        options.threads = threads;
        options.decoders = {&factory};
        options.executor = &executor;
        options.wake = [wake] { [[maybe_unused]] const ssize_t written = write(wake, "", 1); };
        return options;
    }

    const Clip& clip_;
    const Surface surface_;
    Stream stream_;
    std::size_t pushed_ = 0;
};

struct Run {
    double cpu = 0; // seconds
    double wall = 0;
    StreamStatistics statistics; // of the last window
};

// Plays `count` windows at once; nothing when a picture is missing.
std::optional<Run> play(const Clip& clip, DecoderFactory& factory, unsigned threads, unsigned count,
                        useconds_t pause = 0) {
    int wake[2];
    if (pipe(wake) != 0) return std::nullopt;
    bool good = true;
    Run run;
    const double cpu_began = cpu_seconds();
    const std::int64_t began = system_clock().steady();
    {
        WorkerPool pool(2);
        std::vector<std::unique_ptr<Window>> windows;
        for (unsigned i = 0; i < count; ++i)
            windows.push_back(std::make_unique<Window>(clip, factory, threads, pool, wake[1]));
        auto finished = [](const auto& window) { return window->finished(); };
        for (const auto& window : windows) window->service(pause);
        while (good && !std::ranges::all_of(windows, finished)) {
            pollfd waiting{wake[0], POLLIN, 0};
            char drained[64];
            good = poll(&waiting, 1, 10'000) == 1 && read(wake[0], drained, sizeof drained) > 0;
            for (const auto& window : windows) window->service(pause);
        }
        run.wall = static_cast<double>(system_clock().steady() - began) * 1e-9;
        for (const auto& window : windows) {
            run.statistics = window->statistics();
            good = good && run.statistics.painted == clip.packets.size();
        }
    }
    run.cpu = cpu_seconds() - cpu_began;
    close(wake[0]);
    close(wake[1]);
    return good ? std::optional(run) : std::nullopt;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

bool compare_with_bare_loop(const Clip& clip, DecoderFactory& factory, unsigned threads, int rounds) {
    const Surface surface(clip.size);
    std::vector<double> bares, streams, ratios;
    (void)bare(clip, factory, threads, surface); // loads the library, touches the memory
    for (int round = 0; round < rounds; ++round) {
        bares.push_back(bare(clip, factory, threads, surface));
        const auto played = play(clip, factory, threads, 1);
        if (bares.back() == 0 || !played) return false;
        streams.push_back(played->cpu);
        ratios.push_back(played->cpu / bares.back());
    }
    const double pictures = static_cast<double>(clip.packets.size());
    std::printf(
        "{\"bench\":\"video_decode\",\"threads\":%u,\"pictures\":%zu,\"bare_ms\":%.3f,\"stream_ms\":%.3f,"
        "\"ratio\":%.3f}\n",
        threads, clip.packets.size(), median(bares) * 1e3 / pictures, median(streams) * 1e3 / pictures,
        median(ratios));
    return true;
}

bool measure_paced(const Clip& clip, DecoderFactory& factory, unsigned threads, int rounds) {
    constexpr useconds_t kPause = 2'000;
    std::vector<double> queue, decode, wait, convert;
    for (int round = 0; round < rounds; ++round) {
        const auto played = play(clip, factory, threads, 1, kPause);
        if (!played) return false;
        auto note = [](std::vector<double>& to, Percentiles of) {
            to.push_back(static_cast<double>(of.p50) * 1e-6);
        };
        note(queue, played->statistics.driver.queue);
        note(decode, played->statistics.driver.decode);
        note(wait, played->statistics.paint_wait);
        note(convert, played->statistics.convert);
    }
    std::printf("{\"bench\":\"video_paced\",\"threads\":%u,\"queue_p50_ms\":%.3f,\"decode_p50_ms\":%.3f,"
                "\"hand_over_p50_ms\":%.3f,\"convert_p50_ms\":%.3f}\n",
                threads, median(queue), median(decode), median(wait), median(convert));
    return true;
}

double wall_of_bare_loops(const Clip& clip, DecoderFactory& factory, unsigned threads, unsigned count) {
    std::vector<Surface> surfaces;
    for (unsigned i = 0; i < count; ++i) surfaces.emplace_back(clip.size);
    std::vector<std::thread> loops;
    const std::int64_t began = system_clock().steady();
    for (const Surface& surface : surfaces)
        loops.emplace_back([&] { (void)bare(clip, factory, threads, surface); });
    for (std::thread& loop : loops) loop.join();
    return static_cast<double>(system_clock().steady() - began);
}

bool compare_two_streams(const Clip& clip, DecoderFactory& factory, unsigned threads, int rounds) {
    std::vector<double> both, serial, ratios, bare_ratios;
    for (int round = 0; round < rounds; ++round) {
        const auto first = play(clip, factory, threads, 1);
        const auto at_once = play(clip, factory, threads, 2);
        const auto second = play(clip, factory, threads, 1);
        if (!first || !at_once || !second) return false;
        both.push_back(at_once->wall);
        serial.push_back(first->wall + second->wall);
        ratios.push_back(both.back() / serial.back());
        const double one = wall_of_bare_loops(clip, factory, threads, 1);
        const double two = wall_of_bare_loops(clip, factory, threads, 2);
        bare_ratios.push_back(two / (one + wall_of_bare_loops(clip, factory, threads, 1)));
    }
    std::printf("{\"bench\":\"video_two_streams\",\"threads\":%u,\"at_once_ms\":%.1f,\"one_by_one_ms\":%.1f,"
                "\"ratio\":%.3f,\"bare_ratio\":%.3f}\n",
                threads, median(both) * 1e3, median(serial) * 1e3, median(ratios), median(bare_ratios));
    return true;
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
    for (auto* compare : {&compare_with_bare_loop, &measure_paced, &compare_two_streams}) {
        for (const unsigned threads : {0u, 1u, 2u}) {
            if (!compare(*clip, *factory, threads, rounds)) {
                std::fprintf(stderr, "decoding failed\n");
                return 1;
            }
        }
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
