// Which arguments are serials: numbers that the compositor of today made up, not the one of the recording.
#pragma once

#include <cstdint>

#include "wayland/interface.h"

namespace tv::replay {

enum class SerialUse : std::uint8_t {
    None,
    Configure, // answers this object's configure events
    Pong,      // answers a ping
    Input,     // names an input event that justifies the request
    Pointer,   // names the pointer's last enter
};

struct SerialArgument {
    SerialUse use = SerialUse::None;
    std::size_t index = 0; // among the request's arguments
};
[[nodiscard]] SerialArgument serial_of_request(wayland::InterfaceId interface, std::uint16_t opcode);

// The serial is always an event's first argument.
[[nodiscard]] SerialUse serial_of_event(wayland::InterfaceId interface, std::uint16_t opcode);

} // namespace tv::replay
