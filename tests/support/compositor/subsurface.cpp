#include <algorithm>

#include <wayland-server-protocol.h>

#include "surface.h"

namespace tv::test {

namespace {

void set_position(wl_client*, wl_resource* resource, std::int32_t x, std::int32_t y) {
    Subsurface& subsurface = *object_of<Subsurface>(resource);
    subsurface.pending_x = bounded(x);
    subsurface.pending_y = bounded(y);
}

// Stacking takes effect at once, not with the parent's commit: no test looks at the moment between.
void restack(wl_resource* resource, wl_resource* sibling, bool above) {
    const std::shared_ptr<Subsurface> self = object_of<Subsurface>(resource);
    const auto parent = self->parent.lock();
    const auto other = object_or_null<Surface>(sibling);
    if (!parent) return;
    auto& family = parent->children;
    const auto is = [](const std::shared_ptr<Subsurface>& wanted) {
        return [wanted](const auto& weak) { return weak.lock() == wanted; };
    };
    if (other == parent) {
        self->above = above;
        std::erase_if(family, is(self));
        // Next to the parent: lowest of those above it, or highest of those below.
        const auto first_above = std::find_if(family.begin(), family.end(), [](const auto& weak) {
            const auto child = weak.lock();
            return child && child->above;
        });
        family.insert(first_above, self);
        return;
    }
    const auto neighbour = other ? other->as_child.lock() : nullptr;
    if (!neighbour || neighbour->parent.lock() != parent || neighbour == self) {
        wl_resource_post_error(resource, WL_SUBSURFACE_ERROR_BAD_SURFACE, "not a sibling");
        return;
    }
    std::erase_if(family, is(self));
    const auto place = std::find_if(family.begin(), family.end(), is(neighbour));
    self->above = neighbour->above;
    family.insert(above ? place + 1 : place, self);
}
void place_above(wl_client*, wl_resource* resource, wl_resource* sibling) {
    restack(resource, sibling, true);
}
void place_below(wl_client*, wl_resource* resource, wl_resource* sibling) {
    restack(resource, sibling, false);
}

void set_sync(wl_client*, wl_resource* resource) {
    object_of<Subsurface>(resource)->synchronised = true;
}
void set_desync(wl_client*, wl_resource* resource) {
    Subsurface& subsurface = *object_of<Subsurface>(resource);
    subsurface.synchronised = false;
    const auto surface = subsurface.surface.lock();
    if (surface && surface->has_cached && !surface->synchronised()) {
        surface->has_cached = false;
        surface->apply(std::exchange(surface->cached, SurfaceState{}));
    }
}
const struct wl_subsurface_interface kSubsurface{destroy_resource, set_position, place_above,
                                                 place_below,      set_sync,     set_desync};

bool is_ancestor(const std::shared_ptr<Surface>& candidate, std::shared_ptr<Surface> of) {
    while (of) {
        if (of == candidate) return true;
        const auto child = of->as_child.lock();
        of = child ? child->parent.lock() : nullptr;
    }
    return false;
}

void get_subsurface(wl_client* client, wl_resource* resource, std::uint32_t id, wl_resource* surface_resource,
                    wl_resource* parent_resource) {
    const auto surface = object_of<Surface>(surface_resource);
    const auto parent = object_of<Surface>(parent_resource);
    if (is_ancestor(surface, parent)) {
        wl_resource_post_error(resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE, "a surface below itself");
        return;
    }
    auto subsurface = std::make_shared<Subsurface>();
    if (!surface->take_role("wl_subsurface", subsurface, resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE))
        return;
    subsurface->surface = surface;
    subsurface->parent = parent;
    if (create_object(client, &wl_subsurface_interface, wl_resource_get_version(resource), id, &kSubsurface,
                      subsurface) == nullptr) {
        return;
    }
    surface->as_child = subsurface;
    std::erase_if(parent->children, [](const auto& weak) { return weak.expired(); });
    parent->children.push_back(subsurface);
}
const struct wl_subcompositor_interface kSubcompositor{destroy_resource, get_subsurface};

} // namespace

void Subsurface::resource_gone() {
    if (const auto above_us = parent.lock()) {
        std::erase_if(above_us->children, [this](const auto& weak) {
            const auto child = weak.lock();
            return !child || child.get() == this;
        });
    }
    // Without its role the surface is no longer shown.
    if (const auto ours = surface.lock()) ours->picture = nullptr;
}

void add_subsurface_globals(Core& core) {
    core.add_global(&wl_subcompositor_interface, 1,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &wl_subcompositor_interface, version, id, &kSubcompositor);
                    });
}

} // namespace tv::test
