// The shape of the interface tables: the ids, and what one message and one interface look like.
// Include "wayland/interface.h" instead of this file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tv::wayland {

// One enumerator for each interface in the tables, named as in the protocol's XML, in the order of the
// tables. The numbers are ours and mean nothing on any wire.
enum class InterfaceId : std::uint16_t {
    none = 0, // no interface, or one that the tables do not have
    // core.h
    wl_display,
    wl_registry,
    wl_callback,
    wl_compositor,
    wl_shm,
    wl_shm_pool,
    wl_buffer,
    wl_surface,
    wl_region,
    wl_subcompositor,
    wl_subsurface,
    wl_output,
    wl_shell,
    wl_shell_surface,
    wl_fixes,
    // xdg.h
    xdg_wm_base,
    xdg_positioner,
    xdg_surface,
    xdg_toplevel,
    xdg_popup,
    zxdg_shell_v6,
    zxdg_positioner_v6,
    zxdg_surface_v6,
    zxdg_toplevel_v6,
    zxdg_popup_v6,
    zxdg_decoration_manager_v1,
    zxdg_toplevel_decoration_v1,
    zxdg_output_manager_v1,
    zxdg_output_v1,
    zxdg_exporter_v1,
    zxdg_importer_v1,
    zxdg_exported_v1,
    zxdg_imported_v1,
    zxdg_exporter_v2,
    zxdg_importer_v2,
    zxdg_exported_v2,
    zxdg_imported_v2,
    xdg_activation_v1,
    xdg_activation_token_v1,
    xdg_wm_dialog_v1,
    xdg_dialog_v1,
    xdg_system_bell_v1,
    xdg_toplevel_drag_manager_v1,
    xdg_toplevel_drag_v1,
    xdg_toplevel_icon_manager_v1,
    xdg_toplevel_icon_v1,
    xdg_toplevel_tag_manager_v1,
    xdg_session_manager_v1,
    xdg_session_v1,
    xdg_toplevel_session_v1,
    // surface.h
    wp_viewporter,
    wp_viewport,
    wp_presentation,
    wp_presentation_feedback,
    wp_fractional_scale_manager_v1,
    wp_fractional_scale_v1,
    wp_single_pixel_buffer_manager_v1,
    wp_content_type_manager_v1,
    wp_content_type_v1,
    wp_tearing_control_manager_v1,
    wp_tearing_control_v1,
    wp_alpha_modifier_v1,
    wp_alpha_modifier_surface_v1,
    wp_fifo_manager_v1,
    wp_fifo_v1,
    wp_commit_timing_manager_v1,
    wp_commit_timer_v1,
    ext_background_effect_manager_v1,
    ext_background_effect_surface_v1,
    zwp_idle_inhibit_manager_v1,
    zwp_idle_inhibitor_v1,
    // input.h
    wl_seat,
    wl_pointer,
    wl_keyboard,
    wl_touch,
    zwp_relative_pointer_manager_v1,
    zwp_relative_pointer_v1,
    zwp_pointer_constraints_v1,
    zwp_locked_pointer_v1,
    zwp_confined_pointer_v1,
    zwp_pointer_gestures_v1,
    zwp_pointer_gesture_swipe_v1,
    zwp_pointer_gesture_pinch_v1,
    zwp_pointer_gesture_hold_v1,
    wp_pointer_warp_v1,
    wp_cursor_shape_manager_v1,
    wp_cursor_shape_device_v1,
    zwp_input_timestamps_manager_v1,
    zwp_input_timestamps_v1,
    zwp_keyboard_shortcuts_inhibit_manager_v1,
    zwp_keyboard_shortcuts_inhibitor_v1,
    zwp_xwayland_keyboard_grab_manager_v1,
    zwp_xwayland_keyboard_grab_v1,
    zwp_virtual_keyboard_v1,
    zwp_virtual_keyboard_manager_v1,
    zwlr_virtual_pointer_v1,
    zwlr_virtual_pointer_manager_v1,
    zwlr_input_inhibit_manager_v1,
    zwlr_input_inhibitor_v1,
    ext_transient_seat_manager_v1,
    ext_transient_seat_v1,
    // text_input.h
    zwp_text_input_v1,
    zwp_text_input_manager_v1,
    zwp_text_input_v3,
    zwp_text_input_manager_v3,
    zwp_input_method_context_v1,
    zwp_input_method_v1,
    zwp_input_panel_v1,
    zwp_input_panel_surface_v1,
    zwp_input_method_v2,
    zwp_input_popup_surface_v2,
    zwp_input_method_keyboard_grab_v2,
    zwp_input_method_manager_v2,
    // tablet.h
    zwp_tablet_manager_v2,
    zwp_tablet_seat_v2,
    zwp_tablet_tool_v2,
    zwp_tablet_v2,
    zwp_tablet_pad_ring_v2,
    zwp_tablet_pad_strip_v2,
    zwp_tablet_pad_group_v2,
    zwp_tablet_pad_v2,
    zwp_tablet_pad_dial_v2,
    // data_transfer.h
    wl_data_device_manager,
    wl_data_device,
    wl_data_source,
    wl_data_offer,
    zwp_primary_selection_device_manager_v1,
    zwp_primary_selection_device_v1,
    zwp_primary_selection_offer_v1,
    zwp_primary_selection_source_v1,
    gtk_primary_selection_device_manager,
    gtk_primary_selection_device,
    gtk_primary_selection_offer,
    gtk_primary_selection_source,
    ext_data_control_manager_v1,
    ext_data_control_device_v1,
    ext_data_control_source_v1,
    ext_data_control_offer_v1,
    zwlr_data_control_manager_v1,
    zwlr_data_control_device_v1,
    zwlr_data_control_source_v1,
    zwlr_data_control_offer_v1,
    // dmabuf.h
    zwp_linux_dmabuf_v1,
    zwp_linux_buffer_params_v1,
    zwp_linux_dmabuf_feedback_v1,
    wl_drm,
    wp_linux_drm_syncobj_manager_v1,
    wp_linux_drm_syncobj_timeline_v1,
    wp_linux_drm_syncobj_surface_v1,
    zwp_linux_explicit_synchronization_v1,
    zwp_linux_surface_synchronization_v1,
    zwp_linux_buffer_release_v1,
    zwlr_export_dmabuf_manager_v1,
    zwlr_export_dmabuf_frame_v1,
    wp_drm_lease_device_v1,
    wp_drm_lease_connector_v1,
    wp_drm_lease_request_v1,
    wp_drm_lease_v1,
    // capture.h
    zwlr_screencopy_manager_v1,
    zwlr_screencopy_frame_v1,
    ext_image_capture_source_v1,
    ext_output_image_capture_source_manager_v1,
    ext_foreign_toplevel_image_capture_source_manager_v1,
    ext_image_copy_capture_manager_v1,
    ext_image_copy_capture_session_v1,
    ext_image_copy_capture_frame_v1,
    ext_image_copy_capture_cursor_session_v1,
    ext_foreign_toplevel_list_v1,
    ext_foreign_toplevel_handle_v1,
    // color.h
    wp_color_manager_v1,
    wp_color_management_output_v1,
    wp_color_management_surface_v1,
    wp_color_management_surface_feedback_v1,
    wp_image_description_creator_icc_v1,
    wp_image_description_creator_params_v1,
    wp_image_description_v1,
    wp_image_description_info_v1,
    wp_image_description_reference_v1,
    wp_color_representation_manager_v1,
    wp_color_representation_surface_v1,
    zwlr_gamma_control_manager_v1,
    zwlr_gamma_control_v1,
    // desktop.h
    zwlr_layer_shell_v1,
    zwlr_layer_surface_v1,
    ext_session_lock_manager_v1,
    ext_session_lock_v1,
    ext_session_lock_surface_v1,
    ext_idle_notifier_v1,
    ext_idle_notification_v1,
    ext_workspace_manager_v1,
    ext_workspace_group_handle_v1,
    ext_workspace_handle_v1,
    wp_security_context_manager_v1,
    wp_security_context_v1,
    xwayland_shell_v1,
    xwayland_surface_v1,
    zwp_fullscreen_shell_v1,
    zwp_fullscreen_shell_mode_feedback_v1,
    zwlr_foreign_toplevel_manager_v1,
    zwlr_foreign_toplevel_handle_v1,
    zwlr_output_manager_v1,
    zwlr_output_head_v1,
    zwlr_output_mode_v1,
    zwlr_output_configuration_v1,
    zwlr_output_configuration_head_v1,
    zwlr_output_power_manager_v1,
    zwlr_output_power_v1,
    org_kde_kwin_server_decoration_manager,
    org_kde_kwin_server_decoration,
};

inline constexpr bool kDestructor = true; // for the last field of a Message

struct Message {
    std::string_view name;
    // One letter per argument, as libwayland writes them, without its since digits: i int, u uint, f fixed,
    // s string, o object, n new_id, a array, h descriptor; '?' before an s or o that may be null.
    // wl_registry.bind is what is on the wire: uint name, string interface, uint version, new_id.
    std::string_view signature;
    // Interface of the 'n' argument; none without one, and for wl_registry.bind.
    InterfaceId creates = InterfaceId::none;
    std::uint8_t since = 1;
    // The object is gone after this message. Events too (wl_callback.done).
    bool destructor = false;
};

struct Interface {
    InterfaceId id = InterfaceId::none;
    std::string_view name;
    // Highest version whose messages the table has.
    std::uint32_t version = 0;
    // Indexed by opcode.
    std::span<const Message> requests;
    std::span<const Message> events;
};

} // namespace tv::wayland
