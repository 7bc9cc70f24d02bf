// Windows: xdg-shell (stable and unstable v6) and the xdg_ extensions of toplevels and outputs.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- xdg-shell ---
inline constexpr Message kXdgWmBaseRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_positioner", "n", xdg_positioner},
    {"get_xdg_surface", "no", xdg_surface},
    {"pong", "u"},
};
inline constexpr Message kXdgWmBaseEvents[] = {
    {"ping", "u"},
};

inline constexpr Message kXdgPositionerRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_size", "ii"},
    {"set_anchor_rect", "iiii"},
    {"set_anchor", "u"},
    {"set_gravity", "u"},
    {"set_constraint_adjustment", "u"},
    {"set_offset", "ii"},
    {"set_reactive", "", none, 3},
    {"set_parent_size", "ii", none, 3},
    {"set_parent_configure", "u", none, 3},
};

inline constexpr Message kXdgSurfaceRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_toplevel", "n", xdg_toplevel},
    {"get_popup", "n?oo", xdg_popup},
    {"set_window_geometry", "iiii"},
    {"ack_configure", "u"},
};
inline constexpr Message kXdgSurfaceEvents[] = {
    {"configure", "u"},
};

inline constexpr Message kXdgToplevelRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_parent", "?o"},
    {"set_title", "s"},
    {"set_app_id", "s"},
    {"show_window_menu", "ouii"},
    {"move", "ou"},
    {"resize", "ouu"},
    {"set_max_size", "ii"},
    {"set_min_size", "ii"},
    {"set_maximized", ""},
    {"unset_maximized", ""},
    {"set_fullscreen", "?o"},
    {"unset_fullscreen", ""},
    {"set_minimized", ""},
};
inline constexpr Message kXdgToplevelEvents[] = {
    {"configure", "iia"},
    {"close", ""},
    {"configure_bounds", "ii", none, 4},
    {"wm_capabilities", "a", none, 5},
};

inline constexpr Message kXdgPopupRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"grab", "ou"},
    {"reposition", "ou", none, 3},
};
inline constexpr Message kXdgPopupEvents[] = {
    {"configure", "iiii"},
    {"popup_done", ""},
    {"repositioned", "u", none, 3},
};

// --- xdg-shell-unstable-v6 ---
inline constexpr Message kZxdgShellV6Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_positioner", "n", zxdg_positioner_v6},
    {"get_xdg_surface", "no", zxdg_surface_v6},
    {"pong", "u"},
};
inline constexpr Message kZxdgShellV6Events[] = {
    {"ping", "u"},
};

inline constexpr Message kZxdgPositionerV6Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_size", "ii"},
    {"set_anchor_rect", "iiii"},
    {"set_anchor", "u"},
    {"set_gravity", "u"},
    {"set_constraint_adjustment", "u"},
    {"set_offset", "ii"},
};

inline constexpr Message kZxdgSurfaceV6Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_toplevel", "n", zxdg_toplevel_v6},
    {"get_popup", "noo", zxdg_popup_v6},
    {"set_window_geometry", "iiii"},
    {"ack_configure", "u"},
};
inline constexpr Message kZxdgSurfaceV6Events[] = {
    {"configure", "u"},
};

inline constexpr Message kZxdgToplevelV6Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_parent", "?o"},
    {"set_title", "s"},
    {"set_app_id", "s"},
    {"show_window_menu", "ouii"},
    {"move", "ou"},
    {"resize", "ouu"},
    {"set_max_size", "ii"},
    {"set_min_size", "ii"},
    {"set_maximized", ""},
    {"unset_maximized", ""},
    {"set_fullscreen", "?o"},
    {"unset_fullscreen", ""},
    {"set_minimized", ""},
};
inline constexpr Message kZxdgToplevelV6Events[] = {
    {"configure", "iia"},
    {"close", ""},
};

inline constexpr Message kZxdgPopupV6Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"grab", "ou"},
};
inline constexpr Message kZxdgPopupV6Events[] = {
    {"configure", "iiii"},
    {"popup_done", ""},
};

// --- xdg-decoration-unstable-v1 ---
inline constexpr Message kZxdgDecorationManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_toplevel_decoration", "no", zxdg_toplevel_decoration_v1},
};

inline constexpr Message kZxdgToplevelDecorationV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_mode", "u"},
    {"unset_mode", ""},
};
inline constexpr Message kZxdgToplevelDecorationV1Events[] = {
    {"configure", "u"},
};

// --- xdg-output-unstable-v1 ---
inline constexpr Message kZxdgOutputManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_xdg_output", "no", zxdg_output_v1},
};

inline constexpr Message kZxdgOutputV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZxdgOutputV1Events[] = {
    {"logical_position", "ii"},
    {"logical_size", "ii"},
    {"done", ""},
    {"name", "s", none, 2},
    {"description", "s", none, 2},
};

// --- xdg-foreign-unstable-v1 ---
inline constexpr Message kZxdgExporterV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"export", "no", zxdg_exported_v1},
};

inline constexpr Message kZxdgImporterV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"import", "ns", zxdg_imported_v1},
};

inline constexpr Message kZxdgExportedV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZxdgExportedV1Events[] = {
    {"handle", "s"},
};

inline constexpr Message kZxdgImportedV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_parent_of", "o"},
};
inline constexpr Message kZxdgImportedV1Events[] = {
    {"destroyed", ""},
};

// --- xdg-foreign-unstable-v2 ---
inline constexpr Message kZxdgExporterV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"export_toplevel", "no", zxdg_exported_v2},
};

inline constexpr Message kZxdgImporterV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"import_toplevel", "ns", zxdg_imported_v2},
};

inline constexpr Message kZxdgExportedV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZxdgExportedV2Events[] = {
    {"handle", "s"},
};

inline constexpr Message kZxdgImportedV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_parent_of", "o"},
};
inline constexpr Message kZxdgImportedV2Events[] = {
    {"destroyed", ""},
};

// --- xdg-activation-v1 ---
inline constexpr Message kXdgActivationV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_activation_token", "n", xdg_activation_token_v1},
    {"activate", "so"},
};

inline constexpr Message kXdgActivationTokenV1Requests[] = {
    {"set_serial", "uo"},
    {"set_app_id", "s"},
    {"set_surface", "o"},
    {"commit", ""},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kXdgActivationTokenV1Events[] = {
    {"done", "s"},
};

// --- xdg-dialog-v1 ---
inline constexpr Message kXdgWmDialogV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_xdg_dialog", "no", xdg_dialog_v1},
};

inline constexpr Message kXdgDialogV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_modal", ""},
    {"unset_modal", ""},
};

// --- xdg-system-bell-v1 ---
inline constexpr Message kXdgSystemBellV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"ring", "?o"},
};

// --- xdg-toplevel-drag-v1 ---
inline constexpr Message kXdgToplevelDragManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_xdg_toplevel_drag", "no", xdg_toplevel_drag_v1},
};

inline constexpr Message kXdgToplevelDragV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"attach", "oii"},
};

// --- xdg-toplevel-icon-v1 ---
inline constexpr Message kXdgToplevelIconManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_icon", "n", xdg_toplevel_icon_v1},
    {"set_icon", "o?o"},
};
inline constexpr Message kXdgToplevelIconManagerV1Events[] = {
    {"icon_size", "i"},
    {"done", ""},
};

inline constexpr Message kXdgToplevelIconV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_name", "s"},
    {"add_buffer", "oi"},
};

// --- xdg-toplevel-tag-v1 ---
inline constexpr Message kXdgToplevelTagManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_toplevel_tag", "os"},
    {"set_toplevel_description", "os"},
};

// --- xdg-session-management-v1 ---
inline constexpr Message kXdgSessionManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_session", "nu?s", xdg_session_v1},
};

inline constexpr Message kXdgSessionV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"remove", "", none, 1, kDestructor},
    {"add_toplevel", "nos", xdg_toplevel_session_v1},
    {"restore_toplevel", "nos", xdg_toplevel_session_v1},
    {"remove_toplevel", "s"},
};
inline constexpr Message kXdgSessionV1Events[] = {
    {"created", "s"},
    {"restored", ""},
    {"replaced", ""},
};

inline constexpr Message kXdgToplevelSessionV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"rename", "s"},
};
inline constexpr Message kXdgToplevelSessionV1Events[] = {
    {"restored", ""},
};

// clang-format on

inline constexpr Interface kXdg[] = {
    {xdg_wm_base, "xdg_wm_base", 7, kXdgWmBaseRequests, kXdgWmBaseEvents},
    {xdg_positioner, "xdg_positioner", 7, kXdgPositionerRequests, {}},
    {xdg_surface, "xdg_surface", 7, kXdgSurfaceRequests, kXdgSurfaceEvents},
    {xdg_toplevel, "xdg_toplevel", 7, kXdgToplevelRequests, kXdgToplevelEvents},
    {xdg_popup, "xdg_popup", 7, kXdgPopupRequests, kXdgPopupEvents},
    {zxdg_shell_v6, "zxdg_shell_v6", 1, kZxdgShellV6Requests, kZxdgShellV6Events},
    {zxdg_positioner_v6, "zxdg_positioner_v6", 1, kZxdgPositionerV6Requests, {}},
    {zxdg_surface_v6, "zxdg_surface_v6", 1, kZxdgSurfaceV6Requests, kZxdgSurfaceV6Events},
    {zxdg_toplevel_v6, "zxdg_toplevel_v6", 1, kZxdgToplevelV6Requests, kZxdgToplevelV6Events},
    {zxdg_popup_v6, "zxdg_popup_v6", 1, kZxdgPopupV6Requests, kZxdgPopupV6Events},
    {zxdg_decoration_manager_v1, "zxdg_decoration_manager_v1", 2, kZxdgDecorationManagerV1Requests, {}},
    {zxdg_toplevel_decoration_v1, "zxdg_toplevel_decoration_v1", 2, kZxdgToplevelDecorationV1Requests,
     kZxdgToplevelDecorationV1Events},
    {zxdg_output_manager_v1, "zxdg_output_manager_v1", 3, kZxdgOutputManagerV1Requests, {}},
    {zxdg_output_v1, "zxdg_output_v1", 3, kZxdgOutputV1Requests, kZxdgOutputV1Events},
    {zxdg_exporter_v1, "zxdg_exporter_v1", 1, kZxdgExporterV1Requests, {}},
    {zxdg_importer_v1, "zxdg_importer_v1", 1, kZxdgImporterV1Requests, {}},
    {zxdg_exported_v1, "zxdg_exported_v1", 1, kZxdgExportedV1Requests, kZxdgExportedV1Events},
    {zxdg_imported_v1, "zxdg_imported_v1", 1, kZxdgImportedV1Requests, kZxdgImportedV1Events},
    {zxdg_exporter_v2, "zxdg_exporter_v2", 1, kZxdgExporterV2Requests, {}},
    {zxdg_importer_v2, "zxdg_importer_v2", 1, kZxdgImporterV2Requests, {}},
    {zxdg_exported_v2, "zxdg_exported_v2", 1, kZxdgExportedV2Requests, kZxdgExportedV2Events},
    {zxdg_imported_v2, "zxdg_imported_v2", 1, kZxdgImportedV2Requests, kZxdgImportedV2Events},
    {xdg_activation_v1, "xdg_activation_v1", 1, kXdgActivationV1Requests, {}},
    {xdg_activation_token_v1, "xdg_activation_token_v1", 1, kXdgActivationTokenV1Requests,
     kXdgActivationTokenV1Events},
    {xdg_wm_dialog_v1, "xdg_wm_dialog_v1", 1, kXdgWmDialogV1Requests, {}},
    {xdg_dialog_v1, "xdg_dialog_v1", 1, kXdgDialogV1Requests, {}},
    {xdg_system_bell_v1, "xdg_system_bell_v1", 1, kXdgSystemBellV1Requests, {}},
    {xdg_toplevel_drag_manager_v1, "xdg_toplevel_drag_manager_v1", 1, kXdgToplevelDragManagerV1Requests, {}},
    {xdg_toplevel_drag_v1, "xdg_toplevel_drag_v1", 1, kXdgToplevelDragV1Requests, {}},
    {xdg_toplevel_icon_manager_v1, "xdg_toplevel_icon_manager_v1", 1, kXdgToplevelIconManagerV1Requests,
     kXdgToplevelIconManagerV1Events},
    {xdg_toplevel_icon_v1, "xdg_toplevel_icon_v1", 1, kXdgToplevelIconV1Requests, {}},
    {xdg_toplevel_tag_manager_v1, "xdg_toplevel_tag_manager_v1", 1, kXdgToplevelTagManagerV1Requests, {}},
    {xdg_session_manager_v1, "xdg_session_manager_v1", 1, kXdgSessionManagerV1Requests, {}},
    {xdg_session_v1, "xdg_session_v1", 1, kXdgSessionV1Requests, kXdgSessionV1Events},
    {xdg_toplevel_session_v1, "xdg_toplevel_session_v1", 1, kXdgToplevelSessionV1Requests,
     kXdgToplevelSessionV1Events},
};

} // namespace tv::wayland::tables
