#include "shell.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <xdg-shell-server.h>

#include "positioner.h"
#include "seat.h"

namespace tv::test {

namespace {

constexpr int kShellVersion = 5;

// --- xdg_toplevel ---

std::shared_ptr<Toplevel> toplevel(wl_resource* resource) {
    return object_of<Toplevel>(resource);
}

void set_parent(wl_client*, wl_resource*, wl_resource*) {}
void set_title(wl_client*, wl_resource* resource, const char* title) {
    toplevel(resource)->title = title;
}
void set_app_id(wl_client*, wl_resource* resource, const char* id) {
    toplevel(resource)->app_id = id;
}
void show_window_menu(wl_client*, wl_resource*, wl_resource*, std::uint32_t, std::int32_t, std::int32_t) {}
void move(wl_client*, wl_resource*, wl_resource*, std::uint32_t) {}
void resize(wl_client*, wl_resource*, wl_resource*, std::uint32_t, std::uint32_t) {}
void set_limit(wl_client*, wl_resource*, std::int32_t, std::int32_t) {}
void set_minimized(wl_client*, wl_resource*) {}

void set_state(wl_resource* resource, bool Toplevel::* state, bool value) {
    Toplevel& window = *toplevel(resource);
    window.*state = value;
    if (!window.xdg->initial_sent) return;
    const OutputOptions& output = window.core.options().outputs.at(0);
    if (value) {
        window.configure(output.width, output.height);
    } else {
        window.configure(window.core.options().toplevel_width, window.core.options().toplevel_height);
    }
}
void set_maximized(wl_client*, wl_resource* resource) {
    set_state(resource, &Toplevel::maximized, true);
}
void unset_maximized(wl_client*, wl_resource* resource) {
    set_state(resource, &Toplevel::maximized, false);
}
void set_fullscreen(wl_client*, wl_resource* resource, wl_resource*) {
    set_state(resource, &Toplevel::fullscreen, true);
}
void unset_fullscreen(wl_client*, wl_resource* resource) {
    set_state(resource, &Toplevel::fullscreen, false);
}

const struct xdg_toplevel_interface kToplevel{
    destroy_resource, set_parent,    set_title, set_app_id,    show_window_menu, move,
    resize,           set_limit,     set_limit, set_maximized, unset_maximized,  set_fullscreen,
    unset_fullscreen, set_minimized,
};

// --- xdg_popup ---

void popup_grab(wl_client*, wl_resource*, wl_resource*, std::uint32_t) {}
void popup_reposition(wl_client*, wl_resource* resource, wl_resource* positioner, std::uint32_t token) {
    Popup& popup = *object_of<Popup>(resource);
    popup.place = place_of(positioner);
    xdg_popup_send_repositioned(resource, token);
    const auto surface = popup.xdg->surface.lock();
    if (surface) popup.send_initial(surface->core);
}
const struct xdg_popup_interface kPopup{destroy_resource, popup_grab, popup_reposition};

// --- xdg_surface ---

template <typename Made>
std::shared_ptr<Surface> begin_role(wl_resource* resource, const std::string& name,
                                    const std::shared_ptr<Made>& made) {
    const std::shared_ptr<XdgSurface> xdg = object_of<XdgSurface>(resource);
    auto surface = xdg->surface.lock();
    if (!surface) return nullptr;
    if (xdg->constructed) {
        wl_resource_post_error(resource, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED, "already has a role object");
        return nullptr;
    }
    if (!surface->take_role(name, made, resource, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED)) return nullptr;
    xdg->constructed = true;
    made->xdg = xdg;
    return surface;
}

void get_toplevel(wl_client* client, wl_resource* resource, std::uint32_t id) {
    const auto surface_now = object_of<XdgSurface>(resource)->surface.lock();
    if (!surface_now) return;
    auto made = std::make_shared<Toplevel>(surface_now->core);
    if (!begin_role(resource, "xdg_toplevel", made)) return;
    made->width = surface_now->core.options().toplevel_width;
    made->height = surface_now->core.options().toplevel_height;
    create_object(client, &xdg_toplevel_interface, wl_resource_get_version(resource), id, &kToplevel, made);
}

void get_popup(wl_client* client, wl_resource* resource, std::uint32_t id, wl_resource* parent,
               wl_resource* positioner) {
    auto made = std::make_shared<Popup>();
    if (!begin_role(resource, "xdg_popup", made)) return;
    if (parent != nullptr) made->parent = object_of<XdgSurface>(parent);
    made->place = place_of(positioner);
    create_object(client, &xdg_popup_interface, wl_resource_get_version(resource), id, &kPopup, made);
}

void set_geometry(wl_client*, wl_resource* resource, std::int32_t x, std::int32_t y, std::int32_t width,
                  std::int32_t height) {
    if (width <= 0 || height <= 0) {
        wl_resource_post_error(resource, XDG_SURFACE_ERROR_NOT_CONSTRUCTED, "empty window geometry");
        return;
    }
    object_of<XdgSurface>(resource)->geometry = {bounded(x), bounded(y), bounded(width), bounded(height)};
}
void ack_configure(wl_client*, wl_resource* resource, std::uint32_t serial) {
    XdgSurface& xdg = *object_of<XdgSurface>(resource);
    if (!xdg.initial_sent || serial > xdg.last_serial) {
        wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SERIAL, "serial was never sent");
        return;
    }
    xdg.configured = true;
}
const struct xdg_surface_interface kXdgSurface{destroy_resource, get_toplevel, get_popup, set_geometry,
                                               ack_configure};

// --- xdg_wm_base ---

void get_xdg_surface(wl_client* client, wl_resource* resource, std::uint32_t id, wl_resource* surface) {
    auto xdg = std::make_shared<XdgSurface>();
    xdg->surface = object_of<Surface>(surface);
    create_object(client, &xdg_surface_interface, wl_resource_get_version(resource), id, &kXdgSurface, xdg);
}
void pong(wl_client*, wl_resource*, std::uint32_t) {}
const struct xdg_wm_base_interface kWmBase{destroy_resource, create_positioner, get_xdg_surface, pong};

} // namespace

void XdgSurface::send_configure(Core& core) {
    if (resource == nullptr) return;
    last_serial = core.next_serial();
    initial_sent = true;
    xdg_surface_send_configure(resource, last_serial);
}

bool XdgRole::may_commit(Surface& surface) {
    const bool with_buffer = surface.pending.attached && surface.pending.buffer->get() != nullptr;
    if (with_buffer && !xdg->configured && xdg->resource != nullptr) {
        wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
                               "a buffer before the first configure was acknowledged");
        return false;
    }
    return true;
}

void XdgRole::applied(Surface& surface) {
    if (!xdg->initial_sent) {
        send_initial(surface.core);
        return;
    }
    if (surface.has_content && !is_mapped) {
        is_mapped = true;
        mapped(surface);
    } else if (!surface.has_content && is_mapped) {
        // Unmapping starts over with the initial commit.
        is_mapped = false;
        xdg->initial_sent = false;
        xdg->configured = false;
        unmapped(surface);
    }
}

void Toplevel::configure(int wanted_width, int wanted_height) {
    if (resource == nullptr) return;
    width = wanted_width;
    height = wanted_height;
    wl_array states;
    wl_array_init(&states);
    const auto add = [&states](std::uint32_t state) {
        if (auto* slot = static_cast<std::uint32_t*>(wl_array_add(&states, sizeof state))) *slot = state;
    };
    if (activated) add(XDG_TOPLEVEL_STATE_ACTIVATED);
    if (maximized) add(XDG_TOPLEVEL_STATE_MAXIMIZED);
    if (fullscreen) add(XDG_TOPLEVEL_STATE_FULLSCREEN);
    xdg_toplevel_send_configure(resource, width, height, &states);
    wl_array_release(&states);
    xdg->send_configure(core);
}

void Toplevel::send_initial(Core& /*core*/) {
    activated = core.options().auto_focus;
    if (wl_resource_get_version(resource) >= XDG_TOPLEVEL_CONFIGURE_BOUNDS_SINCE_VERSION) {
        const OutputOptions& output = core.options().outputs.at(0);
        xdg_toplevel_send_configure_bounds(resource, output.width, output.height);
    }
    if (wl_resource_get_version(resource) >= XDG_TOPLEVEL_WM_CAPABILITIES_SINCE_VERSION) {
        std::array<std::uint32_t, 2> can{XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE,
                                         XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN};
        wl_array list{sizeof can, sizeof can, can.data()};
        xdg_toplevel_send_wm_capabilities(resource, &list);
    }
    configure(width, height);
}

void Toplevel::mapped(Surface& surface) {
    std::erase_if(core.toplevels, [](const auto& weak) { return weak.expired(); });
    core.toplevels.push_back(weak_from_this());
    core.note(resource, fmt::format("mapped \"{}\"", title));
    if (core.options().auto_focus) core.seat->focus(surface.shared_from_this());
}

void Toplevel::unmapped(Surface& surface) {
    std::erase_if(core.toplevels, [this](const auto& weak) {
        const auto other = weak.lock();
        return !other || other.get() == this;
    });
    if (!core.options().auto_focus || core.seat->focused().get() != &surface) return;
    const auto next = core.toplevels.empty() ? nullptr : core.toplevels.back().lock();
    core.seat->focus(next && next->xdg ? next->xdg->surface.lock() : nullptr);
}

void Toplevel::resource_gone() {
    if (const auto surface = xdg ? xdg->surface.lock() : nullptr) unmapped(*surface);
}

void Toplevel::close() {
    if (resource != nullptr) xdg_toplevel_send_close(resource);
}

void Popup::send_initial(Core& core) {
    if (resource == nullptr) return;
    xdg_popup_send_configure(resource, place.x, place.y, place.width, place.height);
    xdg->send_configure(core);
}

std::vector<std::shared_ptr<Popup>> popups_of(Core& core, const Surface& parent) {
    std::vector<std::shared_ptr<Popup>> found;
    for (const auto& weak : core.surfaces) {
        const auto surface = weak.lock();
        const auto popup = surface ? std::dynamic_pointer_cast<Popup>(surface->role.lock()) : nullptr;
        if (!popup || popup->resource == nullptr) continue;
        const auto above = popup->parent.lock();
        if (above && above->surface.lock().get() == &parent) found.push_back(popup);
    }
    return found;
}

void add_shell_globals(Core& core) {
    core.add_global(&xdg_wm_base_interface, kShellVersion,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &xdg_wm_base_interface, version, id, &kWmBase);
                    });
}

} // namespace tv::test
