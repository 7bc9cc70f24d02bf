// wl_registry: which globals the application sees, and binds only to those.
#include <algorithm>

#include "proxy/dmabuf.h"
#include "proxy/dmabuf_surface.h"
#include "proxy/stand_in.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

AnnouncedGlobal* find_global(Proxy& proxy, std::uint32_t name) {
    auto found = std::ranges::find(proxy.globals, name, &AnnouncedGlobal::name);
    return found == proxy.globals.end() ? nullptr : &*found;
}

Status global(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t name = arguments.u();
    auto interface = arguments.s();
    std::uint32_t version = arguments.u();
    if (!arguments.ok() || !interface) return fail(ErrorCategory::Compositor, "malformed wl_registry.global");

    auto offered = offered_version(*interface, version, proxy.peer);
    const wayland::Interface* known = wayland::find_interface(*interface);
    if (proxy.dmabuf.real && known != nullptr && known->id == InterfaceId::zwp_linux_dmabuf_v1) {
        offered = std::min(version, kDmabufVersion);
        proxy.dmabuf.global = name;
    }
    AnnouncedGlobal entry{name, known ? known->id : InterfaceId::none, offered.value_or(0)};
    // A second registry announces the same globals again.
    if (AnnouncedGlobal* seen = find_global(proxy, name))
        *seen = entry;
    else
        proxy.globals.push_back(entry);
    if (!offered) {
        proxy.log.debug("global {} version {} is hidden from the application", *interface, version);
        return {};
    }
    wayland::MessageBuilder(proxy.channel.event(call.message.size()), call.header.object, call.header.opcode)
        .u(name)
        .s(*interface)
        .u(*offered);
    if (entry.interface == InterfaceId::wl_shm) announce_dmabuf(proxy, call.header.object, name);
    return {};
}

Status global_remove(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    AnnouncedGlobal* entry = find_global(proxy, arguments.u());
    if (entry != nullptr) {
        entry->removed = true; // a bind may have crossed with this, so the entry stays
        if (entry->version == 0) return {};
        withdraw_dmabuf(proxy, call.header.object, entry->name);
    }
    return proxy.pass_event(call);
}

Status bind(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t name = arguments.u();
    auto interface = arguments.s();
    std::uint32_t version = arguments.u();
    std::uint32_t id = arguments.u();
    if (!arguments.ok() || !interface || arguments.remaining() != 0)
        return fail(ErrorCategory::PeerViolation, "malformed wl_registry.bind");
    const AnnouncedGlobal* entry = find_global(proxy, name);
    if (entry == nullptr || entry->version == 0)
        return fail(ErrorCategory::PeerViolation, "bind of a global that was not offered", name);
    const wayland::Interface* known = wayland::find_interface(*interface);
    if ((known ? known->id : InterfaceId::none) != entry->interface)
        return fail(ErrorCategory::PeerViolation, "bind of a global as another interface", name);
    if (version == 0 || version > entry->version)
        return fail(ErrorCategory::PeerViolation, "bind of a version that was not offered", version);
    proxy.dmabuf.any_bound = true;
    if (proxy.dmabuf.global != 0 && entry->interface == InterfaceId::zwp_linux_dmabuf_v1)
        return proxy.dmabuf.real ? bind_surface_dmabuf(proxy, call, version, id)
                                 : bind_dmabuf(proxy, call.header.object, version, id);
    if (known != nullptr)
        TV_TRY(proxy.new_object(id, known->id, static_cast<std::uint8_t>(version)));
    else
        fill_reserved(proxy);
    proxy.append_request(call);
    return {};
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wl_registry, "global", global),
    on_event(InterfaceId::wl_registry, "global_remove", global_remove),
    on_request(InterfaceId::wl_registry, "bind", bind),
};

} // namespace

std::span<const Route> registry_routes() {
    return kRoutes;
}

} // namespace tv::proxy
