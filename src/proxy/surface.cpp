// wl_surface: a commit goes out only when the pixels it shows are there.
#include "proxy/buffers.h"
#include "proxy/proxy.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

Status attach(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    auto* buffer = data_of<BufferData>(proxy.objects.find(arguments.u()));
    if (!arguments.ok()) return fail(ErrorCategory::PeerViolation, "malformed wl_surface.attach");
    auto* surface = data_of<SurfaceData>(call.object);
    if (surface == nullptr) {
        auto data = std::make_unique<SurfaceData>();
        surface = data.get();
        call.object->data = std::move(data);
    }
    if (buffer != nullptr) {
        TV_TRY(buffer->count_shown());
        surface->attached = buffer->file;
    } else {
        surface->attached.reset(); // null, or pixels that are not replicated
    }
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
    if (file || not_before != 0) proxy.requests.gate(std::move(file), true, not_before);
    proxy.append_request(call);
    return {};
}

constexpr Route kRoutes[] = {
    on_request(InterfaceId::wl_surface, "attach", attach),
    on_request(InterfaceId::wl_surface, "commit", commit),
};

} // namespace

std::span<const Route> surface_routes() {
    return kRoutes;
}

} // namespace tv::proxy
