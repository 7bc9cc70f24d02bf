// wl_surface: a commit goes out only when the pixels it shows are there.
#include <utility>

#include "proxy/buffers.h"
#include "proxy/dmabuf_gate.h"
#include "proxy/proxy.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

// Where the surface's size and name are kept; made at the first need.
SurfaceData& surface_data(Proxy& proxy, wayland::Object& object, std::uint32_t id) {
    auto* surface = data_of<SurfaceData>(&object);
    if (surface == nullptr) {
        auto data = std::make_unique<SurfaceData>();
        surface = data.get();
        object.data = std::move(data);
    }
    if (proxy.config.frame_watch != nullptr && !surface->name)
        surface->name = std::make_shared<SurfaceName>(SurfaceName{id, {}, {}});
    return *surface;
}

// Kept for further commits, of each surface: more hardly ever wait at once, and looking for a free one must
// stay cheap when a remote side lets thousands wait.
constexpr std::size_t kKeptActions = 8;

std::shared_ptr<ShowAction> unused_action(SurfaceData& surface) {
    for (const auto& made : surface.actions)
        if (made.use_count() == 1) return made;
    auto made = std::make_shared<ShowAction>(surface.content);
    if (surface.actions.size() < kKeptActions) surface.actions.push_back(made);
    return made;
}

// Null: what the surface shows stays the same, or is in no surface of ours before and after.
std::shared_ptr<ShowAction> show_action(SurfaceData& surface) {
    auto next = std::exchange(surface.next, nullptr);
    if (!std::exchange(surface.attach_pending, false) || (!next && !surface.content)) return nullptr;
    if (!surface.content) surface.content = std::make_shared<SurfaceContent>();
    auto action = unused_action(surface);
    action->set_next(std::move(next));
    return action;
}

Status attach(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    auto* buffer = data_of<BufferData>(proxy.objects.find(arguments.u()));
    if (!arguments.ok()) return fail(ErrorCategory::PeerViolation, "malformed wl_surface.attach");
    SurfaceData& surface = surface_data(proxy, *call.object, call.header.object);
    if (buffer != nullptr) {
        TV_TRY(buffer->count_shown());
        surface.attached = buffer->file;
        surface.width = buffer->width;
        surface.height = buffer->height;
    } else {
        surface.attached.reset(); // null, or pixels that are not replicated
    }
    surface.fresh = buffer != nullptr;
    surface.next = buffer != nullptr ? buffer->use : nullptr;
    surface.attach_pending = true;
    proxy.append_request(call);
    return {};
}

Status commit(Proxy& proxy, Call& call) {
    auto* surface = data_of<SurfaceData>(call.object);
    auto file = surface != nullptr ? surface->attached.lock() : nullptr;
    std::uint64_t number = ++proxy.commits;
    std::int64_t not_before = 0;
    if (proxy.config.delay_commit_for_test) {
        std::int64_t delay = proxy.config.delay_commit_for_test(number);
        if (delay != 0) not_before = proxy.clock.steady() + delay;
    }
    auto shows = surface != nullptr ? show_action(*surface) : nullptr;
    if (file || shows || not_before != 0) {
        std::uint64_t gate = proxy.requests.gate(file, true, not_before, std::move(shows));
        if (proxy.config.frame_watch != nullptr && file)
            proxy.config.frame_watch->committed({surface->name, gate, surface->width, surface->height,
                                                 proxy.message_begun, std::exchange(surface->fresh, false),
                                                 file},
                                                *file);
    }
    proxy.append_request(call);
    return {};
}

// Passed at once: whether the pixels may be written is a matter of the guard.
Status release(Proxy& proxy, Call& call) {
    if (auto* buffer = data_of<BufferData>(call.object); buffer != nullptr && buffer->use)
        log_gate_release(proxy, *buffer, buffer->use->released());
    return proxy.pass_event(call);
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wl_buffer, "release", release),
    on_request(InterfaceId::wl_surface, "attach", attach),
    on_request(InterfaceId::wl_surface, "commit", commit),
};

} // namespace

BufferUse& attach_image(wayland::Object& buffer, std::shared_ptr<mirror::Replica> image) {
    auto data = std::make_unique<BufferData>();
    data->length = image->image()->file_size();
    data->width = image->image()->width;
    data->height = image->image()->height;
    data->use = std::make_shared<BufferUse>(image->published());
    data->file = std::move(image);
    BufferUse& use = *data->use;
    buffer.data = std::move(data);
    return use;
}

std::shared_ptr<SurfaceName> surface_name(Proxy& proxy, std::uint32_t id) {
    wayland::Object* object = proxy.objects.find(id);
    if (proxy.config.frame_watch == nullptr || object == nullptr || object->zombie ||
        object->interface != InterfaceId::wl_surface)
        return nullptr;
    return surface_data(proxy, *object, id).name;
}

std::span<const Route> surface_routes() {
    return kRoutes;
}

} // namespace tv::proxy
