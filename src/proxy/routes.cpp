#include "proxy/routes.h"

namespace tv::proxy {
namespace {

Routes::Slot make_slot(const wayland::Message& message) {
    Routes::Slot slot{&message, nullptr, static_cast<std::uint8_t>(wayland::fd_count(message)), false,
                      message.destructor};
    slot.creates = message.creates != wayland::InterfaceId::none;
    return slot;
}

} // namespace

const Routes& Routes::instance() {
    static const Routes routes;
    return routes;
}

Routes::Routes() {
    requests_.first.push_back(0);
    events_.first.push_back(0);
    // The id `none` comes first and has no messages.
    auto extend = [](Direction& direction, std::span<const wayland::Message> messages) {
        for (const wayland::Message& message : messages) direction.slots.push_back(make_slot(message));
        direction.first.push_back(static_cast<std::uint32_t>(direction.slots.size()));
    };
    extend(requests_, {});
    extend(events_, {});
    for (const wayland::Interface& interface : wayland::all_interfaces()) {
        extend(requests_, interface.requests);
        extend(events_, interface.events);
    }
    for (auto family : {display_routes, registry_routes, shm_routes, surface_routes, keyboard_routes,
                        data_transfer_routes, timing_routes, color_routes, toplevel_routes, capture_routes,
                        dmabuf_routes, dmabuf_params_routes, dmabuf_surface_routes})
        add(family());
}

void Routes::add(std::span<const Route> family) {
    for (const Route& route : family) {
        Direction& direction = route.event ? events_ : requests_;
        direction.slots[direction.first[static_cast<std::size_t>(route.interface)] + route.opcode].handler =
            route.handler;
    }
}

const Routes::Slot* Routes::find(const Direction& direction, wayland::InterfaceId interface,
                                 std::uint16_t opcode) {
    auto index = static_cast<std::size_t>(interface);
    std::uint32_t slot = direction.first[index] + opcode;
    return slot < direction.first[index + 1] ? &direction.slots[slot] : nullptr;
}

} // namespace tv::proxy
