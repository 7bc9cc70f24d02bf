// Colour management, colour representation, gamma tables.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- color-management-v1 ---
inline constexpr Message kWpColorManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_output", "no", wp_color_management_output_v1},
    {"get_surface", "no", wp_color_management_surface_v1},
    {"get_surface_feedback", "no", wp_color_management_surface_feedback_v1},
    {"create_icc_creator", "n", wp_image_description_creator_icc_v1},
    {"create_parametric_creator", "n", wp_image_description_creator_params_v1},
    {"create_windows_scrgb", "n", wp_image_description_v1},
    {"get_image_description", "no", wp_image_description_v1, 2},
};
inline constexpr Message kWpColorManagerV1Events[] = {
    {"supported_intent", "u"},
    {"supported_feature", "u"},
    {"supported_tf_named", "u"},
    {"supported_primaries_named", "u"},
    {"done", ""},
};

inline constexpr Message kWpColorManagementOutputV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_image_description", "n", wp_image_description_v1},
};
inline constexpr Message kWpColorManagementOutputV1Events[] = {
    {"image_description_changed", ""},
};

inline constexpr Message kWpColorManagementSurfaceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_image_description", "ou"},
    {"unset_image_description", ""},
};

inline constexpr Message kWpColorManagementSurfaceFeedbackV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_preferred", "n", wp_image_description_v1},
    {"get_preferred_parametric", "n", wp_image_description_v1},
};
inline constexpr Message kWpColorManagementSurfaceFeedbackV1Events[] = {
    {"preferred_changed", "u"},
    {"preferred_changed2", "uu", none, 2},
};

inline constexpr Message kWpImageDescriptionCreatorIccV1Requests[] = {
    {"create", "n", wp_image_description_v1, 1, kDestructor},
    {"set_icc_file", "huu"},
};

inline constexpr Message kWpImageDescriptionCreatorParamsV1Requests[] = {
    {"create", "n", wp_image_description_v1, 1, kDestructor},
    {"set_tf_named", "u"},
    {"set_tf_power", "u"},
    {"set_primaries_named", "u"},
    {"set_primaries", "iiiiiiii"},
    {"set_luminances", "uuu"},
    {"set_mastering_display_primaries", "iiiiiiii"},
    {"set_mastering_luminance", "uu"},
    {"set_max_cll", "u"},
    {"set_max_fall", "u"},
};

inline constexpr Message kWpImageDescriptionV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_information", "n", wp_image_description_info_v1},
};
inline constexpr Message kWpImageDescriptionV1Events[] = {
    {"failed", "us"},
    {"ready", "u"},
    {"ready2", "uu", none, 2},
};

inline constexpr Message kWpImageDescriptionInfoV1Events[] = {
    {"done", "", none, 1, kDestructor},
    {"icc_file", "hu"},
    {"primaries", "iiiiiiii"},
    {"primaries_named", "u"},
    {"tf_power", "u"},
    {"tf_named", "u"},
    {"luminances", "uuu"},
    {"target_primaries", "iiiiiiii"},
    {"target_luminance", "uu"},
    {"target_max_cll", "u"},
    {"target_max_fall", "u"},
};

inline constexpr Message kWpImageDescriptionReferenceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};

// --- color-representation-v1 ---
inline constexpr Message kWpColorRepresentationManagerV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_surface", "no", wp_color_representation_surface_v1},
};
inline constexpr Message kWpColorRepresentationManagerV1Events[] = {
    {"supported_alpha_mode", "u"},
    {"supported_coefficients_and_ranges", "uu"},
    {"done", ""},
};

inline constexpr Message kWpColorRepresentationSurfaceV1Requests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_alpha_mode", "u"},
    {"set_coefficients_and_range", "uu"},
    {"set_chroma_location", "u"},
};

// --- wlr-gamma-control-unstable-v1 ---
inline constexpr Message kZwlrGammaControlManagerV1Requests[] = {
    {"get_gamma_control", "no", zwlr_gamma_control_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrGammaControlV1Requests[] = {
    {"set_gamma", "h"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwlrGammaControlV1Events[] = {
    {"gamma_size", "u"},
    {"failed", ""},
};

// clang-format on

inline constexpr Interface kColor[] = {
    {wp_color_manager_v1, "wp_color_manager_v1", 2, kWpColorManagerV1Requests, kWpColorManagerV1Events},
    {wp_color_management_output_v1, "wp_color_management_output_v1", 2, kWpColorManagementOutputV1Requests,
     kWpColorManagementOutputV1Events},
    {wp_color_management_surface_v1,
     "wp_color_management_surface_v1",
     2,
     kWpColorManagementSurfaceV1Requests,
     {}},
    {wp_color_management_surface_feedback_v1, "wp_color_management_surface_feedback_v1", 2,
     kWpColorManagementSurfaceFeedbackV1Requests, kWpColorManagementSurfaceFeedbackV1Events},
    {wp_image_description_creator_icc_v1,
     "wp_image_description_creator_icc_v1",
     2,
     kWpImageDescriptionCreatorIccV1Requests,
     {}},
    {wp_image_description_creator_params_v1,
     "wp_image_description_creator_params_v1",
     2,
     kWpImageDescriptionCreatorParamsV1Requests,
     {}},
    {wp_image_description_v1, "wp_image_description_v1", 2, kWpImageDescriptionV1Requests,
     kWpImageDescriptionV1Events},
    {wp_image_description_info_v1, "wp_image_description_info_v1", 2, {}, kWpImageDescriptionInfoV1Events},
    {wp_image_description_reference_v1,
     "wp_image_description_reference_v1",
     1,
     kWpImageDescriptionReferenceV1Requests,
     {}},
    {wp_color_representation_manager_v1, "wp_color_representation_manager_v1", 1,
     kWpColorRepresentationManagerV1Requests, kWpColorRepresentationManagerV1Events},
    {wp_color_representation_surface_v1,
     "wp_color_representation_surface_v1",
     1,
     kWpColorRepresentationSurfaceV1Requests,
     {}},
    {zwlr_gamma_control_manager_v1,
     "zwlr_gamma_control_manager_v1",
     1,
     kZwlrGammaControlManagerV1Requests,
     {}},
    {zwlr_gamma_control_v1, "zwlr_gamma_control_v1", 1, kZwlrGammaControlV1Requests,
     kZwlrGammaControlV1Events},
};

} // namespace tv::wayland::tables
