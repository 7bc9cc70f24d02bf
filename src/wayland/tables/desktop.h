// Shell components and desktop tools: layers, locks, idle, workspaces, output set-up, security contexts.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- wlr-layer-shell-unstable-v1 ---
inline constexpr Message kZwlrLayerShellV1Requests[] = {
    {"get_layer_surface", "no?ous", zwlr_layer_surface_v1},
    {"destroy", "", none, 3, kDestructor},
};

inline constexpr Message kZwlrLayerSurfaceV1Requests[] = {
    {"set_size", "uu"},
    {"set_anchor", "u"},
    {"set_exclusive_zone", "i"},
    {"set_margin", "iiii"},
    {"set_keyboard_interactivity", "u"},
    {"get_popup", "o"},
    {"ack_configure", "u"},
    {"destroy", "", none, 1, kDestructor},
    {"set_layer", "u", none, 2},
    {"set_exclusive_edge", "u", none, 5},
};
inline constexpr Message kZwlrLayerSurfaceV1Events[] = {
    {"configure", "uuu"},
    {"closed", ""},
};

// --- ext-session-lock-v1 ---
inline constexpr Message kExtSessionLockManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"lock", "n", ext_session_lock_v1},
};

inline constexpr Message kExtSessionLockV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_lock_surface", "noo", ext_session_lock_surface_v1},
    {"unlock_and_destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtSessionLockV1Events[] = {
    {"locked", ""},
    {"finished", ""},
};

inline constexpr Message kExtSessionLockSurfaceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"ack_configure", "u"},
};
inline constexpr Message kExtSessionLockSurfaceV1Events[] = {
    {"configure", "uuu"},
};

// --- ext-idle-notify-v1 ---
inline constexpr Message kExtIdleNotifierV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_idle_notification", "nuo", ext_idle_notification_v1},
    {"get_input_idle_notification", "nuo", ext_idle_notification_v1, 2},
};

inline constexpr Message kExtIdleNotificationV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtIdleNotificationV1Events[] = {
    {"idled", ""},
    {"resumed", ""},
};

// --- ext-workspace-v1 ---
inline constexpr Message kExtWorkspaceManagerV1Requests[] = {
    {"commit", ""},
    {"stop", ""},
};
inline constexpr Message kExtWorkspaceManagerV1Events[] = {
    {"workspace_group", "n", ext_workspace_group_handle_v1},
    {"workspace", "n", ext_workspace_handle_v1},
    {"done", ""},
    {"finished", "", none, 1, kDestructor},
};

inline constexpr Message kExtWorkspaceGroupHandleV1Requests[] = {
    {"create_workspace", "s"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtWorkspaceGroupHandleV1Events[] = {
    {"capabilities", "u"},
    {"output_enter", "o"},
    {"output_leave", "o"},
    {"workspace_enter", "o"},
    {"workspace_leave", "o"},
    {"removed", ""},
};

inline constexpr Message kExtWorkspaceHandleV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"activate", ""},
    {"deactivate", ""},
    {"assign", "o"},
    {"remove", ""},
};
inline constexpr Message kExtWorkspaceHandleV1Events[] = {
    {"id", "s"},
    {"name", "s"},
    {"coordinates", "a"},
    {"state", "u"},
    {"capabilities", "u"},
    {"removed", ""},
};

// --- security-context-v1 ---
inline constexpr Message kWpSecurityContextManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_listener", "nhh", wp_security_context_v1},
};

inline constexpr Message kWpSecurityContextV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_sandbox_engine", "s"},
    {"set_app_id", "s"},
    {"set_instance_id", "s"},
    {"commit", ""},
};

// --- xwayland-shell-v1 ---
inline constexpr Message kXwaylandShellV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_xwayland_surface", "no", xwayland_surface_v1},
};

inline constexpr Message kXwaylandSurfaceV1Requests[] = {
    {"set_serial", "uu"},
    {"destroy", "", none, 1, kDestructor},
};

// --- fullscreen-shell-unstable-v1 ---
inline constexpr Message kZwpFullscreenShellV1Requests[] = {
    {"release", "", none, 1, kDestructor},
    {"present_surface", "?ou?o"},
    {"present_surface_for_mode", "ooin", zwp_fullscreen_shell_mode_feedback_v1},
};
inline constexpr Message kZwpFullscreenShellV1Events[] = {
    {"capability", "u"},
};

inline constexpr Message kZwpFullscreenShellModeFeedbackV1Events[] = {
    {"mode_successful", "", none, 1, kDestructor},
    {"mode_failed", "", none, 1, kDestructor},
    {"present_cancelled", "", none, 1, kDestructor},
};

// --- wlr-foreign-toplevel-management-unstable-v1 ---
inline constexpr Message kZwlrForeignToplevelManagerV1Requests[] = {
    {"stop", ""},
};
inline constexpr Message kZwlrForeignToplevelManagerV1Events[] = {
    {"toplevel", "n", zwlr_foreign_toplevel_handle_v1},
    {"finished", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrForeignToplevelHandleV1Requests[] = {
    {"set_maximized", ""},
    {"unset_maximized", ""},
    {"set_minimized", ""},
    {"unset_minimized", ""},
    {"activate", "o"},
    {"close", ""},
    {"set_rectangle", "oiiii"},
    {"destroy", "", none, 1, kDestructor},
    {"set_fullscreen", "?o", none, 2},
    {"unset_fullscreen", "", none, 2},
};
inline constexpr Message kZwlrForeignToplevelHandleV1Events[] = {
    {"title", "s"},
    {"app_id", "s"},
    {"output_enter", "o"},
    {"output_leave", "o"},
    {"state", "a"},
    {"done", ""},
    {"closed", ""},
    {"parent", "?o", none, 3},
};

// --- wlr-output-management-unstable-v1 ---
inline constexpr Message kZwlrOutputManagerV1Requests[] = {
    {"create_configuration", "nu", zwlr_output_configuration_v1},
    {"stop", ""},
};
inline constexpr Message kZwlrOutputManagerV1Events[] = {
    {"head", "n", zwlr_output_head_v1},
    {"done", "u"},
    {"finished", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrOutputHeadV1Requests[] = {
    {"release", "", none, 3, kDestructor},
};
inline constexpr Message kZwlrOutputHeadV1Events[] = {
    {"name", "s"},
    {"description", "s"},
    {"physical_size", "ii"},
    {"mode", "n", zwlr_output_mode_v1},
    {"enabled", "i"},
    {"current_mode", "o"},
    {"position", "ii"},
    {"transform", "i"},
    {"scale", "f"},
    {"finished", ""},
    {"make", "s", none, 2},
    {"model", "s", none, 2},
    {"serial_number", "s", none, 2},
    {"adaptive_sync", "u", none, 4},
};

inline constexpr Message kZwlrOutputModeV1Requests[] = {
    {"release", "", none, 3, kDestructor},
};
inline constexpr Message kZwlrOutputModeV1Events[] = {
    {"size", "ii"},
    {"refresh", "i"},
    {"preferred", ""},
    {"finished", ""},
};

inline constexpr Message kZwlrOutputConfigurationV1Requests[] = {
    {"enable_head", "no", zwlr_output_configuration_head_v1},
    {"disable_head", "o"},
    {"apply", ""},
    {"test", ""},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwlrOutputConfigurationV1Events[] = {
    {"succeeded", ""},
    {"failed", ""},
    {"cancelled", ""},
};

inline constexpr Message kZwlrOutputConfigurationHeadV1Requests[] = {
    {"set_mode", "o"},
    {"set_custom_mode", "iii"},
    {"set_position", "ii"},
    {"set_transform", "i"},
    {"set_scale", "f"},
    {"set_adaptive_sync", "u", none, 4},
};

// --- wlr-output-power-management-unstable-v1 ---
inline constexpr Message kZwlrOutputPowerManagerV1Requests[] = {
    {"get_output_power", "no", zwlr_output_power_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrOutputPowerV1Requests[] = {
    {"set_mode", "u"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwlrOutputPowerV1Events[] = {
    {"mode", "u"},
    {"failed", ""},
};

// --- server-decoration ---
inline constexpr Message kOrgKdeKwinServerDecorationManagerRequests[] = {
    {"create", "no", org_kde_kwin_server_decoration},
};
inline constexpr Message kOrgKdeKwinServerDecorationManagerEvents[] = {
    {"default_mode", "u"},
};

inline constexpr Message kOrgKdeKwinServerDecorationRequests[] = {
    {"release", "", none, 1, kDestructor},
    {"request_mode", "u"},
};
inline constexpr Message kOrgKdeKwinServerDecorationEvents[] = {
    {"mode", "u"},
};

// clang-format on

inline constexpr Interface kDesktop[] = {
    {zwlr_layer_shell_v1, "zwlr_layer_shell_v1", 5, kZwlrLayerShellV1Requests, {}},
    {zwlr_layer_surface_v1, "zwlr_layer_surface_v1", 5, kZwlrLayerSurfaceV1Requests,
     kZwlrLayerSurfaceV1Events},
    {ext_session_lock_manager_v1, "ext_session_lock_manager_v1", 1, kExtSessionLockManagerV1Requests, {}},
    {ext_session_lock_v1, "ext_session_lock_v1", 1, kExtSessionLockV1Requests, kExtSessionLockV1Events},
    {ext_session_lock_surface_v1, "ext_session_lock_surface_v1", 1, kExtSessionLockSurfaceV1Requests,
     kExtSessionLockSurfaceV1Events},
    {ext_idle_notifier_v1, "ext_idle_notifier_v1", 2, kExtIdleNotifierV1Requests, {}},
    {ext_idle_notification_v1, "ext_idle_notification_v1", 2, kExtIdleNotificationV1Requests,
     kExtIdleNotificationV1Events},
    {ext_workspace_manager_v1, "ext_workspace_manager_v1", 1, kExtWorkspaceManagerV1Requests,
     kExtWorkspaceManagerV1Events},
    {ext_workspace_group_handle_v1, "ext_workspace_group_handle_v1", 1, kExtWorkspaceGroupHandleV1Requests,
     kExtWorkspaceGroupHandleV1Events},
    {ext_workspace_handle_v1, "ext_workspace_handle_v1", 1, kExtWorkspaceHandleV1Requests,
     kExtWorkspaceHandleV1Events},
    {wp_security_context_manager_v1,
     "wp_security_context_manager_v1",
     1,
     kWpSecurityContextManagerV1Requests,
     {}},
    {wp_security_context_v1, "wp_security_context_v1", 1, kWpSecurityContextV1Requests, {}},
    {xwayland_shell_v1, "xwayland_shell_v1", 1, kXwaylandShellV1Requests, {}},
    {xwayland_surface_v1, "xwayland_surface_v1", 1, kXwaylandSurfaceV1Requests, {}},
    {zwp_fullscreen_shell_v1, "zwp_fullscreen_shell_v1", 1, kZwpFullscreenShellV1Requests,
     kZwpFullscreenShellV1Events},
    {zwp_fullscreen_shell_mode_feedback_v1,
     "zwp_fullscreen_shell_mode_feedback_v1",
     1,
     {},
     kZwpFullscreenShellModeFeedbackV1Events},
    {zwlr_foreign_toplevel_manager_v1, "zwlr_foreign_toplevel_manager_v1", 3,
     kZwlrForeignToplevelManagerV1Requests, kZwlrForeignToplevelManagerV1Events},
    {zwlr_foreign_toplevel_handle_v1, "zwlr_foreign_toplevel_handle_v1", 3,
     kZwlrForeignToplevelHandleV1Requests, kZwlrForeignToplevelHandleV1Events},
    {zwlr_output_manager_v1, "zwlr_output_manager_v1", 4, kZwlrOutputManagerV1Requests,
     kZwlrOutputManagerV1Events},
    {zwlr_output_head_v1, "zwlr_output_head_v1", 4, kZwlrOutputHeadV1Requests, kZwlrOutputHeadV1Events},
    {zwlr_output_mode_v1, "zwlr_output_mode_v1", 3, kZwlrOutputModeV1Requests, kZwlrOutputModeV1Events},
    {zwlr_output_configuration_v1, "zwlr_output_configuration_v1", 4, kZwlrOutputConfigurationV1Requests,
     kZwlrOutputConfigurationV1Events},
    {zwlr_output_configuration_head_v1,
     "zwlr_output_configuration_head_v1",
     4,
     kZwlrOutputConfigurationHeadV1Requests,
     {}},
    {zwlr_output_power_manager_v1, "zwlr_output_power_manager_v1", 1, kZwlrOutputPowerManagerV1Requests, {}},
    {zwlr_output_power_v1, "zwlr_output_power_v1", 1, kZwlrOutputPowerV1Requests, kZwlrOutputPowerV1Events},
    {org_kde_kwin_server_decoration_manager, "org_kde_kwin_server_decoration_manager", 1,
     kOrgKdeKwinServerDecorationManagerRequests, kOrgKdeKwinServerDecorationManagerEvents},
    {org_kde_kwin_server_decoration, "org_kde_kwin_server_decoration", 1, kOrgKdeKwinServerDecorationRequests,
     kOrgKdeKwinServerDecorationEvents},
};

} // namespace tv::wayland::tables
