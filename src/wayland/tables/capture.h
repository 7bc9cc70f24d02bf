// Screen and window capture.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- wlr-screencopy-unstable-v1 ---
inline constexpr Message kZwlrScreencopyManagerV1Requests[] = {
    {"capture_output", "nio", zwlr_screencopy_frame_v1},
    {"capture_output_region", "nioiiii", zwlr_screencopy_frame_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrScreencopyFrameV1Requests[] = {
    {"copy", "o"},
    {"destroy", "", none, 1, kDestructor},
    {"copy_with_damage", "o", none, 2},
};
inline constexpr Message kZwlrScreencopyFrameV1Events[] = {
    {"buffer", "uuuu"},
    {"flags", "u"},
    {"ready", "uuu"},
    {"failed", ""},
    {"damage", "uuuu", none, 2},
    {"linux_dmabuf", "uuu", none, 3},
    {"buffer_done", "", none, 3},
};

// --- ext-image-capture-source-v1 ---
inline constexpr Message kExtImageCaptureSourceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kExtOutputImageCaptureSourceManagerV1Requests[] = {
    {"create_source", "no", ext_image_capture_source_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kExtForeignToplevelImageCaptureSourceManagerV1Requests[] = {
    {"create_source", "no", ext_image_capture_source_v1},
    {"destroy", "", none, 1, kDestructor},
};

// --- ext-image-copy-capture-v1 ---
inline constexpr Message kExtImageCopyCaptureManagerV1Requests[] = {
    {"create_session", "nou", ext_image_copy_capture_session_v1},
    {"create_pointer_cursor_session", "noo", ext_image_copy_capture_cursor_session_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kExtImageCopyCaptureSessionV1Requests[] = {
    {"create_frame", "n", ext_image_copy_capture_frame_v1},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtImageCopyCaptureSessionV1Events[] = {
    {"buffer_size", "uu"},
    {"shm_format", "u"},
    {"dmabuf_device", "a"},
    {"dmabuf_format", "ua"},
    {"done", ""},
    {"stopped", ""},
};

inline constexpr Message kExtImageCopyCaptureFrameV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"attach_buffer", "o"},
    {"damage_buffer", "iiii"},
    {"capture", ""},
};
inline constexpr Message kExtImageCopyCaptureFrameV1Events[] = {
    {"transform", "u"},
    {"damage", "iiii"},
    {"presentation_time", "uuu"},
    {"ready", ""},
    {"failed", "u"},
};

inline constexpr Message kExtImageCopyCaptureCursorSessionV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_capture_session", "n", ext_image_copy_capture_session_v1},
};
inline constexpr Message kExtImageCopyCaptureCursorSessionV1Events[] = {
    {"enter", ""},
    {"leave", ""},
    {"position", "ii"},
    {"hotspot", "ii"},
};

// --- ext-foreign-toplevel-list-v1 ---
inline constexpr Message kExtForeignToplevelListV1Requests[] = {
    {"stop", ""},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtForeignToplevelListV1Events[] = {
    {"toplevel", "n", ext_foreign_toplevel_handle_v1},
    {"finished", ""},
};

inline constexpr Message kExtForeignToplevelHandleV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtForeignToplevelHandleV1Events[] = {
    {"closed", ""},
    {"done", ""},
    {"title", "s"},
    {"app_id", "s"},
    {"identifier", "s"},
};

// clang-format on

inline constexpr Interface kCapture[] = {
    {zwlr_screencopy_manager_v1, "zwlr_screencopy_manager_v1", 3, kZwlrScreencopyManagerV1Requests, {}},
    {zwlr_screencopy_frame_v1, "zwlr_screencopy_frame_v1", 3, kZwlrScreencopyFrameV1Requests,
     kZwlrScreencopyFrameV1Events},
    {ext_image_capture_source_v1, "ext_image_capture_source_v1", 1, kExtImageCaptureSourceV1Requests, {}},
    {ext_output_image_capture_source_manager_v1,
     "ext_output_image_capture_source_manager_v1",
     1,
     kExtOutputImageCaptureSourceManagerV1Requests,
     {}},
    {ext_foreign_toplevel_image_capture_source_manager_v1,
     "ext_foreign_toplevel_image_capture_source_manager_v1",
     1,
     kExtForeignToplevelImageCaptureSourceManagerV1Requests,
     {}},
    {ext_image_copy_capture_manager_v1,
     "ext_image_copy_capture_manager_v1",
     1,
     kExtImageCopyCaptureManagerV1Requests,
     {}},
    {ext_image_copy_capture_session_v1, "ext_image_copy_capture_session_v1", 1,
     kExtImageCopyCaptureSessionV1Requests, kExtImageCopyCaptureSessionV1Events},
    {ext_image_copy_capture_frame_v1, "ext_image_copy_capture_frame_v1", 1,
     kExtImageCopyCaptureFrameV1Requests, kExtImageCopyCaptureFrameV1Events},
    {ext_image_copy_capture_cursor_session_v1, "ext_image_copy_capture_cursor_session_v1", 1,
     kExtImageCopyCaptureCursorSessionV1Requests, kExtImageCopyCaptureCursorSessionV1Events},
    {ext_foreign_toplevel_list_v1, "ext_foreign_toplevel_list_v1", 1, kExtForeignToplevelListV1Requests,
     kExtForeignToplevelListV1Events},
    {ext_foreign_toplevel_handle_v1, "ext_foreign_toplevel_handle_v1", 1, kExtForeignToplevelHandleV1Requests,
     kExtForeignToplevelHandleV1Events},
};

} // namespace tv::wayland::tables
