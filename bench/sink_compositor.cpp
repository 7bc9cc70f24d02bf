// tv-bench-sink: a compositor that costs next to nothing, so that what is measured is what stands before it.
//
// Knows wl_compositor and wl_shm, with --windows also xdg_wm_base and zwp_linux_dmabuf_v1. On commit it
// releases the buffer and answers the frame callbacks at once. It never reads a pixel, unless --hash FILE
// asks for a line per commit with the hash of the buffer's contents.
#include <csignal>
#include <string_view>

#include <wayland-server.h>

#include "common.h"
#include "sink_windows.h"

namespace tv::bench {
namespace {

constexpr int kCompositorVersion = 4;

std::FILE* hash_file = nullptr;

struct Surface {
    wl_resource* buffer = nullptr; // attached since the last commit
    wl_listener buffer_destroyed{};
    wl_list frame_callbacks{};
};

Surface* surface_of(wl_resource* resource) {
    return static_cast<Surface*>(wl_resource_get_user_data(resource));
}

void detach(Surface& surface) {
    if (surface.buffer == nullptr) return;
    wl_list_remove(&surface.buffer_destroyed.link);
    surface.buffer = nullptr;
}

void buffer_destroyed(wl_listener* listener, void*) {
    Surface* surface = wl_container_of(listener, surface, buffer_destroyed);
    detach(*surface);
}

std::uint64_t shm_hash(wl_shm_buffer* buffer) {
    const auto size = static_cast<std::size_t>(wl_shm_buffer_get_stride(buffer)) *
                      static_cast<std::size_t>(wl_shm_buffer_get_height(buffer));
    wl_shm_buffer_begin_access(buffer);
    const auto hash = frame_hash({static_cast<const std::byte*>(wl_shm_buffer_get_data(buffer)), size});
    wl_shm_buffer_end_access(buffer);
    return hash;
}

void print_hash(wl_resource* resource) {
    wl_shm_buffer* shm = wl_shm_buffer_get(resource);
    const std::optional<std::uint64_t> hash = shm != nullptr ? shm_hash(shm) : dmabuf_hash(resource);
    if (!hash) die("a buffer that is neither wl_shm's nor a dmabuf");
    fmt::print(hash_file, "{:016x}\n", *hash);
    std::fflush(hash_file);
}

void destroy_resource(wl_client*, wl_resource* resource) {
    wl_resource_destroy(resource);
}

void attach(wl_client*, wl_resource* resource, wl_resource* buffer, std::int32_t, std::int32_t) {
    Surface& surface = *surface_of(resource);
    detach(surface);
    surface.buffer = buffer;
    if (buffer != nullptr) wl_resource_add_destroy_listener(buffer, &surface.buffer_destroyed);
}

void frame(wl_client* client, wl_resource* resource, std::uint32_t id) {
    wl_resource* callback = wl_resource_create(client, &wl_callback_interface, 1, id);
    if (callback == nullptr) return wl_client_post_no_memory(client);
    wl_resource_set_implementation(callback, nullptr, nullptr,
                                   [](wl_resource* self) { wl_list_remove(wl_resource_get_link(self)); });
    wl_list_insert(surface_of(resource)->frame_callbacks.prev, wl_resource_get_link(callback));
}

void commit(wl_client*, wl_resource* resource) {
    Surface& surface = *surface_of(resource);
    if (surface.buffer != nullptr) {
        if (hash_file != nullptr) print_hash(surface.buffer);
        wl_buffer_send_release(surface.buffer);
        detach(surface);
    }
    static std::uint32_t now_ms = 0;
    ++now_ms;
    wl_resource* callback;
    wl_resource* next;
    wl_resource_for_each_safe(callback, next, &surface.frame_callbacks) {
        wl_callback_send_done(callback, now_ms);
        wl_resource_destroy(callback);
    }
}

void ignore_rectangle(wl_client*, wl_resource*, std::int32_t, std::int32_t, std::int32_t, std::int32_t) {}
void ignore_region(wl_client*, wl_resource*, wl_resource*) {}
void ignore_number(wl_client*, wl_resource*, std::int32_t) {}

const struct wl_surface_interface kSurface = {
    destroy_resource, attach, ignore_rectangle, frame,         ignore_region,
    ignore_region,    commit, ignore_number,    ignore_number, ignore_rectangle,
#ifdef WL_SURFACE_OFFSET_SINCE_VERSION
    nullptr,
#endif
};

const struct wl_region_interface kRegion = {destroy_resource, ignore_rectangle, ignore_rectangle};

void destroy_surface(wl_resource* resource) {
    Surface* surface = surface_of(resource);
    detach(*surface);
    wl_resource* callback;
    wl_resource* next;
    wl_resource_for_each_safe(callback, next, &surface->frame_callbacks) wl_resource_destroy(callback);
    delete surface;
}

void create_surface(wl_client* client, wl_resource* compositor, std::uint32_t id) {
    wl_resource* resource =
        wl_resource_create(client, &wl_surface_interface, wl_resource_get_version(compositor), id);
    if (resource == nullptr) return wl_client_post_no_memory(client);
    auto* surface = new Surface;
    surface->buffer_destroyed.notify = buffer_destroyed;
    wl_list_init(&surface->frame_callbacks);
    wl_resource_set_implementation(resource, &kSurface, surface, destroy_surface);
}

void create_region(wl_client* client, wl_resource*, std::uint32_t id) {
    wl_resource* resource = wl_resource_create(client, &wl_region_interface, 1, id);
    if (resource == nullptr) return wl_client_post_no_memory(client);
    wl_resource_set_implementation(resource, &kRegion, nullptr, nullptr);
}

const struct wl_compositor_interface kCompositor = {create_surface, create_region};

void bind_compositor(wl_client* client, void*, std::uint32_t version, std::uint32_t id) {
    wl_resource* resource =
        wl_resource_create(client, &wl_compositor_interface, static_cast<int>(version), id);
    if (resource == nullptr) return wl_client_post_no_memory(client);
    wl_resource_set_implementation(resource, &kCompositor, nullptr, nullptr);
}

int stop(int, void* display) {
    wl_display_terminate(static_cast<wl_display*>(display));
    return 0;
}

int run(int argc, char** argv) {
    constexpr const char* kUsage = "usage: tv-bench-sink --socket NAME [--hash FILE] [--windows]";
    const char* socket = nullptr;
    bool windows = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--windows")
            windows = true;
        else if (i + 1 == argc)
            die(kUsage);
        else if (option == "--socket")
            socket = argv[++i];
        else if (option == "--hash") {
            hash_file = std::fopen(argv[++i], "w");
            if (hash_file == nullptr) die_errno(argv[i]);
        } else
            die(kUsage);
    }
    if (socket == nullptr) die(kUsage);
    wl_display* display = wl_display_create();
    if (display == nullptr) die("wl_display_create");
    wl_display_init_shm(display);
    if (wl_global_create(display, &wl_compositor_interface, kCompositorVersion, nullptr, bind_compositor) ==
        nullptr)
        die("wl_global_create");
    if (windows) add_window_globals(display);
    for (const int signal : {SIGTERM, SIGINT})
        wl_event_loop_add_signal(wl_display_get_event_loop(display), signal, stop, display);
    if (wl_display_add_socket(display, socket) != 0) die_errno("wl_display_add_socket");
    fmt::print("ready\n");
    std::fflush(stdout);
    wl_display_run(display);
    wl_display_destroy_clients(display);
    wl_display_destroy(display);
    return 0;
}

} // namespace
} // namespace tv::bench

int main(int argc, char** argv) {
    return tv::bench::run(argc, argv);
}
