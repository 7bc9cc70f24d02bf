// Which function handles which Wayland message.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wayland/interface.h"
#include "wayland/message.h"
#include "wayland/object_table.h"

namespace tv::proxy {

class Proxy;

// One message on its way through. `object` and `message` live until the handler returns; creating an object
// invalidates `object`.
struct Call {
    wayland::Header header;
    wayland::Object* object = nullptr;
    const wayland::Message* description = nullptr;
    Bytes message; // with its header
    unsigned fds = 0;
    bool creates = false; // has a new_id with a fixed interface

    [[nodiscard]] wayland::ArgumentReader arguments() const { return wayland::ArgumentReader(message); }
};

// Handlers of requests end in append_request() or pass_request(), those of events in pass_event() or an event
// of their own; what does neither swallows the message.
using Handler = Status (*)(Proxy&, Call&);

struct Route {
    wayland::InterfaceId interface;
    bool event;
    std::uint16_t opcode;
    Handler handler;
};

[[nodiscard]] consteval Route on_request(wayland::InterfaceId interface, std::string_view name,
                                         Handler handler) {
    return {interface, false, wayland::request_opcode(interface, name), handler};
}
[[nodiscard]] consteval Route on_event(wayland::InterfaceId interface, std::string_view name,
                                       Handler handler) {
    return {interface, true, wayland::event_opcode(interface, name), handler};
}

// Dispatch by interface and opcode. Immutable once made; shared by all sessions of the process.
class Routes {
public:
    struct Slot {
        const wayland::Message* description = nullptr;
        Handler handler = nullptr;
        std::uint8_t fds = 0;
        bool creates = false;
        bool destructor = false;
    };

    [[nodiscard]] static const Routes& instance();

    // nullptr: the interface has no such message.
    [[nodiscard]] const Slot* request(wayland::InterfaceId interface, std::uint16_t opcode) const {
        return find(requests_, interface, opcode);
    }
    [[nodiscard]] const Slot* event(wayland::InterfaceId interface, std::uint16_t opcode) const {
        return find(events_, interface, opcode);
    }

private:
    // slots[first[interface] .. first[interface + 1])
    struct Direction {
        std::vector<std::uint32_t> first;
        std::vector<Slot> slots;
    };
    Routes();
    void add(std::span<const Route> family);
    [[nodiscard]] static const Slot* find(const Direction& direction, wayland::InterfaceId interface,
                                          std::uint16_t opcode);

    Direction requests_;
    Direction events_;
};

// The families, each in the file of its name.
[[nodiscard]] std::span<const Route> display_routes();
[[nodiscard]] std::span<const Route> registry_routes();
[[nodiscard]] std::span<const Route> shm_routes();
[[nodiscard]] std::span<const Route> surface_routes();
[[nodiscard]] std::span<const Route> keyboard_routes();
[[nodiscard]] std::span<const Route> data_transfer_routes();
[[nodiscard]] std::span<const Route> timing_routes();
[[nodiscard]] std::span<const Route> color_routes();
[[nodiscard]] std::span<const Route> toplevel_routes();
[[nodiscard]] std::span<const Route> capture_routes();
[[nodiscard]] std::span<const Route> dmabuf_routes();
[[nodiscard]] std::span<const Route> dmabuf_params_routes();
[[nodiscard]] std::span<const Route> dmabuf_surface_routes();

} // namespace tv::proxy
