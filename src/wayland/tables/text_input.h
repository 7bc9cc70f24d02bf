// Text input and input methods.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- text-input-unstable-v1 ---
inline constexpr Message kZwpTextInputV1Requests[] = {
    {"activate", "oo"},
    {"deactivate", "o"},
    {"show_input_panel", ""},
    {"hide_input_panel", ""},
    {"reset", ""},
    {"set_surrounding_text", "suu"},
    {"set_content_type", "uu"},
    {"set_cursor_rectangle", "iiii"},
    {"set_preferred_language", "s"},
    {"commit_state", "u"},
    {"invoke_action", "uu"},
};
inline constexpr Message kZwpTextInputV1Events[] = {
    {"enter", "o"},
    {"leave", ""},
    {"modifiers_map", "a"},
    {"input_panel_state", "u"},
    {"preedit_string", "uss"},
    {"preedit_styling", "uuu"},
    {"preedit_cursor", "i"},
    {"commit_string", "us"},
    {"cursor_position", "ii"},
    {"delete_surrounding_text", "iu"},
    {"keysym", "uuuuu"},
    {"language", "us"},
    {"text_direction", "uu"},
};

inline constexpr Message kZwpTextInputManagerV1Requests[] = {
    {"create_text_input", "n", zwp_text_input_v1},
};

// --- text-input-unstable-v3 ---
inline constexpr Message kZwpTextInputV3Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"enable", ""},
    {"disable", ""},
    {"set_surrounding_text", "sii"},
    {"set_text_change_cause", "u"},
    {"set_content_type", "uu"},
    {"set_cursor_rectangle", "iiii"},
    {"commit", ""},
    {"set_available_actions", "a", none, 2},
    {"show_input_panel", "", none, 2},
    {"hide_input_panel", "", none, 2},
};
inline constexpr Message kZwpTextInputV3Events[] = {
    {"enter", "o"},
    {"leave", "o"},
    {"preedit_string", "?sii"},
    {"commit_string", "?s"},
    {"delete_surrounding_text", "uu"},
    {"done", "u"},
    {"action", "uu", none, 2},
    {"language", "s", none, 2},
    {"preedit_hint", "uuu", none, 2},
};

inline constexpr Message kZwpTextInputManagerV3Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_text_input", "no", zwp_text_input_v3},
};

// --- input-method-unstable-v1 ---
inline constexpr Message kZwpInputMethodContextV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"commit_string", "us"},
    {"preedit_string", "uss"},
    {"preedit_styling", "uuu"},
    {"preedit_cursor", "i"},
    {"delete_surrounding_text", "iu"},
    {"cursor_position", "ii"},
    {"modifiers_map", "a"},
    {"keysym", "uuuuu"},
    {"grab_keyboard", "n", wl_keyboard},
    {"key", "uuuu"},
    {"modifiers", "uuuuu"},
    {"language", "us"},
    {"text_direction", "uu"},
};
inline constexpr Message kZwpInputMethodContextV1Events[] = {
    {"surrounding_text", "suu"},
    {"reset", ""},
    {"content_type", "uu"},
    {"invoke_action", "uu"},
    {"commit_state", "u"},
    {"preferred_language", "s"},
};

inline constexpr Message kZwpInputMethodV1Events[] = {
    {"activate", "n", zwp_input_method_context_v1},
    {"deactivate", "o"},
};

inline constexpr Message kZwpInputPanelV1Requests[] = {
    {"get_input_panel_surface", "no", zwp_input_panel_surface_v1},
};

inline constexpr Message kZwpInputPanelSurfaceV1Requests[] = {
    {"set_toplevel", "ou"},
    {"set_overlay_panel", ""},
};

// --- input-method-unstable-v2 ---
inline constexpr Message kZwpInputMethodV2Requests[] = {
    {"commit_string", "s"},
    {"set_preedit_string", "sii"},
    {"delete_surrounding_text", "uu"},
    {"commit", "u"},
    {"get_input_popup_surface", "no", zwp_input_popup_surface_v2},
    {"grab_keyboard", "n", zwp_input_method_keyboard_grab_v2},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpInputMethodV2Events[] = {
    {"activate", ""},
    {"deactivate", ""},
    {"surrounding_text", "suu"},
    {"text_change_cause", "u"},
    {"content_type", "uu"},
    {"done", ""},
    {"unavailable", ""},
};

inline constexpr Message kZwpInputPopupSurfaceV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpInputPopupSurfaceV2Events[] = {
    {"text_input_rectangle", "iiii"},
};

inline constexpr Message kZwpInputMethodKeyboardGrabV2Requests[] = {
    {"release", "", none, 1, kDestructor},
};
inline constexpr Message kZwpInputMethodKeyboardGrabV2Events[] = {
    {"keymap", "uhu"},
    {"key", "uuuu"},
    {"modifiers", "uuuuu"},
    {"repeat_info", "ii"},
};

inline constexpr Message kZwpInputMethodManagerV2Requests[] = {
    {"get_input_method", "on", zwp_input_method_v2},
    {"destroy", "", none, 1, kDestructor},
};

// clang-format on

inline constexpr Interface kTextInput[] = {
    {zwp_text_input_v1, "zwp_text_input_v1", 1, kZwpTextInputV1Requests, kZwpTextInputV1Events},
    {zwp_text_input_manager_v1, "zwp_text_input_manager_v1", 1, kZwpTextInputManagerV1Requests, {}},
    {zwp_text_input_v3, "zwp_text_input_v3", 2, kZwpTextInputV3Requests, kZwpTextInputV3Events},
    {zwp_text_input_manager_v3, "zwp_text_input_manager_v3", 2, kZwpTextInputManagerV3Requests, {}},
    {zwp_input_method_context_v1, "zwp_input_method_context_v1", 1, kZwpInputMethodContextV1Requests,
     kZwpInputMethodContextV1Events},
    {zwp_input_method_v1, "zwp_input_method_v1", 1, {}, kZwpInputMethodV1Events},
    {zwp_input_panel_v1, "zwp_input_panel_v1", 1, kZwpInputPanelV1Requests, {}},
    {zwp_input_panel_surface_v1, "zwp_input_panel_surface_v1", 1, kZwpInputPanelSurfaceV1Requests, {}},
    {zwp_input_method_v2, "zwp_input_method_v2", 1, kZwpInputMethodV2Requests, kZwpInputMethodV2Events},
    {zwp_input_popup_surface_v2, "zwp_input_popup_surface_v2", 1, kZwpInputPopupSurfaceV2Requests,
     kZwpInputPopupSurfaceV2Events},
    {zwp_input_method_keyboard_grab_v2, "zwp_input_method_keyboard_grab_v2", 1,
     kZwpInputMethodKeyboardGrabV2Requests, kZwpInputMethodKeyboardGrabV2Events},
    {zwp_input_method_manager_v2, "zwp_input_method_manager_v2", 1, kZwpInputMethodManagerV2Requests, {}},
};

} // namespace tv::wayland::tables
