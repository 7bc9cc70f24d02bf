// tv-bench-client: the application of the benchmark.
//
//   frames  full updates of one surface out of two wl_shm buffers, each gated on the frame callback and on
//   the
//           buffer's release
//   sync    wl_display.sync round trips; prints their median and 99th percentile
//   idle    connections that bind the globals, create a surface and then do nothing
//
// With --control the program stops where the runner wants to read clocks: it prints a word and waits for a
// byte on stdin.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "common.h"
#include "patterns.h"

namespace tv::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Distinct pictures, painted before the clock starts. Even, so that a buffer never gets the picture it
// already holds.
constexpr unsigned kPictures = 6;
constexpr std::size_t kBytesPerPixel = 4;

struct Options {
    std::string mode;
    Pattern pattern = Pattern::Noise;
    int width = 1920;
    int height = 1080;
    unsigned warmup = 4;
    unsigned count = 60; // frames, round trips or connections
    bool control = false;
    const char* hash_file = nullptr;
};

void checkpoint(const Options& options, const std::string& word) {
    fmt::print("{}\n", word);
    std::fflush(stdout);
    char byte;
    if (options.control && read(STDIN_FILENO, &byte, 1) < 0) die_errno("read");
}

struct Globals {
    wl_compositor* compositor = nullptr;
    wl_shm* shm = nullptr;
};

void on_global(void* data, wl_registry* registry, std::uint32_t name, const char* interface,
               std::uint32_t version) {
    auto& globals = *static_cast<Globals*>(data);
    if (std::string_view(interface) == "wl_compositor")
        globals.compositor = static_cast<wl_compositor*>(
            wl_registry_bind(registry, name, &wl_compositor_interface, std::min(version, 4u)));
    else if (std::string_view(interface) == "wl_shm")
        globals.shm = static_cast<wl_shm*>(wl_registry_bind(registry, name, &wl_shm_interface, 1));
}
void on_global_remove(void*, wl_registry*, std::uint32_t) {}
const wl_registry_listener kRegistryListener = {on_global, on_global_remove};

struct Connection {
    wl_display* display = nullptr;
    Globals globals;
};

Connection connect() {
    Connection connection;
    connection.display = wl_display_connect(nullptr);
    if (connection.display == nullptr) die("cannot connect to the Wayland display");
    wl_registry_add_listener(wl_display_get_registry(connection.display), &kRegistryListener,
                             &connection.globals);
    if (wl_display_roundtrip(connection.display) < 0) die("registry round trip");
    if (connection.globals.compositor == nullptr || connection.globals.shm == nullptr)
        die("a global is missing");
    return connection;
}

struct Buffer {
    wl_buffer* proxy = nullptr;
    std::byte* pixels = nullptr;
    bool busy = false;
};

void on_release(void* data, wl_buffer*) {
    static_cast<Buffer*>(data)->busy = false;
}
const wl_buffer_listener kBufferListener = {on_release};

void on_frame_done(void* data, wl_callback* callback, std::uint32_t) {
    *static_cast<bool*>(data) = true;
    wl_callback_destroy(callback);
}
const wl_callback_listener kFrameListener = {on_frame_done};

void make_buffer(Buffer& buffer, wl_shm* shm, const Options& options) {
    const int stride = options.width * static_cast<int>(kBytesPerPixel);
    const int size = stride * options.height;
    const int fd = memfd_create("tv-bench", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, size) != 0) die_errno("memfd");
    void* map = mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) die_errno("mmap");
    buffer.pixels = static_cast<std::byte*>(map);
    wl_shm_pool* pool = wl_shm_create_pool(shm, fd, size);
    buffer.proxy =
        wl_shm_pool_create_buffer(pool, 0, options.width, options.height, stride, WL_SHM_FORMAT_XRGB8888);
    wl_buffer_add_listener(buffer.proxy, &kBufferListener, &buffer);
    wl_shm_pool_destroy(pool);
    close(fd);
}

void dispatch(wl_display* display) {
    if (wl_display_dispatch(display) < 0) die("the connection ended");
}

int run_frames(const Options& options) {
    const auto pixel_count =
        static_cast<std::size_t>(options.width) * static_cast<std::size_t>(options.height);
    std::array<std::vector<std::uint32_t>, kPictures> pictures;
    for (unsigned i = 0; i < kPictures; ++i) {
        pictures[i].resize(pixel_count);
        paint(options.pattern, i, pictures[i], static_cast<std::size_t>(options.width),
              static_cast<std::size_t>(options.height));
    }
    std::FILE* hashes = options.hash_file != nullptr ? std::fopen(options.hash_file, "w") : nullptr;

    Connection connection = connect();
    wl_surface* surface = wl_compositor_create_surface(connection.globals.compositor);
    std::array<Buffer, 2> buffers;
    for (Buffer& buffer : buffers) make_buffer(buffer, connection.globals.shm, options);

    Clock::time_point start;
    for (unsigned i = 0; i < options.warmup + options.count; ++i) {
        if (i == options.warmup) {
            wl_display_roundtrip(connection.display);
            checkpoint(options, "warm");
            start = Clock::now();
        }
        Buffer& buffer = buffers[i % buffers.size()];
        while (buffer.busy) dispatch(connection.display);
        const auto picture = std::as_bytes(std::span(pictures[i % kPictures]));
        std::memcpy(buffer.pixels, picture.data(), picture.size());
        if (hashes != nullptr) fmt::print(hashes, "{:016x}\n", frame_hash(picture));
        bool done = false;
        wl_surface_attach(surface, buffer.proxy, 0, 0);
        wl_surface_damage_buffer(surface, 0, 0, options.width, options.height);
        wl_callback_add_listener(wl_surface_frame(surface), &kFrameListener, &done);
        wl_surface_commit(surface);
        buffer.busy = true;
        while (!done) dispatch(connection.display);
    }
    for (Buffer& buffer : buffers)
        while (buffer.busy) dispatch(connection.display);
    const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    wl_display_roundtrip(connection.display);
    if (hashes != nullptr) std::fclose(hashes);
    checkpoint(options, fmt::format("done {}", wall));
    wl_display_disconnect(connection.display);
    return 0;
}

int run_sync(const Options& options) {
    Connection connection = connect();
    for (unsigned i = 0; i < options.warmup; ++i) wl_display_roundtrip(connection.display);
    std::vector<std::int64_t> times(options.count);
    for (std::int64_t& time : times) {
        const auto start = Clock::now();
        if (wl_display_roundtrip(connection.display) < 0) die("the connection ended");
        time = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
    }
    std::ranges::sort(times);
    checkpoint(options, fmt::format("sync {} {}", times[times.size() / 2], times[times.size() * 99 / 100]));
    wl_display_disconnect(connection.display);
    return 0;
}

int run_idle(const Options& options) {
    std::vector<Connection> connections;
    for (unsigned i = 0; i < options.count; ++i) {
        Connection connection = connect();
        wl_surface_commit(wl_compositor_create_surface(connection.globals.compositor));
        wl_display_roundtrip(connection.display);
        connections.push_back(connection);
    }
    checkpoint(options, "idle");
    for (const Connection& connection : connections) wl_display_disconnect(connection.display);
    return 0;
}

int parse_number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) die("not a number");
    return value;
}

Options parse(int argc, char** argv) {
    Options options;
    if (argc < 2)
        die("usage: tv-bench-client frames|sync|idle [--count N] [--warmup N] [--pattern P] [--control]");
    options.mode = argv[1];
    for (int i = 2; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--control") {
            options.control = true;
            continue;
        }
        if (i + 1 == argc) die("an option lacks its value");
        const char* value = argv[++i];
        if (name == "--pattern") {
            const auto pattern = pattern_from_name(value);
            if (!pattern) die("unknown pattern");
            options.pattern = *pattern;
        } else if (name == "--count")
            options.count = static_cast<unsigned>(parse_number(value));
        else if (name == "--warmup")
            options.warmup = static_cast<unsigned>(parse_number(value));
        else if (name == "--width")
            options.width = parse_number(value);
        else if (name == "--height")
            options.height = parse_number(value);
        else if (name == "--hash")
            options.hash_file = value;
        else
            die("unknown option");
    }
    return options;
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (options.mode == "frames") return run_frames(options);
    if (options.mode == "sync" && options.count > 0) return run_sync(options);
    if (options.mode == "idle") return run_idle(options);
    die("unknown mode");
}

} // namespace
} // namespace tv::bench

int main(int argc, char** argv) {
    return tv::bench::run(argc, argv);
}
