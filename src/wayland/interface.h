// The Wayland interfaces that can be tracked, as constant data: messages by opcode, opcodes by name.
// Everything here is immutable and of static storage: any thread may use it, pointers stay valid forever.
// The tables are in tables/, one header for a family of protocols. To add an interface: its id in
// tables/shape.h, its messages and its line at the end of the family's header.
// tests/unit/wayland/interface_tables_test.cpp compares them with the installed protocol XML.
#pragma once

#include "wayland/tables/capture.h"
#include "wayland/tables/color.h"
#include "wayland/tables/core.h"
#include "wayland/tables/data_transfer.h"
#include "wayland/tables/desktop.h"
#include "wayland/tables/dmabuf.h"
#include "wayland/tables/input.h"
#include "wayland/tables/shape.h"
#include "wayland/tables/surface.h"
#include "wayland/tables/tablet.h"
#include "wayland/tables/text_input.h"
#include "wayland/tables/xdg.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace tv::wayland {

namespace tables {

inline constexpr std::span<const Interface> kFamilies[] = {
    kCore,         kXdg,    kSurfaceExtension, kInput, kTextInput, kTablet,
    kDataTransfer, kDmabuf, kCapture,          kColor, kDesktop,
};

// All ids, with none.
inline constexpr std::size_t kIdCount = [] {
    std::size_t count = 1;
    for (const auto& family : kFamilies) count += family.size();
    return count;
}();

// Indexed by InterfaceId; the first is the empty interface of InterfaceId::none.
inline constexpr std::array<Interface, kIdCount> kById = [] {
    std::array<Interface, kIdCount> by_id{};
    for (const auto& family : kFamilies)
        for (const Interface& entry : family) by_id[static_cast<std::size_t>(entry.id)] = entry;
    return by_id;
}();

} // namespace tables

// All interfaces in the order of their ids, without none.
[[nodiscard]] constexpr std::span<const Interface> all_interfaces() {
    return std::span(tables::kById).subspan(1);
}

// For InterfaceId::none: an interface without name, version and messages.
[[nodiscard]] constexpr const Interface& interface(InterfaceId id) {
    return tables::kById[static_cast<std::size_t>(id)];
}

// nullptr: not in the tables. `name` may come from the peer.
[[nodiscard]] const Interface* find_interface(std::string_view name);

// Number of descriptors that travel with the message.
[[nodiscard]] constexpr unsigned fd_count(const Message& message) {
    unsigned count = 0;
    for (char letter : message.signature) count += letter == 'h' ? 1 : 0;
    return count;
}

[[nodiscard]] constexpr bool carries_fds(const Interface& entry) {
    for (const Message& message : entry.requests)
        if (fd_count(message) != 0) return true;
    for (const Message& message : entry.events)
        if (fd_count(message) != 0) return true;
    return false;
}

namespace detail {

void no_such_message(); // never defined: to call it ends constant evaluation

consteval std::uint16_t opcode(std::span<const Message> messages, std::string_view name) {
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (messages[i].name == name) return static_cast<std::uint16_t>(i);
    no_such_message();
    return 0;
}

} // namespace detail

// Opcodes by the XML's names; does not compile when the interface has no such message.
[[nodiscard]] consteval std::uint16_t request_opcode(InterfaceId id, std::string_view name) {
    return detail::opcode(interface(id).requests, name);
}
[[nodiscard]] consteval std::uint16_t event_opcode(InterfaceId id, std::string_view name) {
    return detail::opcode(interface(id).events, name);
}

// Interfaces of the tables that have a message with descriptors.
inline constexpr std::size_t kFdInterfaceCount = [] {
    std::size_t count = 0;
    for (const Interface& entry : all_interfaces()) count += carries_fds(entry) ? 1 : 0;
    return count;
}();
inline constexpr std::array<InterfaceId, kFdInterfaceCount> kFdInterfaces = [] {
    std::array<InterfaceId, kFdInterfaceCount> ids{};
    std::size_t next = 0;
    for (const Interface& entry : all_interfaces())
        if (carries_fds(entry)) ids[next++] = entry.id;
    return ids;
}();

// Globals seen in the wild that the tables do not have and whose objects send or take descriptors: an
// untracked descriptor would shift all that follow on the connection, so none of these may be offered.
inline constexpr std::string_view kUntabledFdGlobals[] = {
    "org_kde_kwin_remote_access_manager", // org_kde_kwin_remote_buffer.gbm_handle
    "org_kde_plasma_window_management",   // org_kde_plasma_window.get_icon
    "weston_debug_v1",                    // subscribe
    "wl_eglstream_display",               // create_stream
    "xx_color_manager_v4",                // its ICC creator's set_icc_file, icc_file
    "zcr_linux_explicit_synchronization_v1",
};
[[nodiscard]] constexpr bool is_untabled_fd_global(std::string_view name) {
    for (std::string_view known : kUntabledFdGlobals)
        if (known == name) return true;
    return false;
}

} // namespace tv::wayland
