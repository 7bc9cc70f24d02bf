// Seats and their devices, pointer and keyboard extensions, virtual devices.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- wayland ---
inline constexpr Message kWlSeatRequests[] = {
    {"get_pointer", "n", wl_pointer},
    {"get_keyboard", "n", wl_keyboard},
    {"get_touch", "n", wl_touch},
    {"release", "", none, 5, kDestructor},
};
inline constexpr Message kWlSeatEvents[] = {
    {"capabilities", "u"},
    {"name", "s", none, 2},
};

inline constexpr Message kWlPointerRequests[] = {
    {"set_cursor", "u?oii"},
    {"release", "", none, 3, kDestructor},
};
inline constexpr Message kWlPointerEvents[] = {
    {"enter", "uoff"},
    {"leave", "uo"},
    {"motion", "uff"},
    {"button", "uuuu"},
    {"axis", "uuf"},
    {"frame", "", none, 5},
    {"axis_source", "u", none, 5},
    {"axis_stop", "uu", none, 5},
    {"axis_discrete", "ui", none, 5},
    {"axis_value120", "ui", none, 8},
    {"axis_relative_direction", "uu", none, 9},
};

inline constexpr Message kWlKeyboardRequests[] = {
    {"release", "", none, 3, kDestructor},
};
inline constexpr Message kWlKeyboardEvents[] = {
    {"keymap", "uhu"},
    {"enter", "uoa"},
    {"leave", "uo"},
    {"key", "uuuu"},
    {"modifiers", "uuuuu"},
    {"repeat_info", "ii", none, 4},
};

inline constexpr Message kWlTouchRequests[] = {
    {"release", "", none, 3, kDestructor},
};
inline constexpr Message kWlTouchEvents[] = {
    {"down", "uuoiff"},
    {"up", "uui"},
    {"motion", "uiff"},
    {"frame", ""},
    {"cancel", ""},
    {"shape", "iff", none, 6},
    {"orientation", "if", none, 6},
};

// --- relative-pointer-unstable-v1 ---
inline constexpr Message kZwpRelativePointerManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_relative_pointer", "no", zwp_relative_pointer_v1},
};

inline constexpr Message kZwpRelativePointerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpRelativePointerV1Events[] = {
    {"relative_motion", "uuffff"},
};

// --- pointer-constraints-unstable-v1 ---
inline constexpr Message kZwpPointerConstraintsV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"lock_pointer", "noo?ou", zwp_locked_pointer_v1},
    {"confine_pointer", "noo?ou", zwp_confined_pointer_v1},
};

inline constexpr Message kZwpLockedPointerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_cursor_position_hint", "ff"},
    {"set_region", "?o"},
};
inline constexpr Message kZwpLockedPointerV1Events[] = {
    {"locked", ""},
    {"unlocked", ""},
};

inline constexpr Message kZwpConfinedPointerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_region", "?o"},
};
inline constexpr Message kZwpConfinedPointerV1Events[] = {
    {"confined", ""},
    {"unconfined", ""},
};

// --- pointer-gestures-unstable-v1 ---
inline constexpr Message kZwpPointerGesturesV1Requests[] = {
    {"get_swipe_gesture", "no", zwp_pointer_gesture_swipe_v1},
    {"get_pinch_gesture", "no", zwp_pointer_gesture_pinch_v1},
    {"release", "", none, 2, kDestructor},
    {"get_hold_gesture", "no", zwp_pointer_gesture_hold_v1, 3},
};

inline constexpr Message kZwpPointerGestureSwipeV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpPointerGestureSwipeV1Events[] = {
    {"begin", "uuou"},
    {"update", "uff"},
    {"end", "uui"},
};

inline constexpr Message kZwpPointerGesturePinchV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpPointerGesturePinchV1Events[] = {
    {"begin", "uuou"},
    {"update", "uffff"},
    {"end", "uui"},
};

inline constexpr Message kZwpPointerGestureHoldV1Requests[] = {
    {"destroy", "", none, 3, kDestructor},
};
inline constexpr Message kZwpPointerGestureHoldV1Events[] = {
    {"begin", "uuou", none, 3},
    {"end", "uui", none, 3},
};

// --- pointer-warp-v1 ---
inline constexpr Message kWpPointerWarpV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"warp_pointer", "ooffu"},
};

// --- cursor-shape-v1 ---
inline constexpr Message kWpCursorShapeManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_pointer", "no", wp_cursor_shape_device_v1},
    {"get_tablet_tool_v2", "no", wp_cursor_shape_device_v1},
};

inline constexpr Message kWpCursorShapeDeviceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_shape", "uu"},
};

// --- input-timestamps-unstable-v1 ---
inline constexpr Message kZwpInputTimestampsManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_keyboard_timestamps", "no", zwp_input_timestamps_v1},
    {"get_pointer_timestamps", "no", zwp_input_timestamps_v1},
    {"get_touch_timestamps", "no", zwp_input_timestamps_v1},
};

inline constexpr Message kZwpInputTimestampsV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpInputTimestampsV1Events[] = {
    {"timestamp", "uuu"},
};

// --- keyboard-shortcuts-inhibit-unstable-v1 ---
inline constexpr Message kZwpKeyboardShortcutsInhibitManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"inhibit_shortcuts", "noo", zwp_keyboard_shortcuts_inhibitor_v1},
};

inline constexpr Message kZwpKeyboardShortcutsInhibitorV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpKeyboardShortcutsInhibitorV1Events[] = {
    {"active", ""},
    {"inactive", ""},
};

// --- xwayland-keyboard-grab-unstable-v1 ---
inline constexpr Message kZwpXwaylandKeyboardGrabManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"grab_keyboard", "noo", zwp_xwayland_keyboard_grab_v1},
};

inline constexpr Message kZwpXwaylandKeyboardGrabV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};

// --- virtual-keyboard-unstable-v1 ---
inline constexpr Message kZwpVirtualKeyboardV1Requests[] = {
    {"keymap", "uhu"},
    {"key", "uuu"},
    {"modifiers", "uuuu"},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwpVirtualKeyboardManagerV1Requests[] = {
    {"create_virtual_keyboard", "on", zwp_virtual_keyboard_v1},
};

// --- wlr-virtual-pointer-unstable-v1 ---
inline constexpr Message kZwlrVirtualPointerV1Requests[] = {
    {"motion", "uff"},
    {"motion_absolute", "uuuuu"},
    {"button", "uuu"},
    {"axis", "uuf"},
    {"frame", ""},
    {"axis_source", "u"},
    {"axis_stop", "uu"},
    {"axis_discrete", "uufi"},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrVirtualPointerManagerV1Requests[] = {
    {"create_virtual_pointer", "?on", zwlr_virtual_pointer_v1},
    {"destroy", "", none, 1, kDestructor},
    {"create_virtual_pointer_with_output", "?o?on", zwlr_virtual_pointer_v1, 2},
};

// --- wlr-input-inhibitor-unstable-v1 ---
inline constexpr Message kZwlrInputInhibitManagerV1Requests[] = {
    {"get_inhibitor", "n", zwlr_input_inhibitor_v1},
};

inline constexpr Message kZwlrInputInhibitorV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};

// --- ext-transient-seat-v1 ---
inline constexpr Message kExtTransientSeatManagerV1Requests[] = {
    {"create", "n", ext_transient_seat_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kExtTransientSeatV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtTransientSeatV1Events[] = {
    {"ready", "u"},
    {"denied", ""},
};

// clang-format on

inline constexpr Interface kInput[] = {
    {wl_seat, "wl_seat", 10, kWlSeatRequests, kWlSeatEvents},
    {wl_pointer, "wl_pointer", 10, kWlPointerRequests, kWlPointerEvents},
    {wl_keyboard, "wl_keyboard", 10, kWlKeyboardRequests, kWlKeyboardEvents},
    {wl_touch, "wl_touch", 10, kWlTouchRequests, kWlTouchEvents},
    {zwp_relative_pointer_manager_v1,
     "zwp_relative_pointer_manager_v1",
     1,
     kZwpRelativePointerManagerV1Requests,
     {}},
    {zwp_relative_pointer_v1, "zwp_relative_pointer_v1", 1, kZwpRelativePointerV1Requests,
     kZwpRelativePointerV1Events},
    {zwp_pointer_constraints_v1, "zwp_pointer_constraints_v1", 1, kZwpPointerConstraintsV1Requests, {}},
    {zwp_locked_pointer_v1, "zwp_locked_pointer_v1", 1, kZwpLockedPointerV1Requests,
     kZwpLockedPointerV1Events},
    {zwp_confined_pointer_v1, "zwp_confined_pointer_v1", 1, kZwpConfinedPointerV1Requests,
     kZwpConfinedPointerV1Events},
    {zwp_pointer_gestures_v1, "zwp_pointer_gestures_v1", 3, kZwpPointerGesturesV1Requests, {}},
    {zwp_pointer_gesture_swipe_v1, "zwp_pointer_gesture_swipe_v1", 3, kZwpPointerGestureSwipeV1Requests,
     kZwpPointerGestureSwipeV1Events},
    {zwp_pointer_gesture_pinch_v1, "zwp_pointer_gesture_pinch_v1", 3, kZwpPointerGesturePinchV1Requests,
     kZwpPointerGesturePinchV1Events},
    {zwp_pointer_gesture_hold_v1, "zwp_pointer_gesture_hold_v1", 3, kZwpPointerGestureHoldV1Requests,
     kZwpPointerGestureHoldV1Events},
    {wp_pointer_warp_v1, "wp_pointer_warp_v1", 1, kWpPointerWarpV1Requests, {}},
    {wp_cursor_shape_manager_v1, "wp_cursor_shape_manager_v1", 2, kWpCursorShapeManagerV1Requests, {}},
    {wp_cursor_shape_device_v1, "wp_cursor_shape_device_v1", 2, kWpCursorShapeDeviceV1Requests, {}},
    {zwp_input_timestamps_manager_v1,
     "zwp_input_timestamps_manager_v1",
     1,
     kZwpInputTimestampsManagerV1Requests,
     {}},
    {zwp_input_timestamps_v1, "zwp_input_timestamps_v1", 1, kZwpInputTimestampsV1Requests,
     kZwpInputTimestampsV1Events},
    {zwp_keyboard_shortcuts_inhibit_manager_v1,
     "zwp_keyboard_shortcuts_inhibit_manager_v1",
     1,
     kZwpKeyboardShortcutsInhibitManagerV1Requests,
     {}},
    {zwp_keyboard_shortcuts_inhibitor_v1, "zwp_keyboard_shortcuts_inhibitor_v1", 1,
     kZwpKeyboardShortcutsInhibitorV1Requests, kZwpKeyboardShortcutsInhibitorV1Events},
    {zwp_xwayland_keyboard_grab_manager_v1,
     "zwp_xwayland_keyboard_grab_manager_v1",
     1,
     kZwpXwaylandKeyboardGrabManagerV1Requests,
     {}},
    {zwp_xwayland_keyboard_grab_v1,
     "zwp_xwayland_keyboard_grab_v1",
     1,
     kZwpXwaylandKeyboardGrabV1Requests,
     {}},
    {zwp_virtual_keyboard_v1, "zwp_virtual_keyboard_v1", 1, kZwpVirtualKeyboardV1Requests, {}},
    {zwp_virtual_keyboard_manager_v1,
     "zwp_virtual_keyboard_manager_v1",
     1,
     kZwpVirtualKeyboardManagerV1Requests,
     {}},
    {zwlr_virtual_pointer_v1, "zwlr_virtual_pointer_v1", 2, kZwlrVirtualPointerV1Requests, {}},
    {zwlr_virtual_pointer_manager_v1,
     "zwlr_virtual_pointer_manager_v1",
     2,
     kZwlrVirtualPointerManagerV1Requests,
     {}},
    {zwlr_input_inhibit_manager_v1,
     "zwlr_input_inhibit_manager_v1",
     1,
     kZwlrInputInhibitManagerV1Requests,
     {}},
    {zwlr_input_inhibitor_v1, "zwlr_input_inhibitor_v1", 1, kZwlrInputInhibitorV1Requests, {}},
    {ext_transient_seat_manager_v1,
     "ext_transient_seat_manager_v1",
     1,
     kExtTransientSeatManagerV1Requests,
     {}},
    {ext_transient_seat_v1, "ext_transient_seat_v1", 1, kExtTransientSeatV1Requests,
     kExtTransientSeatV1Events},
};

} // namespace tv::wayland::tables
