// wl_display: errors and the return of ids.
#include "proxy/dmabuf.h"
#include "proxy/proxy.h"
#include "proxy/stand_in.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

Status delete_id(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::Compositor, "malformed wl_display.delete_id");
    if (swallow_delete_id(proxy, id)) return {};
    proxy.objects.remove(id);
    return proxy.pass_event(call);
}

Status error(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    std::uint32_t code = arguments.u();
    auto text = arguments.s();
    wayland::Object* object = proxy.objects.find(id);
    proxy.log.warning("the compositor refused {}#{}: {} (code {})",
                      object ? wayland::interface(object->interface).name : "object", id, text.value_or(""),
                      code);
    if (object == nullptr || object->holder == wayland::Holder::Theirs) return proxy.pass_event(call);
    const auto blamed = blame_stand_in(id, object->interface, code);
    proxy.channel.error_event(text.value_or(""), blamed.object, blamed.code);
    return {};
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wl_display, "delete_id", delete_id),
    on_event(InterfaceId::wl_display, "error", error),
};

} // namespace

std::span<const Route> display_routes() {
    return kRoutes;
}

} // namespace tv::proxy
