// Which of the compositor's globals an application gets to see: a table interface x kind of peer.
//
// The remote waypipe tracks descriptors by its own tables. A message with descriptors on an object that it
// does not know shifts all later descriptors of the connection, for good: such globals must not reach it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tv::proxy {

// C peers speak wire version 16, Rust peers 17.
enum class PeerKind : std::uint8_t { C, Rust };

[[nodiscard]] constexpr PeerKind peer_kind(unsigned wire_version) {
    return wire_version <= 16 ? PeerKind::C : PeerKind::Rust;
}

// The version to announce; nullopt: hidden from this peer.
[[nodiscard]] std::optional<std::uint32_t> offered_version(std::string_view interface, std::uint32_t version,
                                                           PeerKind peer);

} // namespace tv::proxy
