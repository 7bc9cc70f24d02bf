// Reads what the interface tables also say out of a Wayland protocol's XML.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tv::test {

struct XmlMessage {
    std::string name;
    std::string signature; // as tv::wayland::Message::signature
    std::string creates;   // empty: no 'n' argument
    unsigned since = 1;
    bool destructor = false;
};

struct XmlInterface {
    std::string name;
    unsigned version = 0;
    std::vector<XmlMessage> requests;
    std::vector<XmlMessage> events;
};

// Throws std::runtime_error, naming the file, when it cannot be read or is no well-formed XML. A file that is
// not a protocol gives no interfaces.
[[nodiscard]] std::vector<XmlInterface> read_protocol_xml(const std::filesystem::path& file);

} // namespace tv::test
