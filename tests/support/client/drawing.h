// Shared-memory pools, buffers and windows of the scripted client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xdg-shell-client.h>

#include "base/fd.h"
#include "connection.h"

namespace tv::test {

// What frames are filled with. All are functions of position and frame number alone.
enum class Pattern {
    Gradient, // every pixel differs between frames
    Noise,    // does not compress
    Text,     // rows of glyph-like marks on white, as in an editor that scrolls
    Smooth,   // soft colours that move; the frame's number in black and white blocks (frames.h reads it back)
};
void draw(Pattern pattern, std::uint32_t frame, std::uint32_t* pixels, int width, int height,
          int stride_pixels);

// A file of shared memory, mapped, and its wl_shm_pool.
class Pool {
public:
    // Null when memory or wl_shm is missing.
    [[nodiscard]] static std::unique_ptr<Pool> create(wl_shm* shm, std::size_t bytes);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    [[nodiscard]] bool resize(std::size_t bytes);
    [[nodiscard]] std::byte* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] wl_shm_pool* get() const { return pool_; }
    // The pool object goes, its buffers and the mapping stay.
    void destroy_pool_object();

private:
    Pool() = default;
    UniqueFd fd_;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    wl_shm_pool* pool_ = nullptr;
};

// A wl_buffer somewhere in a pool. The pool must outlive it.
struct Buffer {
    Buffer(Connection& the_connection, Pool& pool, std::size_t offset, int width, int height,
           std::uint32_t format = WL_SHM_FORMAT_XRGB8888);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    void fill(Pattern pattern, std::uint32_t frame);
    [[nodiscard]] std::uint32_t* pixels() const;

    Connection& connection;
    Pool& pool;
    std::size_t offset;
    int width, height;
    wl_buffer* buffer = nullptr;
    bool busy = false;
};

// The globals that nearly every scenario needs.
struct Basics {
    explicit Basics(Connection& the_connection);
    [[nodiscard]] bool complete() const {
        return compositor != nullptr && shm != nullptr && shell != nullptr;
    }
    Connection& connection;
    wl_compositor* compositor = nullptr;
    wl_shm* shm = nullptr;
    xdg_wm_base* shell = nullptr;
};

// A surface with frame callbacks.
struct Canvas {
    explicit Canvas(Basics& the_basics);
    ~Canvas();
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;
    void attach(Buffer& buffer);
    // Asks for a frame callback; it counts in frames_done.
    void ask_frame();
    void commit() { wl_surface_commit(surface); }
    // Attach, ask, commit, wait for the answer. False when none came.
    [[nodiscard]] bool show(Buffer& buffer);

    Basics& basics;
    wl_surface* surface = nullptr;
    int frames_asked = 0;
    int frames_done = 0;
};

// A toplevel. open() returns once the first configure has been acknowledged.
struct Window : Canvas {
    Window(Basics& the_basics, const std::string& title);
    ~Window();
    [[nodiscard]] bool open();

    xdg_surface* shell_surface = nullptr;
    xdg_toplevel* toplevel = nullptr;
    bool configured = false;
    bool closed = false;
    int wanted_width = 0, wanted_height = 0;
};

} // namespace tv::test
