// Surfaces, their double-buffered state, regions and subsurfaces.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core.h"

namespace tv::test {

// Sizes and offsets beyond this are cut, so that sums of them stay far from overflow whatever a client asks
// for.
[[nodiscard]] inline int bounded(int value) {
    return std::clamp(value, -1'000'000, 1'000'000);
}

// What gives a surface its meaning: a toplevel, a popup, a subsurface, a cursor.
struct Role {
    virtual ~Role() = default;
    // Before a commit takes effect; false when it was refused with a protocol error.
    [[nodiscard]] virtual bool may_commit(Surface&) { return true; }
    // After the state has become current.
    virtual void applied(Surface&) {}
};

struct ViewportState {
    bool has_source = false;
    double x = 0, y = 0, width = 0, height = 0;
    int destination_width = -1; // -1: as large as the source
    int destination_height = -1;
};

struct SurfaceState {
    bool attached = false; // attach came since the last commit
    bool content = false;  // and named a buffer that still existed at the commit
    WatchRef buffer;       // null or gone: the attached buffer is no more
    std::shared_ptr<const Picture> picture;
    std::vector<WatchRef> frame_callbacks;
    std::vector<WatchRef> feedbacks; // wp_presentation_feedback
    std::optional<std::int64_t> target_time;
    std::optional<ViewportState> viewport;
    int scale = 0; // 0: unchanged
    int dx = 0, dy = 0;

    void merge(SurfaceState&& newer);
};

struct Subsurface;

struct Surface : std::enable_shared_from_this<Surface> {
    Surface(Core& the_core) : core(the_core) {}

    void commit();
    // Makes a state current, with those of synchronised subsurfaces that waited for it.
    void apply(SurfaceState&& state);
    // True when commits wait for the parent's.
    [[nodiscard]] bool synchronised() const;
    // Size in surface coordinates; 0 x 0 without a picture.
    [[nodiscard]] int width() const;
    [[nodiscard]] int height() const;
    // False (with the error posted on `blame`) when it has another role already.
    [[nodiscard]] bool take_role(const std::string& name, const std::shared_ptr<Role>& object,
                                 wl_resource* blame, std::uint32_t error);
    void resource_gone();

    Core& core;
    wl_resource* resource = nullptr;
    std::string role_name;
    std::weak_ptr<Role> role;

    SurfaceState pending;
    SurfaceState cached; // only while synchronised
    bool has_cached = false;

    bool has_content = false;               // a buffer is attached
    std::shared_ptr<const Picture> picture; // current; null: nothing to show, or nothing was read
    ViewportState viewport;
    int scale = 1;
    WatchRef held_buffer; // not yet released, under ReleasePolicy::WhenReplaced
    bool has_viewport_object = false;
    int commits = 0;

    std::vector<std::weak_ptr<Subsurface>> children; // bottom to top; `above` tells which side of us
    std::weak_ptr<Subsurface> as_child;

private:
    void read_buffer();
    void release(const WatchRef& buffer);
    void answer(SurfaceState&& state);
};

struct Subsurface : Role {
    [[nodiscard]] bool may_commit(Surface&) override { return true; }
    wl_resource* resource = nullptr;
    std::weak_ptr<Surface> surface;
    std::weak_ptr<Surface> parent;
    bool synchronised = true;
    bool above = true;
    int x = 0, y = 0;
    int pending_x = 0, pending_y = 0;
    void resource_gone();
};

// A copy of an shm buffer's pixels as they are now; null for other buffers and other formats.
[[nodiscard]] std::shared_ptr<const Picture> read_shm_buffer(wl_resource* buffer);

// Sends presented or discarded to wp_presentation_feedback objects (presentation.cpp).
void present(Core& core, const std::vector<WatchRef>& feedbacks, bool shown);

} // namespace tv::test
