// Pools and buffers: what wl_shm clients do, and how they take things down at awkward moments.
#include <array>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "drawing.h"
#include "scenario.h"

namespace tv::test {

namespace {

constexpr int kWidth = 320;
constexpr int kHeight = 240;
constexpr std::size_t kBytes = std::size_t{kWidth} * kHeight * 4;

// Two buffers in one pool, shown in turn.
bool shm_basic(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "shm-basic");
    if (!window.open()) return false;
    const auto pool = Pool::create(basics.shm, 2 * kBytes);
    if (!pool) return false;
    const std::array<std::unique_ptr<Buffer>, 2> buffers{
        std::make_unique<Buffer>(connection, *pool, 0, kWidth, kHeight),
        std::make_unique<Buffer>(connection, *pool, kBytes, kWidth, kHeight)};
    const int frames = arguments.number(0, 10);
    for (int frame = 0; frame < frames; ++frame) {
        Buffer& buffer = *buffers[static_cast<std::size_t>(frame) % 2];
        if (!connection.wait([&] { return !buffer.busy; })) return false;
        buffer.fill(Pattern::Gradient, static_cast<std::uint32_t>(frame));
        if (!window.show(buffer)) return false;
    }
    return connection.roundtrip();
}

// The pool grows before every frame and the window with it.
bool shm_resize(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "shm-resize");
    if (!window.open()) return false;
    const auto pool = Pool::create(basics.shm, 64UL * 48 * 4);
    if (!pool) return false;
    std::vector<std::unique_ptr<Buffer>> kept;
    std::size_t offset = 0;
    const int frames = arguments.number(0, 8);
    for (int frame = 0; frame < frames; ++frame) {
        const int width = 64 + 40 * frame;
        const int height = 48 + 30 * frame;
        const std::size_t bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
        if (offset + bytes > pool->size() && !pool->resize(offset + bytes)) return false;
        // Earlier buffers stay, so every resize moves a pool that is in use.
        kept.push_back(std::make_unique<Buffer>(connection, *pool, offset, width, height));
        kept.back()->fill(Pattern::Gradient, static_cast<std::uint32_t>(frame));
        if (!window.show(*kept.back())) return false;
        offset += bytes;
    }
    return connection.roundtrip();
}

// All four formats, and an offset and stride that nothing aligns.
bool shm_formats(Connection& connection, const Arguments&) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "shm-formats");
    if (!window.open()) return false;
    constexpr int kOddWidth = 101;
    constexpr int kOddHeight = 67;
    const auto pool = Pool::create(basics.shm, 4 + std::size_t{kOddWidth} * kOddHeight * 4);
    if (!pool) return false;
    std::uint32_t frame = 0;
    for (const std::uint32_t format :
         {std::uint32_t{WL_SHM_FORMAT_ARGB8888}, std::uint32_t{WL_SHM_FORMAT_XRGB8888},
          std::uint32_t{WL_SHM_FORMAT_XBGR8888}, std::uint32_t{WL_SHM_FORMAT_ABGR8888}}) {
        Buffer buffer(connection, *pool, 4, kOddWidth, kOddHeight, format);
        buffer.fill(Pattern::Noise, frame++);
        if (!window.show(buffer)) return false;
    }
    return connection.roundtrip();
}

// Only a few pixels change from frame to frame, with the damage that says so.
bool shm_damage(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "shm-damage");
    if (!window.open()) return false;
    const auto pool = Pool::create(basics.shm, kBytes);
    if (!pool) return false;
    Buffer buffer(connection, *pool, 0, kWidth, kHeight);
    buffer.fill(Pattern::Text, 0);
    if (!window.show(buffer)) return false;
    const int frames = arguments.number(0, 10);
    for (int frame = 1; frame <= frames; ++frame) {
        if (!connection.wait([&] { return !buffer.busy; })) return false;
        const int x = frame * 13 % (kWidth - 16);
        const int y = frame * 29 % (kHeight - 8);
        for (int row = 0; row < 8; ++row) {
            for (int column = 0; column < 16; ++column) {
                buffer.pixels()[(y + row) * kWidth + x + column] =
                    0xff000000U + static_cast<std::uint32_t>(frame * 65793);
            }
        }
        buffer.busy = true;
        wl_surface_attach(window.surface, buffer.buffer, 0, 0);
        wl_surface_damage_buffer(window.surface, x, y, 16, 8);
        window.ask_frame();
        window.commit();
        if (!connection.wait([&] { return window.frames_done == window.frames_asked; })) return false;
    }
    return connection.roundtrip();
}

// The pool object goes before its buffer is shown, and then before it is shown again.
bool pool_destroyed_first(Connection& connection, const Arguments&) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "pool-destroyed-first");
    if (!window.open()) return false;
    const auto pool = Pool::create(basics.shm, kBytes);
    if (!pool) return false;
    Buffer buffer(connection, *pool, 0, kWidth, kHeight);
    pool->destroy_pool_object();
    buffer.fill(Pattern::Gradient, 1);
    if (!window.show(buffer)) return false;
    if (!connection.wait([&] { return !buffer.busy; })) return false;
    buffer.fill(Pattern::Gradient, 2);
    return window.show(buffer) && connection.roundtrip();
}

// The buffer is destroyed right behind the commit that shows it, many times over.
bool buffer_destroyed_pending(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "buffer-destroyed-pending");
    if (!window.open()) return false;
    const int rounds = arguments.number(0, 20);
    for (int round = 0; round < rounds; ++round) {
        const auto pool = Pool::create(basics.shm, kBytes);
        if (!pool) return false;
        {
            Buffer buffer(connection, *pool, 0, kWidth, kHeight);
            buffer.fill(Pattern::Gradient, static_cast<std::uint32_t>(round));
            window.attach(buffer);
            window.ask_frame();
            window.commit();
        }
        pool->destroy_pool_object();
        if (!connection.wait([&] { return window.frames_done == window.frames_asked; })) return false;
    }
    return connection.roundtrip();
}

// Leaves in the middle of a frame without destroying anything.
bool abrupt_exit(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    if (!basics.complete()) return false;
    Window window(basics, "abrupt-exit");
    if (!window.open()) return false;
    const auto pool = Pool::create(basics.shm, kBytes);
    if (!pool) return false;
    Buffer buffer(connection, *pool, 0, kWidth, kHeight);
    const int frames = arguments.number(0, 3);
    for (int frame = 0; frame < frames; ++frame) {
        buffer.fill(Pattern::Noise, static_cast<std::uint32_t>(frame));
        if (!window.show(buffer)) return false;
    }
    buffer.fill(Pattern::Noise, 1000);
    window.attach(buffer);
    window.commit();
    connection.flush();
    _exit(0);
}

constexpr Scenario kScenarios[] = {
    {"shm-basic", "[FRAMES]", "a gradient, double-buffered in one pool", shm_basic},
    {"shm-resize", "[FRAMES]", "a growing window in a growing pool", shm_resize},
    {"shm-formats", "", "ARGB, XRGB, XBGR, ABGR at an odd size and offset", shm_formats},
    {"shm-damage", "[FRAMES]", "small changes with small damage", shm_damage},
    {"pool-destroyed-first", "", "the pool is destroyed before its buffer is used", pool_destroyed_first},
    {"buffer-destroyed-pending", "[ROUNDS]", "the buffer is destroyed right after the commit",
     buffer_destroyed_pending},
    {"abrupt-exit", "[FRAMES]", "the process leaves with a commit on its way", abrupt_exit},
};

} // namespace

std::span<const Scenario> shm_scenarios() {
    return kScenarios;
}

} // namespace tv::test
