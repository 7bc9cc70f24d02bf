#include "positioner.h"

#include <xdg-shell-server.h>

namespace tv::test {

namespace {

struct Positioner {
    Rect anchor_rect;
    int width = 0, height = 0;
    int offset_x = 0, offset_y = 0;
    std::uint32_t anchor = 0, gravity = 0;
};

// Keeps later sums far from overflow, whatever a client asks for.
int bounded(int value) {
    return std::clamp(value, -1'000'000, 1'000'000);
}

Positioner& self(wl_resource* resource) {
    return *object_of<Positioner>(resource);
}

void set_size(wl_client*, wl_resource* resource, std::int32_t width, std::int32_t height) {
    if (width <= 0 || height <= 0) {
        wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT, "empty popup");
        return;
    }
    self(resource).width = bounded(width);
    self(resource).height = bounded(height);
}
void set_anchor_rect(wl_client*, wl_resource* resource, std::int32_t x, std::int32_t y, std::int32_t width,
                     std::int32_t height) {
    if (width < 0 || height < 0) {
        wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT, "negative anchor rectangle");
        return;
    }
    self(resource).anchor_rect = {bounded(x), bounded(y), bounded(width), bounded(height)};
}
void set_anchor(wl_client*, wl_resource* resource, std::uint32_t anchor) {
    self(resource).anchor = anchor;
}
void set_gravity(wl_client*, wl_resource* resource, std::uint32_t gravity) {
    self(resource).gravity = gravity;
}
void set_adjustment(wl_client*, wl_resource*, std::uint32_t) {}
void set_offset(wl_client*, wl_resource* resource, std::int32_t x, std::int32_t y) {
    self(resource).offset_x = bounded(x);
    self(resource).offset_y = bounded(y);
}
void set_reactive(wl_client*, wl_resource*) {}
void set_parent_size(wl_client*, wl_resource*, std::int32_t, std::int32_t) {}
void set_parent_configure(wl_client*, wl_resource*, std::uint32_t) {}

const struct xdg_positioner_interface kPositioner{
    destroy_resource, set_size,   set_anchor_rect, set_anchor,      set_gravity,
    set_adjustment,   set_offset, set_reactive,    set_parent_size, set_parent_configure,
};

// -1 towards left or top, 1 towards right or bottom, 0 in the middle. Anchor and gravity share their values.
int horizontal(std::uint32_t side) {
    switch (side) {
    case XDG_POSITIONER_ANCHOR_LEFT:
    case XDG_POSITIONER_ANCHOR_TOP_LEFT:
    case XDG_POSITIONER_ANCHOR_BOTTOM_LEFT:
        return -1;
    case XDG_POSITIONER_ANCHOR_RIGHT:
    case XDG_POSITIONER_ANCHOR_TOP_RIGHT:
    case XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT:
        return 1;
    default:
        return 0;
    }
}
int vertical(std::uint32_t side) {
    switch (side) {
    case XDG_POSITIONER_ANCHOR_TOP:
    case XDG_POSITIONER_ANCHOR_TOP_LEFT:
    case XDG_POSITIONER_ANCHOR_TOP_RIGHT:
        return -1;
    case XDG_POSITIONER_ANCHOR_BOTTOM:
    case XDG_POSITIONER_ANCHOR_BOTTOM_LEFT:
    case XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT:
        return 1;
    default:
        return 0;
    }
}

} // namespace

void create_positioner(wl_client* client, wl_resource* resource, std::uint32_t id) {
    create_object(client, &xdg_positioner_interface, wl_resource_get_version(resource), id, &kPositioner,
                  std::make_shared<Positioner>());
}

Rect place_of(wl_resource* resource) {
    const Positioner& wish = self(resource);
    const Rect& rect = wish.anchor_rect;
    const int anchor_x = rect.x + rect.width * (horizontal(wish.anchor) + 1) / 2;
    const int anchor_y = rect.y + rect.height * (vertical(wish.anchor) + 1) / 2;
    return {anchor_x + wish.offset_x - wish.width * (1 - horizontal(wish.gravity)) / 2,
            anchor_y + wish.offset_y - wish.height * (1 - vertical(wish.gravity)) / 2, wish.width,
            wish.height};
}

} // namespace tv::test
