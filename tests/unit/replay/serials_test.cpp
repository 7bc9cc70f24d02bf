#include "replay/serials.h"

#include <string>

#include <gtest/gtest.h>

namespace tv::replay {
namespace {

// The row's argument must be a number in the interface's own description.
TEST(Serials, every_serial_is_an_unsigned_argument_of_its_request_and_the_first_of_its_event) {
    std::size_t requests = 0, events = 0;
    for (const wayland::Interface& interface : wayland::all_interfaces()) {
        for (std::uint16_t opcode = 0; opcode < interface.requests.size(); ++opcode) {
            const SerialArgument serial = serial_of_request(interface.id, opcode);
            if (serial.use == SerialUse::None) continue;
            std::string letters;
            for (const char letter : interface.requests[opcode].signature)
                if (letter != '?') letters += letter;
            ASSERT_LT(serial.index, letters.size()) << interface.name;
            EXPECT_EQ(letters[serial.index], 'u') << interface.name << "." << interface.requests[opcode].name;
            ++requests;
        }
        for (std::uint16_t opcode = 0; opcode < interface.events.size(); ++opcode) {
            if (serial_of_event(interface.id, opcode) == SerialUse::None) continue;
            EXPECT_EQ(interface.events[opcode].signature[0], 'u')
                << interface.name << "." << interface.events[opcode].name;
            ++events;
        }
    }
    EXPECT_GE(requests, 20u);
    EXPECT_GE(events, 10u);
}

} // namespace
} // namespace tv::replay
