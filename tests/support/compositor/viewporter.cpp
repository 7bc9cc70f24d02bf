#include <viewporter-server.h>

#include "surface.h"

namespace tv::test {

namespace {

struct Viewport {
    wl_resource* resource = nullptr;
    std::weak_ptr<Surface> surface;
    void resource_gone() {
        const auto on = surface.lock();
        if (!on) return;
        on->has_viewport_object = false;
        on->pending.viewport = ViewportState{};
    }
};

// The state that the next commit will set, starting from the current one.
ViewportState* pending(wl_resource* resource) {
    const auto surface = object_of<Viewport>(resource)->surface.lock();
    if (!surface) {
        wl_resource_post_error(resource, WP_VIEWPORT_ERROR_NO_SURFACE, "the surface is gone");
        return nullptr;
    }
    if (!surface->pending.viewport) surface->pending.viewport = surface->viewport;
    return &*surface->pending.viewport;
}

void set_source(wl_client*, wl_resource* resource, wl_fixed_t x, wl_fixed_t y, wl_fixed_t width,
                wl_fixed_t height) {
    ViewportState* state = pending(resource);
    if (state == nullptr) return;
    const bool unset = x == wl_fixed_from_int(-1) && y == x && width == x && height == x;
    if (!unset && (x < 0 || y < 0 || width <= 0 || height <= 0)) {
        wl_resource_post_error(resource, WP_VIEWPORT_ERROR_BAD_VALUE, "bad source rectangle");
        return;
    }
    state->has_source = !unset;
    state->x = wl_fixed_to_double(x);
    state->y = wl_fixed_to_double(y);
    state->width = wl_fixed_to_double(width);
    state->height = wl_fixed_to_double(height);
}
void set_destination(wl_client*, wl_resource* resource, std::int32_t width, std::int32_t height) {
    ViewportState* state = pending(resource);
    if (state == nullptr) return;
    if ((width != -1 || height != -1) && (width <= 0 || height <= 0)) {
        wl_resource_post_error(resource, WP_VIEWPORT_ERROR_BAD_VALUE, "bad destination size");
        return;
    }
    state->destination_width = bounded(width);
    state->destination_height = bounded(height);
}
const struct wp_viewport_interface kViewport{destroy_resource, set_source, set_destination};

void get_viewport(wl_client* client, wl_resource* resource, std::uint32_t id, wl_resource* on) {
    const auto surface = object_of<Surface>(on);
    if (surface->has_viewport_object) {
        wl_resource_post_error(resource, WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS, "has a viewport");
        return;
    }
    surface->has_viewport_object = true;
    auto viewport = std::make_shared<Viewport>();
    viewport->surface = surface;
    create_object(client, &wp_viewport_interface, 1, id, &kViewport, viewport);
}
const struct wp_viewporter_interface kViewporter{destroy_resource, get_viewport};

} // namespace

void add_viewporter_globals(Core& core) {
    core.add_global(&wp_viewporter_interface, 1,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &wp_viewporter_interface, version, id, &kViewporter);
                    });
}

} // namespace tv::test
