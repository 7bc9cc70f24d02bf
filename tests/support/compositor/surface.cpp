#include "surface.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <wayland-server-protocol.h>

#include "foreign_buffers.h"

namespace tv::test {

namespace {

constexpr int kCompositorVersion = 5;

std::uint32_t milliseconds_now() {
    return static_cast<std::uint32_t>(clock_ns(1) / 1'000'000);
}

void send_done(const std::vector<WatchRef>& callbacks) {
    for (const WatchRef& callback : callbacks) {
        if (callback->get() == nullptr) continue;
        wl_callback_send_done(callback->get(), milliseconds_now());
        wl_resource_destroy(callback->get());
    }
}

// --- requests ---

void surface_attach(wl_client*, wl_resource* resource, wl_resource* buffer, std::int32_t x, std::int32_t y) {
    Surface& surface = *object_of<Surface>(resource);
    if (wl_resource_get_version(resource) >= WL_SURFACE_OFFSET_SINCE_VERSION && (x != 0 || y != 0)) {
        wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_OFFSET, "attach with an offset");
        return;
    }
    surface.pending.attached = true;
    surface.pending.buffer = watch(buffer);
    surface.pending.dx = x;
    surface.pending.dy = y;
}
void surface_damage(wl_client*, wl_resource*, std::int32_t, std::int32_t, std::int32_t, std::int32_t) {}
void surface_frame(wl_client* client, wl_resource* resource, std::uint32_t id) {
    wl_resource* callback = wl_resource_create(client, &wl_callback_interface, 1, id);
    if (callback == nullptr) return wl_client_post_no_memory(client);
    wl_resource_set_implementation(callback, nullptr, nullptr, nullptr);
    object_of<Surface>(resource)->pending.frame_callbacks.push_back(watch(callback));
}
void surface_set_region(wl_client*, wl_resource*, wl_resource*) {}
void surface_commit(wl_client*, wl_resource* resource) {
    object_of<Surface>(resource)->commit();
}
void surface_set_transform(wl_client*, wl_resource* resource, std::int32_t transform) {
    if (transform < 0 || transform > WL_OUTPUT_TRANSFORM_FLIPPED_270) {
        wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_TRANSFORM, "no such transform");
    }
}
void surface_set_scale(wl_client*, wl_resource* resource, std::int32_t scale) {
    if (scale < 1) {
        wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_SCALE, "scale below 1");
        return;
    }
    // More is no display's; the bound keeps products in range.
    object_of<Surface>(resource)->pending.scale = std::min(scale, 64);
}
void surface_offset(wl_client*, wl_resource* resource, std::int32_t x, std::int32_t y) {
    object_of<Surface>(resource)->pending.dx = x;
    object_of<Surface>(resource)->pending.dy = y;
}

const struct wl_surface_interface kSurface{
    destroy_resource,   surface_attach,     surface_damage, surface_frame,
    surface_set_region, surface_set_region, surface_commit, surface_set_transform,
    surface_set_scale,  surface_damage,     surface_offset,
};

void region_change(wl_client*, wl_resource*, std::int32_t, std::int32_t, std::int32_t, std::int32_t) {}
const struct wl_region_interface kRegion{destroy_resource, region_change, region_change};

void create_surface(wl_client* client, wl_resource* resource, std::uint32_t id) {
    Core& core = core_of(resource);
    auto surface = std::make_shared<Surface>(core);
    if (create_object(client, &wl_surface_interface, wl_resource_get_version(resource), id, &kSurface,
                      surface) != nullptr) {
        std::erase_if(core.surfaces, [](const auto& weak) { return weak.expired(); });
        core.surfaces.push_back(surface);
    }
}
void create_region(wl_client* client, wl_resource* resource, std::uint32_t id) {
    (void)bind_plain(client, nullptr, &wl_region_interface,
                     static_cast<std::uint32_t>(wl_resource_get_version(resource)), id, &kRegion);
}
const struct wl_compositor_interface kCompositor{create_surface, create_region};

} // namespace

void add_surface_globals(Core& core) {
    core.add_global(&wl_compositor_interface, kCompositorVersion,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        bind_plain(client, data, &wl_compositor_interface, version, id, &kCompositor);
                    });
}

std::shared_ptr<const Picture> read_shm_buffer(wl_resource* buffer) {
    wl_shm_buffer* shm = buffer == nullptr ? nullptr : wl_shm_buffer_get(buffer);
    if (shm == nullptr) return nullptr;
    auto picture = std::make_shared<Picture>();
    picture->width = wl_shm_buffer_get_width(shm);
    picture->height = wl_shm_buffer_get_height(shm);
    picture->format = wl_shm_buffer_get_format(shm);
    const auto stride = static_cast<std::size_t>(wl_shm_buffer_get_stride(shm));
    const std::size_t row = picture->row_bytes();
    // libwayland has checked stride and size for its own formats only against 1 byte a pixel.
    if (stride < row) return nullptr;
    picture->pixels.resize(row * static_cast<std::size_t>(picture->height));
    // A client that truncates its file gets an error instead of killing us with SIGBUS.
    wl_shm_buffer_begin_access(shm);
    const auto* source = static_cast<const std::byte*>(wl_shm_buffer_get_data(shm));
    for (std::size_t y = 0; y < static_cast<std::size_t>(picture->height); ++y) {
        std::memcpy(picture->pixels.data() + y * row, source + y * stride, row);
    }
    wl_shm_buffer_end_access(shm);
    picture->crc = crc32_of(picture->pixels.data(), picture->pixels.size());
    return picture;
}

void SurfaceState::merge(SurfaceState&& newer) {
    if (newer.attached) {
        attached = true;
        content = newer.content;
        buffer = newer.buffer;
        picture = newer.picture;
    }
    frame_callbacks.insert(frame_callbacks.end(), newer.frame_callbacks.begin(), newer.frame_callbacks.end());
    feedbacks.insert(feedbacks.end(), newer.feedbacks.begin(), newer.feedbacks.end());
    if (newer.target_time) target_time = newer.target_time;
    if (newer.viewport) viewport = newer.viewport;
    if (newer.scale != 0) scale = newer.scale;
    newer = SurfaceState{};
}

bool Surface::synchronised() const {
    const auto child = as_child.lock();
    if (!child) return false;
    if (child->synchronised) return true;
    const auto parent = child->parent.lock();
    return parent && parent->synchronised();
}

int Surface::width() const {
    if (!picture) return 0;
    if (viewport.destination_width > 0) return viewport.destination_width;
    return viewport.has_source ? static_cast<int>(viewport.width) : picture->width / scale;
}
int Surface::height() const {
    if (!picture) return 0;
    if (viewport.destination_height > 0) return viewport.destination_height;
    return viewport.has_source ? static_cast<int>(viewport.height) : picture->height / scale;
}

bool Surface::take_role(const std::string& name, const std::shared_ptr<Role>& object, wl_resource* blame,
                        std::uint32_t error) {
    if (!role_name.empty() && (role_name != name || !role.expired())) {
        wl_resource_post_error(blame, error, "the surface has the role %s", role_name.c_str());
        return false;
    }
    role_name = name;
    role = object;
    return true;
}

void Surface::read_buffer() {
    wl_resource* buffer = pending.buffer->get();
    if (buffer == nullptr) {
        core.note(resource, "commit without buffer");
        return;
    }
    pending.content = true;
    if (!core.options().read_pixels) return;
    ForeignBuffers* foreign = core.options().foreign_buffers.get();
    if (foreign != nullptr) pending.picture = foreign->read(buffer);
    if (!pending.picture) pending.picture = read_shm_buffer(buffer);
    const Picture* read = pending.picture.get();
    if (read == nullptr) {
        core.note(resource, "commit unreadable buffer");
        return;
    }
    const std::string name = core.name_of(resource);
    const int client = core.client_number(wl_resource_get_client(resource));
    {
        const std::lock_guard lock(core.shared().mutex);
        core.shared().commits.push_back({client, name, read->width, read->height, read->format, read->crc,
                                         core.options().keep_pictures ? pending.picture : nullptr});
        core.shared().pictures[{client, name}] = pending.picture;
    }
    core.note(resource, fmt::format("commit {}x{} {} crc={:08x}", read->width, read->height,
                                    format_name(read->format), read->crc));
}

void Surface::release(const WatchRef& buffer) {
    if (!buffer || buffer->get() == nullptr) return;
    if (ForeignBuffers* foreign = core.options().foreign_buffers.get()) foreign->released(buffer->get());
    wl_buffer_send_release(buffer->get());
}

void Surface::commit() {
    if (const auto object = role.lock(); object && !object->may_commit(*this)) return;
    ++commits;
    if (pending.attached) {
        read_buffer();
        const CompositorOptions& options = core.options();
        if (options.foreign_buffers) options.foreign_buffers->shown(*this, pending.buffer->get());
        if (options.release == ReleasePolicy::WhenReplaced) {
            if (!held_buffer || held_buffer->get() != pending.buffer->get()) release(held_buffer);
            held_buffer = pending.buffer;
        } else if (options.release == ReleasePolicy::AtOnce) {
            release(pending.buffer);
        } else if (options.release == ReleasePolicy::Delayed) {
            core.after(std::chrono::milliseconds(options.release_delay_ms),
                       [buffer = pending.buffer, self = shared_from_this()] { self->release(buffer); });
        }
    }
    if (synchronised()) {
        cached.merge(std::move(pending));
        has_cached = true;
    } else {
        apply(std::move(pending));
    }
    pending = SurfaceState{};
}

void Surface::apply(SurfaceState&& state) {
    if (state.attached) {
        picture = state.picture;
        has_content = state.content;
    }
    if (state.viewport) viewport = *state.viewport;
    if (state.scale != 0) scale = state.scale;
    answer(std::move(state));
    // Copied: an object may drop out of the list while its siblings are visited.
    const auto family = children;
    for (const auto& weak : family) {
        const auto child = weak.lock();
        if (!child) continue;
        child->x = child->pending_x;
        child->y = child->pending_y;
        const auto child_surface = child->surface.lock();
        if (child_surface && child_surface->has_cached && child_surface->synchronised()) {
            child_surface->has_cached = false;
            child_surface->apply(std::exchange(child_surface->cached, SurfaceState{}));
        }
    }
    if (const auto object = role.lock()) object->applied(*this);
}

void Surface::answer(SurfaceState&& state) {
    if (state.frame_callbacks.empty() && state.feedbacks.empty()) return;
    auto delay = std::chrono::milliseconds(core.options().frame_delay_ms);
    if (state.target_time) {
        const std::int64_t wait = *state.target_time - clock_ns(core.options().presentation_clock);
        // A client's slip must not keep its frames back for ever.
        constexpr std::int64_t kLongest = 1'000'000'000;
        delay = std::max(delay,
                         std::chrono::milliseconds(std::clamp<std::int64_t>(wait, 0, kLongest) / 1'000'000));
    }
    if (delay.count() == 0) {
        present(core, state.feedbacks, true);
        send_done(state.frame_callbacks);
        return;
    }
    core.after(delay, [this_core = &core, callbacks = std::move(state.frame_callbacks),
                       feedbacks = std::move(state.feedbacks)] {
        present(*this_core, feedbacks, true);
        send_done(callbacks);
    });
}

void Surface::resource_gone() {
    if (core.options().foreign_buffers) core.options().foreign_buffers->surface_gone(*this);
    // Callbacks that will not be answered stay with their client, as the protocol allows.
    present(core, pending.feedbacks, false);
    present(core, cached.feedbacks, false);
}

} // namespace tv::test
