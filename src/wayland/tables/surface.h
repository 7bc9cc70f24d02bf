// What clients add to a surface: scaling, timing, content hints.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- viewporter ---
inline constexpr Message kWpViewporterRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_viewport", "no", wp_viewport},
};

inline constexpr Message kWpViewportRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_source", "ffff"},
    {"set_destination", "ii"},
};

// --- presentation-time ---
inline constexpr Message kWpPresentationRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"feedback", "on", wp_presentation_feedback},
};
inline constexpr Message kWpPresentationEvents[] = {
    {"clock_id", "u"},
};

inline constexpr Message kWpPresentationFeedbackEvents[] = {
    {"sync_output", "o"},
    {"presented", "uuuuuuu", none, 1, kDestructor},
    {"discarded", "", none, 1, kDestructor},
};

// --- fractional-scale-v1 ---
inline constexpr Message kWpFractionalScaleManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_fractional_scale", "no", wp_fractional_scale_v1},
};

inline constexpr Message kWpFractionalScaleV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kWpFractionalScaleV1Events[] = {
    {"preferred_scale", "u"},
};

// --- single-pixel-buffer-v1 ---
inline constexpr Message kWpSinglePixelBufferManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_u32_rgba_buffer", "nuuuu", wl_buffer},
};

// --- content-type-v1 ---
inline constexpr Message kWpContentTypeManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_surface_content_type", "no", wp_content_type_v1},
};

inline constexpr Message kWpContentTypeV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_content_type", "u"},
};

// --- tearing-control-v1 ---
inline constexpr Message kWpTearingControlManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_tearing_control", "no", wp_tearing_control_v1},
};

inline constexpr Message kWpTearingControlV1Requests[] = {
    {"set_presentation_hint", "u"},
    {"destroy", "", none, 1, kDestructor},
};

// --- alpha-modifier-v1 ---
inline constexpr Message kWpAlphaModifierV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_surface", "no", wp_alpha_modifier_surface_v1},
};

inline constexpr Message kWpAlphaModifierSurfaceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_multiplier", "u"},
};

// --- fifo-v1 ---
inline constexpr Message kWpFifoManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_fifo", "no", wp_fifo_v1},
};

inline constexpr Message kWpFifoV1Requests[] = {
    {"set_barrier", ""},
    {"wait_barrier", ""},
    {"destroy", "", none, 1, kDestructor},
};

// --- commit-timing-v1 ---
inline constexpr Message kWpCommitTimingManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_timer", "no", wp_commit_timer_v1},
};

inline constexpr Message kWpCommitTimerV1Requests[] = {
    {"set_timestamp", "uuu"},
    {"destroy", "", none, 1, kDestructor},
};

// --- ext-background-effect-v1 ---
inline constexpr Message kExtBackgroundEffectManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_background_effect", "no", ext_background_effect_surface_v1},
};
inline constexpr Message kExtBackgroundEffectManagerV1Events[] = {
    {"capabilities", "u"},
};

inline constexpr Message kExtBackgroundEffectSurfaceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_blur_region", "?o"},
};

// --- idle-inhibit-unstable-v1 ---
inline constexpr Message kZwpIdleInhibitManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"create_inhibitor", "no", zwp_idle_inhibitor_v1},
};

inline constexpr Message kZwpIdleInhibitorV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};

// clang-format on

inline constexpr Interface kSurfaceExtension[] = {
    {wp_viewporter, "wp_viewporter", 1, kWpViewporterRequests, {}},
    {wp_viewport, "wp_viewport", 1, kWpViewportRequests, {}},
    {wp_presentation, "wp_presentation", 2, kWpPresentationRequests, kWpPresentationEvents},
    {wp_presentation_feedback, "wp_presentation_feedback", 2, {}, kWpPresentationFeedbackEvents},
    {wp_fractional_scale_manager_v1,
     "wp_fractional_scale_manager_v1",
     1,
     kWpFractionalScaleManagerV1Requests,
     {}},
    {wp_fractional_scale_v1, "wp_fractional_scale_v1", 1, kWpFractionalScaleV1Requests,
     kWpFractionalScaleV1Events},
    {wp_single_pixel_buffer_manager_v1,
     "wp_single_pixel_buffer_manager_v1",
     1,
     kWpSinglePixelBufferManagerV1Requests,
     {}},
    {wp_content_type_manager_v1, "wp_content_type_manager_v1", 1, kWpContentTypeManagerV1Requests, {}},
    {wp_content_type_v1, "wp_content_type_v1", 1, kWpContentTypeV1Requests, {}},
    {wp_tearing_control_manager_v1,
     "wp_tearing_control_manager_v1",
     1,
     kWpTearingControlManagerV1Requests,
     {}},
    {wp_tearing_control_v1, "wp_tearing_control_v1", 1, kWpTearingControlV1Requests, {}},
    {wp_alpha_modifier_v1, "wp_alpha_modifier_v1", 1, kWpAlphaModifierV1Requests, {}},
    {wp_alpha_modifier_surface_v1, "wp_alpha_modifier_surface_v1", 1, kWpAlphaModifierSurfaceV1Requests, {}},
    {wp_fifo_manager_v1, "wp_fifo_manager_v1", 1, kWpFifoManagerV1Requests, {}},
    {wp_fifo_v1, "wp_fifo_v1", 1, kWpFifoV1Requests, {}},
    {wp_commit_timing_manager_v1, "wp_commit_timing_manager_v1", 1, kWpCommitTimingManagerV1Requests, {}},
    {wp_commit_timer_v1, "wp_commit_timer_v1", 1, kWpCommitTimerV1Requests, {}},
    {ext_background_effect_manager_v1, "ext_background_effect_manager_v1", 1,
     kExtBackgroundEffectManagerV1Requests, kExtBackgroundEffectManagerV1Events},
    {ext_background_effect_surface_v1,
     "ext_background_effect_surface_v1",
     1,
     kExtBackgroundEffectSurfaceV1Requests,
     {}},
    {zwp_idle_inhibit_manager_v1, "zwp_idle_inhibit_manager_v1", 1, kZwpIdleInhibitManagerV1Requests, {}},
    {zwp_idle_inhibitor_v1, "zwp_idle_inhibitor_v1", 1, kZwpIdleInhibitorV1Requests, {}},
};

} // namespace tv::wayland::tables
