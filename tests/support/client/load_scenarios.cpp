// Many objects, many round trips, big frames: for limits and benchmarks.
#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "drawing.h"
#include "scenario.h"
#include "support/parse.h"

namespace tv::test {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::duration elapsed) {
    return std::chrono::duration<double, std::milli>(elapsed).count();
}

// Live regions, so that every id stays in use.
bool many_objects(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    const int count = arguments.number(0, 1000);
    std::vector<wl_region*> regions;
    regions.reserve(static_cast<std::size_t>(count));
    for (int index = 0; index < count; ++index) {
        regions.push_back(wl_compositor_create_region(basics.compositor));
        // Now and then a look whether the other side still lives.
        if (index % 500 == 499 && !connection.roundtrip()) return false;
    }
    if (!connection.roundtrip()) return false;
    connection.say(fmt::format("created {}", count));
    for (wl_region* region : regions) wl_region_destroy(region);
    if (!connection.roundtrip()) return false;
    // Their ids can be used again.
    for (int index = 0; index < count; ++index)
        wl_region_destroy(wl_compositor_create_region(basics.compositor));
    return connection.roundtrip();
}

// Syncs in flight at once; answered in order.
bool many_callbacks(Connection& connection, const Arguments& arguments) {
    const int count = arguments.number(0, 1000);
    int answered = 0;
    bool in_order = true;
    connection.be_quiet(true);
    for (int index = 0; index < count; ++index) {
        wl_callback* callback = wl_display_sync(connection.display());
        connection.listen(callback, [&connection, &answered, &in_order, callback, index](std::string_view,
                                                                                         const wl_argument*) {
            in_order = in_order && answered == index;
            ++answered;
            connection.forget(callback);
            wl_callback_destroy(callback);
        });
    }
    const bool all = connection.wait([&] { return answered == count; });
    connection.say(fmt::format("answered {} {}", answered, in_order ? "in order" : "out of order"));
    return all && in_order;
}

bool sync_latency(Connection& connection, const Arguments& arguments) {
    const int count = arguments.number(0, 1000);
    for (int index = 0; index < std::min(count, 100); ++index) {
        if (!connection.roundtrip()) return false;
    }
    std::vector<double> microseconds;
    for (int index = 0; index < count; ++index) {
        const auto start = Clock::now();
        if (!connection.roundtrip()) return false;
        microseconds.push_back(1000 * milliseconds(Clock::now() - start));
    }
    if (microseconds.empty()) return true;
    std::sort(microseconds.begin(), microseconds.end());
    connection.say(fmt::format("p50_us {:.1f}", microseconds[microseconds.size() / 2]));
    connection.say(fmt::format("p99_us {:.1f}", microseconds[microseconds.size() * 99 / 100]));
    return true;
}

// Whole frames, each shown when the one before has had its frame callback. Drawing is done beforehand for a
// few frames and repeated, so that the time is not the client's.
bool full_frame(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    constexpr int kMostPixels = 16384;
    const auto size = parse_size(arguments.word(0, "1920x1080"));
    if (!size || size->first > kMostPixels || size->second > kMostPixels) return false;
    const auto [width, height] = *size;
    const int frames = arguments.number(1, 60);
    const std::string name = arguments.word(2, "noise");
    const Pattern pattern = name == "text"       ? Pattern::Text
                            : name == "gradient" ? Pattern::Gradient
                                                 : Pattern::Noise;
    Window window(basics, "full-frame");
    if (!window.open()) return false;
    const std::size_t bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
    constexpr std::size_t kBuffers = 4;
    const auto pool = Pool::create(basics.shm, kBuffers * bytes);
    if (!pool) return false;
    std::array<std::unique_ptr<Buffer>, kBuffers> buffers;
    for (std::size_t index = 0; index < kBuffers; ++index) {
        buffers[index] = std::make_unique<Buffer>(connection, *pool, index * bytes, width, height);
        buffers[index]->fill(pattern, static_cast<std::uint32_t>(index));
    }
    connection.be_quiet(true);
    const auto start = Clock::now();
    for (int frame = 0; frame < frames; ++frame) {
        Buffer& buffer = *buffers[static_cast<std::size_t>(frame) % kBuffers];
        if (!connection.wait([&] { return !buffer.busy; })) return false;
        // One changed pixel is enough to tell frames apart; damage makes the whole buffer go.
        buffer.pixels()[0] = 0xff000000U | static_cast<std::uint32_t>(frame);
        if (!window.show(buffer)) return false;
    }
    const double elapsed = milliseconds(Clock::now() - start);
    connection.be_quiet(false);
    connection.say(fmt::format("frames {} elapsed_ms {:.1f}", frames, elapsed));
    return connection.roundtrip();
}

constexpr Scenario kScenarios[] = {
    {"many-objects", "[COUNT]", "that many live objects, destroyed, and their ids used again", many_objects},
    {"many-callbacks", "[COUNT]", "that many syncs in flight", many_callbacks},
    {"sync-latency", "[COUNT]", "round trips, one after the other; prints percentiles", sync_latency},
    {"full-frame", "[WxH [FRAMES [noise|text|gradient]]]", "whole frames; prints the elapsed time",
     full_frame},
};

} // namespace

std::span<const Scenario> load_scenarios() {
    return kScenarios;
}

} // namespace tv::test
