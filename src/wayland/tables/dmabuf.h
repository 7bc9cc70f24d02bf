// GPU buffers and their synchronisation, DRM leases.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- linux-dmabuf-v1 ---
inline constexpr Message kZwpLinuxDmabufV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_params", "n", zwp_linux_buffer_params_v1},
    {"get_default_feedback", "n", zwp_linux_dmabuf_feedback_v1, 4},
    {"get_surface_feedback", "no", zwp_linux_dmabuf_feedback_v1, 4},
};
inline constexpr Message kZwpLinuxDmabufV1Events[] = {
    {"format", "u"},
    {"modifier", "uuu", none, 3},
};

inline constexpr Message kZwpLinuxBufferParamsV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"add", "huuuuu"},
    {"create", "iiuu"},
    {"create_immed", "niiuu", wl_buffer, 2},
};
inline constexpr Message kZwpLinuxBufferParamsV1Events[] = {
    {"created", "n", wl_buffer},
    {"failed", ""},
};

inline constexpr Message kZwpLinuxDmabufFeedbackV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpLinuxDmabufFeedbackV1Events[] = {
    {"done", ""},
    {"format_table", "hu"},
    {"main_device", "a"},
    {"tranche_done", ""},
    {"tranche_target_device", "a"},
    {"tranche_formats", "a"},
    {"tranche_flags", "u"},
};

// --- wayland-drm ---
inline constexpr Message kWlDrmRequests[] = {
    {"authenticate", "u"},
    {"create_buffer", "nuiiuu", wl_buffer},
    {"create_planar_buffer", "nuiiuiiiiii", wl_buffer},
    {"create_prime_buffer", "nhiiuiiiiii", wl_buffer, 2},
};
inline constexpr Message kWlDrmEvents[] = {
    {"device", "s"},
    {"format", "u"},
    {"authenticated", ""},
    {"capabilities", "u"},
};

// --- linux-drm-syncobj-v1 ---
inline constexpr Message kWpLinuxDrmSyncobjManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_surface", "no", wp_linux_drm_syncobj_surface_v1},
    {"import_timeline", "nh", wp_linux_drm_syncobj_timeline_v1},
};

inline constexpr Message kWpLinuxDrmSyncobjTimelineV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kWpLinuxDrmSyncobjSurfaceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_acquire_point", "ouu"},
    {"set_release_point", "ouu"},
};

// --- linux-explicit-synchronization-unstable-v1 ---
inline constexpr Message kZwpLinuxExplicitSynchronizationV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_synchronization", "no", zwp_linux_surface_synchronization_v1},
};

inline constexpr Message kZwpLinuxSurfaceSynchronizationV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_acquire_fence", "h"},
    {"get_release", "n", zwp_linux_buffer_release_v1},
};

inline constexpr Message kZwpLinuxBufferReleaseV1Events[] = {
    {"fenced_release", "h", none, 1, kDestructor},
    {"immediate_release", "", none, 1, kDestructor},
};

// --- wlr-export-dmabuf-unstable-v1 ---
inline constexpr Message kZwlrExportDmabufManagerV1Requests[] = {
    {"capture_output", "nio", zwlr_export_dmabuf_frame_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrExportDmabufFrameV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwlrExportDmabufFrameV1Events[] = {
    {"frame", "uuuuuuuuuu"},
    {"object", "uhuuuu"},
    {"ready", "uuu"},
    {"cancel", "u"},
};

// --- drm-lease-v1 ---
inline constexpr Message kWpDrmLeaseDeviceV1Requests[] = {
    {"create_lease_request", "n", wp_drm_lease_request_v1},
    {"release", ""},
};
inline constexpr Message kWpDrmLeaseDeviceV1Events[] = {
    {"drm_fd", "h"},
    {"connector", "n", wp_drm_lease_connector_v1},
    {"done", ""},
    {"released", "", none, 1, kDestructor},
};

inline constexpr Message kWpDrmLeaseConnectorV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kWpDrmLeaseConnectorV1Events[] = {
    {"name", "s"},
    {"description", "s"},
    {"connector_id", "u"},
    {"done", ""},
    {"withdrawn", ""},
};

inline constexpr Message kWpDrmLeaseRequestV1Requests[] = {
    {"request_connector", "o"},
    {"submit", "n", wp_drm_lease_v1, 1, kDestructor},
};

inline constexpr Message kWpDrmLeaseV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kWpDrmLeaseV1Events[] = {
    {"lease_fd", "h"},
    {"finished", ""},
};

// clang-format on

inline constexpr Interface kDmabuf[] = {
    {zwp_linux_dmabuf_v1, "zwp_linux_dmabuf_v1", 5, kZwpLinuxDmabufV1Requests, kZwpLinuxDmabufV1Events},
    {zwp_linux_buffer_params_v1, "zwp_linux_buffer_params_v1", 5, kZwpLinuxBufferParamsV1Requests,
     kZwpLinuxBufferParamsV1Events},
    {zwp_linux_dmabuf_feedback_v1, "zwp_linux_dmabuf_feedback_v1", 5, kZwpLinuxDmabufFeedbackV1Requests,
     kZwpLinuxDmabufFeedbackV1Events},
    {wl_drm, "wl_drm", 2, kWlDrmRequests, kWlDrmEvents},
    {wp_linux_drm_syncobj_manager_v1,
     "wp_linux_drm_syncobj_manager_v1",
     1,
     kWpLinuxDrmSyncobjManagerV1Requests,
     {}},
    {wp_linux_drm_syncobj_timeline_v1,
     "wp_linux_drm_syncobj_timeline_v1",
     1,
     kWpLinuxDrmSyncobjTimelineV1Requests,
     {}},
    {wp_linux_drm_syncobj_surface_v1,
     "wp_linux_drm_syncobj_surface_v1",
     1,
     kWpLinuxDrmSyncobjSurfaceV1Requests,
     {}},
    {zwp_linux_explicit_synchronization_v1,
     "zwp_linux_explicit_synchronization_v1",
     2,
     kZwpLinuxExplicitSynchronizationV1Requests,
     {}},
    {zwp_linux_surface_synchronization_v1,
     "zwp_linux_surface_synchronization_v1",
     2,
     kZwpLinuxSurfaceSynchronizationV1Requests,
     {}},
    {zwp_linux_buffer_release_v1, "zwp_linux_buffer_release_v1", 1, {}, kZwpLinuxBufferReleaseV1Events},
    {zwlr_export_dmabuf_manager_v1,
     "zwlr_export_dmabuf_manager_v1",
     1,
     kZwlrExportDmabufManagerV1Requests,
     {}},
    {zwlr_export_dmabuf_frame_v1, "zwlr_export_dmabuf_frame_v1", 1, kZwlrExportDmabufFrameV1Requests,
     kZwlrExportDmabufFrameV1Events},
    {wp_drm_lease_device_v1, "wp_drm_lease_device_v1", 1, kWpDrmLeaseDeviceV1Requests,
     kWpDrmLeaseDeviceV1Events},
    {wp_drm_lease_connector_v1, "wp_drm_lease_connector_v1", 1, kWpDrmLeaseConnectorV1Requests,
     kWpDrmLeaseConnectorV1Events},
    {wp_drm_lease_request_v1, "wp_drm_lease_request_v1", 1, kWpDrmLeaseRequestV1Requests, {}},
    {wp_drm_lease_v1, "wp_drm_lease_v1", 1, kWpDrmLeaseV1Requests, kWpDrmLeaseV1Events},
};

} // namespace tv::wayland::tables
