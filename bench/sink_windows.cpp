#include "sink_windows.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "linux-dmabuf-unstable-v1-server.h"
#include "xdg-shell-server.h"

namespace tv::bench {
namespace {

constexpr int kDmabufVersion = 3; // what the recorded session bound: formats and modifiers as events
constexpr int kShellVersion = 1;
constexpr std::uint32_t kFormats[] = {0x34325258, 0x34325241, 0x34324258, 0x34324241}; // XR24 AR24 XB24 AB24

void destroy_resource(wl_client*, wl_resource* resource) {
    wl_resource_destroy(resource);
}

wl_resource* create(wl_client* client, const wl_interface& interface, int version, std::uint32_t id,
                    const void* implementation, void* data = nullptr,
                    wl_resource_destroy_func_t destroy = nullptr) {
    wl_resource* resource = wl_resource_create(client, &interface, version, id);
    if (resource == nullptr) die("wl_resource_create");
    wl_resource_set_implementation(resource, implementation, data, destroy);
    return resource;
}

// --- dmabufs: remembered, never looked at unless asked for their hash ---

struct Dmabuf {
    int fd = -1;
    std::uint32_t offset = 0;
    std::uint32_t stride = 0;
    std::int32_t height = 0;
    Dmabuf() = default;
    Dmabuf(const Dmabuf&) = delete;
    Dmabuf& operator=(const Dmabuf&) = delete;
    ~Dmabuf() {
        if (fd >= 0) close(fd);
    }
};

const struct wl_buffer_interface kBuffer = {destroy_resource};

// The buffer takes over what the parameters hold.
wl_resource* create_buffer(wl_client* client, wl_resource* params, std::uint32_t id, std::int32_t height) {
    auto* dmabuf = static_cast<Dmabuf*>(wl_resource_get_user_data(params));
    if (dmabuf == nullptr || dmabuf->fd < 0) die("a dmabuf without a plane");
    wl_resource_set_user_data(params, nullptr);
    dmabuf->height = height;
    return create(client, wl_buffer_interface, 1, id, &kBuffer, dmabuf, [](wl_resource* resource) {
        delete static_cast<Dmabuf*>(wl_resource_get_user_data(resource));
    });
}

void add_plane(wl_client*, wl_resource* params, std::int32_t fd, std::uint32_t plane, std::uint32_t offset,
               std::uint32_t stride, std::uint32_t, std::uint32_t) {
    auto* dmabuf = static_cast<Dmabuf*>(wl_resource_get_user_data(params));
    if (dmabuf == nullptr || plane != 0 || dmabuf->fd >= 0) die("a dmabuf of several planes");
    dmabuf->fd = fd;
    dmabuf->offset = offset;
    dmabuf->stride = stride;
}

void create_later(wl_client* client, wl_resource* params, std::int32_t, std::int32_t height, std::uint32_t,
                  std::uint32_t) {
    zwp_linux_buffer_params_v1_send_created(params, create_buffer(client, params, 0, height));
}

void create_at_once(wl_client* client, wl_resource* params, std::uint32_t id, std::int32_t,
                    std::int32_t height, std::uint32_t, std::uint32_t) {
    create_buffer(client, params, id, height);
}

const struct zwp_linux_buffer_params_v1_interface kParams = {destroy_resource, add_plane, create_later,
                                                             create_at_once};

void create_params(wl_client* client, wl_resource* dmabuf, std::uint32_t id) {
    create(client, zwp_linux_buffer_params_v1_interface, wl_resource_get_version(dmabuf), id, &kParams,
           new Dmabuf,
           [](wl_resource* params) { delete static_cast<Dmabuf*>(wl_resource_get_user_data(params)); });
}

const struct zwp_linux_dmabuf_v1_interface kDmabuf = {destroy_resource, create_params, nullptr, nullptr};

void bind_dmabuf(wl_client* client, void*, std::uint32_t version, std::uint32_t id) {
    wl_resource* resource =
        create(client, zwp_linux_dmabuf_v1_interface, static_cast<int>(version), id, &kDmabuf);
    for (const std::uint32_t format : kFormats) {
        zwp_linux_dmabuf_v1_send_format(resource, format);
        if (version >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION)
            zwp_linux_dmabuf_v1_send_modifier(resource, format, 0, 0); // linear
    }
}

// --- windows: configured once, as they are made ---

void ignore_object(wl_client*, wl_resource*, wl_resource*) {}
void ignore_text(wl_client*, wl_resource*, const char*) {}
void ignore_number(wl_client*, wl_resource*, std::uint32_t) {}
void ignore_size(wl_client*, wl_resource*, std::int32_t, std::int32_t) {}
void ignore(wl_client*, wl_resource*) {}
void ignore_menu(wl_client*, wl_resource*, wl_resource*, std::uint32_t, std::int32_t, std::int32_t) {}
void ignore_grab(wl_client*, wl_resource*, wl_resource*, std::uint32_t) {}
void ignore_resize(wl_client*, wl_resource*, wl_resource*, std::uint32_t, std::uint32_t) {}
void ignore_geometry(wl_client*, wl_resource*, std::int32_t, std::int32_t, std::int32_t, std::int32_t) {}
void refuse_positioner(wl_client*, wl_resource*, std::uint32_t) {
    die("popups are not for this compositor");
}
void refuse_popup(wl_client*, wl_resource*, std::uint32_t, wl_resource*, wl_resource*) {
    die("popups are not for this compositor");
}

const struct xdg_toplevel_interface kToplevel = {
    destroy_resource, ignore_object, ignore_text, ignore_text, ignore_menu,   ignore_grab, ignore_resize,
    ignore_size,      ignore_size,   ignore,      ignore,      ignore_object, ignore,      ignore,
};

void get_toplevel(wl_client* client, wl_resource* surface, std::uint32_t id) {
    wl_resource* toplevel =
        create(client, xdg_toplevel_interface, wl_resource_get_version(surface), id, &kToplevel);
    wl_array states;
    wl_array_init(&states);
    xdg_toplevel_send_configure(toplevel, 0, 0, &states);
    wl_array_release(&states);
    xdg_surface_send_configure(surface, wl_display_next_serial(wl_client_get_display(client)));
}

const struct xdg_surface_interface kSurface = {destroy_resource, get_toplevel, refuse_popup, ignore_geometry,
                                               ignore_number};

void get_surface(wl_client* client, wl_resource* shell, std::uint32_t id, wl_resource*) {
    create(client, xdg_surface_interface, wl_resource_get_version(shell), id, &kSurface);
}

const struct xdg_wm_base_interface kShell = {destroy_resource, refuse_positioner, get_surface, ignore_number};

void bind_shell(wl_client* client, void*, std::uint32_t version, std::uint32_t id) {
    create(client, xdg_wm_base_interface, static_cast<int>(version), id, &kShell);
}

} // namespace

void add_window_globals(wl_display* display) {
    if (wl_global_create(display, &xdg_wm_base_interface, kShellVersion, nullptr, bind_shell) == nullptr ||
        wl_global_create(display, &zwp_linux_dmabuf_v1_interface, kDmabufVersion, nullptr, bind_dmabuf) ==
            nullptr)
        die("wl_global_create");
}

std::optional<std::uint64_t> dmabuf_hash(wl_resource* buffer) {
    if (wl_resource_instance_of(buffer, &wl_buffer_interface, &kBuffer) == 0) return std::nullopt;
    const auto& dmabuf = *static_cast<const Dmabuf*>(wl_resource_get_user_data(buffer));
    const std::size_t rows = std::size_t{dmabuf.stride} * static_cast<std::size_t>(dmabuf.height);
    const std::size_t size = dmabuf.offset + rows;
    void* map = mmap(nullptr, size, PROT_READ, MAP_SHARED, dmabuf.fd, 0);
    if (map == MAP_FAILED) die_errno("mmap of a dmabuf");
    const std::uint64_t hash = frame_hash({static_cast<const std::byte*>(map) + dmabuf.offset, rows});
    munmap(map, size);
    return hash;
}

} // namespace tv::bench
