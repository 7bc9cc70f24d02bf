#include "render.h"

#include <algorithm>
#include <cstring>

#include "shell.h"
#include "surface.h"

namespace tv::test {

namespace {

constexpr std::uint32_t kBackground = 0xff30405a;
constexpr int kStackStep = 24;
// Tiles go into rows of about this width.
constexpr int kTileRow = 1920;
// Surfaces may name any size; a picture larger than this is cut.
constexpr int kMaxCanvas = 8192;

struct Canvas {
    int width;
    int height;
    std::vector<std::uint32_t> pixels;
};

// The extent of a surface tree, relative to the root's corner.
struct Extent {
    int left = 0, top = 0, right = 0, bottom = 0;
    void add(int x, int y, int width, int height) {
        left = std::min(left, x);
        top = std::min(top, y);
        right = std::max(right, x + width);
        bottom = std::max(bottom, y + height);
    }
};

void draw_picture(Canvas& canvas, const Surface& surface, int at_x, int at_y) {
    const Picture& picture = *surface.picture;
    const int width = surface.width();
    const int height = surface.height();
    const ViewportState& view = surface.viewport;
    const double source_width = view.has_source ? view.width * surface.scale : picture.width;
    const double source_height = view.has_source ? view.height * surface.scale : picture.height;
    const double source_x = view.has_source ? view.x * surface.scale : 0;
    const double source_y = view.has_source ? view.y * surface.scale : 0;
    for (int y = std::max(0, -at_y); y < height && at_y + y < canvas.height; ++y) {
        const int from_y = static_cast<int>(source_y + (y + 0.5) * source_height / height);
        if (from_y < 0 || from_y >= picture.height) continue;
        for (int x = std::max(0, -at_x); x < width && at_x + x < canvas.width; ++x) {
            const int from_x = static_cast<int>(source_x + (x + 0.5) * source_width / width);
            if (from_x < 0 || from_x >= picture.width) continue;
            std::uint32_t& target =
                canvas.pixels[static_cast<std::size_t>(at_y + y) * static_cast<std::size_t>(canvas.width) +
                              static_cast<std::size_t>(at_x + x)];
            target = blend(target, picture.argb(from_x, from_y));
        }
    }
}

// Visits a surface, its subsurfaces and its popups from the lowest to the highest.
template <typename Visit>
void visit_tree(Core& core, const Surface& surface, int x, int y, int depth, const Visit& visit) {
    // A chain of popups or subsurfaces deeper than this is nobody's user interface.
    constexpr int kDeepest = 32;
    if (depth > kDeepest || !surface.picture) return;
    const auto visit_children = [&](bool above) {
        for (const auto& weak : surface.children) {
            const auto child = weak.lock();
            const auto child_surface = child ? child->surface.lock() : nullptr;
            if (child_surface && child->above == above) {
                visit_tree(core, *child_surface, x + child->x, y + child->y, depth + 1, visit);
            }
        }
    };
    visit_children(false);
    visit(surface, x, y);
    visit_children(true);
    const auto role = std::dynamic_pointer_cast<XdgRole>(surface.role.lock());
    if (!role) return;
    const Rect geometry = role->xdg->geometry;
    for (const auto& popup : popups_of(core, surface)) {
        const auto popup_surface = popup->xdg->surface.lock();
        if (!popup_surface) continue;
        const Rect own = popup->xdg->geometry;
        visit_tree(core, *popup_surface, x + geometry.x + popup->place.x - own.x,
                   y + geometry.y + popup->place.y - own.y, depth + 1, visit);
    }
}

struct Placed {
    std::shared_ptr<Surface> surface;
    int x, y;
};

std::vector<Placed> arrange(Core& core, Layout layout, Extent& all) {
    std::vector<Placed> placed;
    int cursor = 0;
    int row_top = 0;
    int row_height = 0;
    for (const auto& weak : core.toplevels) {
        const auto toplevel = weak.lock();
        const auto surface = toplevel && toplevel->xdg ? toplevel->xdg->surface.lock() : nullptr;
        if (!surface || !surface->picture) continue;
        Extent extent;
        visit_tree(core, *surface, 0, 0, 0,
                   [&](const Surface& part, int x, int y) { extent.add(x, y, part.width(), part.height()); });
        const int width = extent.right - extent.left;
        if (layout == Layout::Tiled && cursor > 0 && cursor + width > kTileRow) {
            row_top += row_height;
            cursor = row_height = 0;
        }
        Placed place{surface, cursor, layout == Layout::Stacked ? cursor : row_top};
        if (layout == Layout::Tiled) {
            place.x -= extent.left;
            place.y -= extent.top;
            cursor += width;
            row_height = std::max(row_height, extent.bottom - extent.top);
        } else {
            cursor += kStackStep;
        }
        all.add(place.x + extent.left, place.y + extent.top, extent.right - extent.left,
                extent.bottom - extent.top);
        placed.push_back(place);
    }
    return placed;
}

Picture to_picture(const Canvas& canvas) {
    Picture picture{canvas.width, canvas.height, kXrgb8888, {}, 0};
    picture.pixels.resize(canvas.pixels.size() * 4);
    // An empty canvas has no memory at all, which memcpy must not see.
    if (!canvas.pixels.empty())
        std::memcpy(picture.pixels.data(), canvas.pixels.data(), picture.pixels.size());
    picture.crc = crc32_of(picture.pixels.data(), picture.pixels.size());
    return picture;
}

} // namespace

Picture render_toplevels(Core& core, Layout layout, int width, int height) {
    Extent all;
    const std::vector<Placed> placed = arrange(core, layout, all);
    Canvas canvas{std::min(width > 0 ? width : all.right, kMaxCanvas),
                  std::min(height > 0 ? height : all.bottom, kMaxCanvas),
                  {}};
    canvas.pixels.assign(static_cast<std::size_t>(canvas.width) * static_cast<std::size_t>(canvas.height),
                         kBackground);
    for (const Placed& place : placed) {
        visit_tree(core, *place.surface, place.x, place.y, 0,
                   [&](const Surface& part, int x, int y) { draw_picture(canvas, part, x, y); });
    }
    return to_picture(canvas);
}

Picture render_output(Core& core, int index) {
    const OutputOptions& output = core.options().outputs.at(static_cast<std::size_t>(index));
    if (index == 0) return render_toplevels(core, Layout::Stacked, output.width, output.height);
    Canvas canvas{output.width, output.height, {}};
    canvas.pixels.reserve(static_cast<std::size_t>(output.width) * static_cast<std::size_t>(output.height));
    for (std::uint32_t y = 0; y < static_cast<std::uint32_t>(output.height); ++y) {
        for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(output.width); ++x) {
            canvas.pixels.push_back(0xff000000U | ((x * 2654435761U) ^ (y * 40503U)) >> 8);
        }
    }
    return to_picture(canvas);
}

} // namespace tv::test
