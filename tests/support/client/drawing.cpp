#include "drawing.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frames.h"

namespace tv::test {

namespace {

std::uint32_t mix(std::uint32_t value) {
    value ^= value >> 16;
    value *= 0x7feb352dU;
    value ^= value >> 15;
    value *= 0x846ca68bU;
    return value ^ (value >> 16);
}

std::uint32_t gradient(std::uint32_t frame, std::uint32_t x, std::uint32_t y) {
    return 0xff000000U | ((x + frame * 3) & 0xff) << 16 | ((y + frame * 5) & 0xff) << 8 |
           ((x + y + frame * 7) & 0xff);
}

// One character cell is 8 x 16 pixels with a pseudo-random glyph of 5 x 9 in it; a line has a random length.
std::uint32_t text(std::uint32_t frame, std::uint32_t x, std::uint32_t y) {
    const std::uint32_t line = y / 16 + frame;
    const std::uint32_t column = x / 8;
    if (column >= 20 + mix(line) % 120) return 0xffffffffU;
    const std::uint32_t glyph = mix(line * 977 + column) % 64;
    const std::uint32_t row = y % 16;
    const std::uint32_t bit = x % 8;
    if (row < 3 || row > 11 || bit < 1 || bit > 5 || glyph < 10) return 0xffffffffU;
    return (mix(glyph * 131 + row) >> bit & 1) != 0 ? 0xff202020U : 0xffffffffU;
}

// 0..255..0 over 256 steps, with no edges.
std::uint32_t triangle(std::uint32_t value) {
    value &= 0x1ff;
    return value < 256 ? value : 511 - value;
}

std::uint32_t smooth(std::uint32_t frame, std::uint32_t x, std::uint32_t y) {
    if (y < kNumberBlock && x < kNumberWidth)
        return (frame >> (x / kNumberBlock) & 1) != 0 ? 0xffffffffU : 0xff000000U;
    return 0xff000000U | triangle(x + frame * 4) << 16 | triangle(y + frame * 2) << 8 | triangle((x + y) / 2);
}

void draw_noise(std::uint32_t frame, std::uint32_t* pixels, int width, int height, int stride) {
    std::uint64_t state = (std::uint64_t{frame} + 1) * 0x9e3779b97f4a7c15ULL;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            pixels[static_cast<std::ptrdiff_t>(y) * stride + x] =
                static_cast<std::uint32_t>(state) | 0xff000000U;
        }
    }
}

} // namespace

void draw(Pattern pattern, std::uint32_t frame, std::uint32_t* pixels, int width, int height, int stride) {
    if (pattern == Pattern::Noise) return draw_noise(frame, pixels, width, height, stride);
    const auto pixel = pattern == Pattern::Text ? text : pattern == Pattern::Smooth ? smooth : gradient;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const auto column = static_cast<std::uint32_t>(x);
            const auto row = static_cast<std::uint32_t>(y);
            pixels[static_cast<std::ptrdiff_t>(y) * stride + x] = pixel(frame, column, row);
        }
    }
}

std::unique_ptr<Pool> Pool::create(wl_shm* shm, std::size_t bytes) {
    if (shm == nullptr) return nullptr;
    std::unique_ptr<Pool> pool(new Pool());
    pool->fd_ = UniqueFd::adopt(memfd_create("pool", MFD_CLOEXEC));
    if (!pool->fd_.valid() || ftruncate(pool->fd_.get(), static_cast<off_t>(bytes)) != 0) return nullptr;
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, pool->fd_.get(), 0);
    if (mapped == MAP_FAILED) return nullptr;
    pool->data_ = static_cast<std::byte*>(mapped);
    pool->size_ = bytes;
    pool->pool_ = wl_shm_create_pool(shm, pool->fd_.get(), static_cast<std::int32_t>(bytes));
    return pool;
}

bool Pool::resize(std::size_t bytes) {
    if (bytes <= size_ || ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) return false;
    void* mapped = mremap(data_, size_, bytes, MREMAP_MAYMOVE);
    if (mapped == MAP_FAILED) return false;
    data_ = static_cast<std::byte*>(mapped);
    size_ = bytes;
    wl_shm_pool_resize(pool_, static_cast<std::int32_t>(bytes));
    return true;
}

void Pool::destroy_pool_object() {
    if (pool_ != nullptr) wl_shm_pool_destroy(pool_);
    pool_ = nullptr;
}

Pool::~Pool() {
    destroy_pool_object();
    if (data_ != nullptr) munmap(data_, size_);
}

Buffer::Buffer(Connection& the_connection, Pool& the_pool, std::size_t the_offset, int the_width,
               int the_height, std::uint32_t format)
    : connection(the_connection), pool(the_pool), offset(the_offset), width(the_width), height(the_height) {
    buffer = wl_shm_pool_create_buffer(pool.get(), static_cast<std::int32_t>(offset), width, height,
                                       width * 4, format);
    connection.listen(buffer, [this](std::string_view, const wl_argument*) { busy = false; });
}
Buffer::~Buffer() {
    if (buffer == nullptr) return;
    connection.forget(buffer);
    wl_buffer_destroy(buffer);
}
std::uint32_t* Buffer::pixels() const {
    return reinterpret_cast<std::uint32_t*>(pool.data() + offset);
}
void Buffer::fill(Pattern pattern, std::uint32_t frame) {
    draw(pattern, frame, pixels(), width, height, width);
}

Basics::Basics(Connection& the_connection) : connection(the_connection) {
    compositor = connection.bind<wl_compositor>(wl_compositor_interface, 5);
    // The formats come in any order and are not what scenarios are about.
    connection.be_quiet(true);
    shm = connection.bind<wl_shm>(wl_shm_interface, 1);
    shell = connection.bind<xdg_wm_base>(xdg_wm_base_interface, 5,
                                         [this](std::string_view event, const wl_argument* arguments) {
                                             if (event == "ping") xdg_wm_base_pong(shell, arguments[0].u);
                                         });
    (void)connection.roundtrip();
    connection.be_quiet(false);
}

Canvas::Canvas(Basics& the_basics) : basics(the_basics) {
    surface = basics.connection.listen(wl_compositor_create_surface(basics.compositor));
}
Canvas::~Canvas() {
    if (surface == nullptr) return;
    basics.connection.forget(surface);
    wl_surface_destroy(surface);
}

void Canvas::attach(Buffer& buffer) {
    buffer.busy = true;
    wl_surface_attach(surface, buffer.buffer, 0, 0);
    wl_surface_damage_buffer(surface, 0, 0, buffer.width, buffer.height);
}

void Canvas::ask_frame() {
    ++frames_asked;
    wl_callback* callback = wl_surface_frame(surface);
    basics.connection.listen(callback, [this, callback](std::string_view, const wl_argument*) {
        ++frames_done;
        basics.connection.forget(callback);
        wl_callback_destroy(callback);
    });
}

bool Canvas::show(Buffer& buffer) {
    attach(buffer);
    ask_frame();
    commit();
    return basics.connection.wait([this] { return frames_done == frames_asked; });
}

Window::Window(Basics& the_basics, const std::string& title) : Canvas(the_basics) {
    Connection& connection = basics.connection;
    shell_surface = connection.listen(xdg_wm_base_get_xdg_surface(basics.shell, surface),
                                      [this](std::string_view, const wl_argument* arguments) {
                                          xdg_surface_ack_configure(shell_surface, arguments[0].u);
                                          configured = true;
                                      });
    toplevel = connection.listen(xdg_surface_get_toplevel(shell_surface),
                                 [this](std::string_view event, const wl_argument* arguments) {
                                     if (event == "close") closed = true;
                                     if (event != "configure") return;
                                     wanted_width = arguments[0].i;
                                     wanted_height = arguments[1].i;
                                 });
    xdg_toplevel_set_title(toplevel, title.c_str());
    xdg_toplevel_set_app_id(toplevel, "tv-test-client");
}

Window::~Window() {
    basics.connection.forget(toplevel);
    xdg_toplevel_destroy(toplevel);
    basics.connection.forget(shell_surface);
    xdg_surface_destroy(shell_surface);
}

bool Window::open() {
    commit();
    return basics.connection.wait([this] { return configured; });
}

} // namespace tv::test
