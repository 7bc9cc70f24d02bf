#include "replay/serials.h"

#include <string_view>

namespace tv::replay {
namespace {

using enum wayland::InterfaceId;
using wayland::InterfaceId;

struct Row {
    InterfaceId interface;
    std::uint16_t opcode;
    SerialArgument argument;
};

consteval Row request(InterfaceId interface, std::string_view name, SerialUse use, std::size_t index) {
    return {interface, wayland::request_opcode(interface, name), {use, index}};
}
consteval Row event(InterfaceId interface, std::string_view name, SerialUse use) {
    return {interface, wayland::event_opcode(interface, name), {use, 0}};
}

constexpr Row kRequests[] = {
    request(xdg_surface, "ack_configure", SerialUse::Configure, 0),
    request(zxdg_surface_v6, "ack_configure", SerialUse::Configure, 0),
    request(zwlr_layer_surface_v1, "ack_configure", SerialUse::Configure, 0),
    request(ext_session_lock_surface_v1, "ack_configure", SerialUse::Configure, 0),
    request(xdg_wm_base, "pong", SerialUse::Pong, 0),
    request(zxdg_shell_v6, "pong", SerialUse::Pong, 0),
    request(wl_shell_surface, "pong", SerialUse::Pong, 0),
    request(wl_pointer, "set_cursor", SerialUse::Pointer, 0),
    request(wp_cursor_shape_device_v1, "set_shape", SerialUse::Pointer, 0),
    request(wl_data_offer, "accept", SerialUse::Input, 0),
    request(wl_data_device, "start_drag", SerialUse::Input, 3),
    request(wl_data_device, "set_selection", SerialUse::Input, 1),
    request(zwp_primary_selection_device_v1, "set_selection", SerialUse::Input, 1),
    request(gtk_primary_selection_device, "set_selection", SerialUse::Input, 1),
    request(xdg_toplevel, "show_window_menu", SerialUse::Input, 1),
    request(xdg_toplevel, "move", SerialUse::Input, 1),
    request(xdg_toplevel, "resize", SerialUse::Input, 1),
    request(xdg_popup, "grab", SerialUse::Input, 1),
    request(zxdg_toplevel_v6, "show_window_menu", SerialUse::Input, 1),
    request(zxdg_toplevel_v6, "move", SerialUse::Input, 1),
    request(zxdg_toplevel_v6, "resize", SerialUse::Input, 1),
    request(zxdg_popup_v6, "grab", SerialUse::Input, 1),
    request(wl_shell_surface, "move", SerialUse::Input, 1),
    request(wl_shell_surface, "resize", SerialUse::Input, 1),
    request(wl_shell_surface, "set_popup", SerialUse::Input, 1),
    request(xdg_activation_token_v1, "set_serial", SerialUse::Input, 0),
};

constexpr Row kEvents[] = {
    event(xdg_surface, "configure", SerialUse::Configure),
    event(zxdg_surface_v6, "configure", SerialUse::Configure),
    event(zwlr_layer_surface_v1, "configure", SerialUse::Configure),
    event(ext_session_lock_surface_v1, "configure", SerialUse::Configure),
    event(xdg_wm_base, "ping", SerialUse::Pong),
    event(zxdg_shell_v6, "ping", SerialUse::Pong),
    event(wl_shell_surface, "ping", SerialUse::Pong),
    event(wl_pointer, "enter", SerialUse::Pointer),
    event(wl_pointer, "button", SerialUse::Input),
    event(wl_keyboard, "enter", SerialUse::Input),
    event(wl_keyboard, "key", SerialUse::Input),
    event(wl_touch, "down", SerialUse::Input),
    event(wl_data_device, "enter", SerialUse::Input),
    event(zwp_tablet_tool_v2, "proximity_in", SerialUse::Input),
    event(zwp_tablet_tool_v2, "down", SerialUse::Input),
    event(zwp_tablet_tool_v2, "button", SerialUse::Input),
};

template <std::size_t N>
SerialArgument find(const Row (&rows)[N], InterfaceId interface, std::uint16_t opcode) {
    for (const Row& row : rows) {
        if (row.interface == interface && row.opcode == opcode) return row.argument;
    }
    return {};
}

} // namespace

SerialArgument serial_of_request(InterfaceId interface, std::uint16_t opcode) {
    return find(kRequests, interface, opcode);
}

SerialUse serial_of_event(InterfaceId interface, std::uint16_t opcode) {
    return find(kEvents, interface, opcode).use;
}

} // namespace tv::replay
