// Clipboard, drag and drop, primary selection, data control: every descriptor is the write end of a pipe.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- wayland ---
inline constexpr Message kWlDataDeviceManagerRequests[] = {
    {"create_data_source", "n", wl_data_source},
    {"get_data_device", "no", wl_data_device},
};

inline constexpr Message kWlDataDeviceRequests[] = {
    {"start_drag", "?oo?ou"},
    {"set_selection", "?ou"},
    {"release", "", none, 2, kDestructor},
};
inline constexpr Message kWlDataDeviceEvents[] = {
    {"data_offer", "n", wl_data_offer},
    {"enter", "uoff?o"},
    {"leave", ""},
    {"motion", "uff"},
    {"drop", ""},
    {"selection", "?o"},
};

inline constexpr Message kWlDataSourceRequests[] = {
    {"offer", "s"},
    {"destroy", "", none, 1, kDestructor},
    {"set_actions", "u", none, 3},
};
inline constexpr Message kWlDataSourceEvents[] = {
    {"target", "?s"},
    {"send", "sh"},
    {"cancelled", ""},
    {"dnd_drop_performed", "", none, 3},
    {"dnd_finished", "", none, 3},
    {"action", "u", none, 3},
};

inline constexpr Message kWlDataOfferRequests[] = {
    {"accept", "u?s"},
    {"receive", "sh"},
    {"destroy", "", none, 1, kDestructor},
    {"finish", "", none, 3},
    {"set_actions", "uu", none, 3},
};
inline constexpr Message kWlDataOfferEvents[] = {
    {"offer", "s"},
    {"source_actions", "u", none, 3},
    {"action", "u", none, 3},
};

// --- primary-selection-unstable-v1 ---
inline constexpr Message kZwpPrimarySelectionDeviceManagerV1Requests[] = {
    {"create_source", "n", zwp_primary_selection_source_v1},
    {"get_device", "no", zwp_primary_selection_device_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwpPrimarySelectionDeviceV1Requests[] = {
    {"set_selection", "?ou"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpPrimarySelectionDeviceV1Events[] = {
    {"data_offer", "n", zwp_primary_selection_offer_v1},
    {"selection", "?o"},
};

inline constexpr Message kZwpPrimarySelectionOfferV1Requests[] = {
    {"receive", "sh"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpPrimarySelectionOfferV1Events[] = {
    {"offer", "s"},
};

inline constexpr Message kZwpPrimarySelectionSourceV1Requests[] = {
    {"offer", "s"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpPrimarySelectionSourceV1Events[] = {
    {"send", "sh"},
    {"cancelled", ""},
};

// --- gtk-primary-selection ---
inline constexpr Message kGtkPrimarySelectionDeviceManagerRequests[] = {
    {"create_source", "n", gtk_primary_selection_source},
    {"get_device", "no", gtk_primary_selection_device},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kGtkPrimarySelectionDeviceRequests[] = {
    {"set_selection", "?ou"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kGtkPrimarySelectionDeviceEvents[] = {
    {"data_offer", "n", gtk_primary_selection_offer},
    {"selection", "?o"},
};

inline constexpr Message kGtkPrimarySelectionOfferRequests[] = {
    {"receive", "sh"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kGtkPrimarySelectionOfferEvents[] = {
    {"offer", "s"},
};

inline constexpr Message kGtkPrimarySelectionSourceRequests[] = {
    {"offer", "s"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kGtkPrimarySelectionSourceEvents[] = {
    {"send", "sh"},
    {"cancelled", ""},
};

// --- ext-data-control-v1 ---
inline constexpr Message kExtDataControlManagerV1Requests[] = {
    {"create_data_source", "n", ext_data_control_source_v1},
    {"get_data_device", "no", ext_data_control_device_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kExtDataControlDeviceV1Requests[] = {
    {"set_selection", "?o"},
    {"destroy", "", none, 1, kDestructor},
    {"set_primary_selection", "?o"},
};
inline constexpr Message kExtDataControlDeviceV1Events[] = {
    {"data_offer", "n", ext_data_control_offer_v1},
    {"selection", "?o"},
    {"finished", ""},
    {"primary_selection", "?o"},
};

inline constexpr Message kExtDataControlSourceV1Requests[] = {
    {"offer", "s"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtDataControlSourceV1Events[] = {
    {"send", "sh"},
    {"cancelled", ""},
};

inline constexpr Message kExtDataControlOfferV1Requests[] = {
    {"receive", "sh"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kExtDataControlOfferV1Events[] = {
    {"offer", "s"},
};

// --- wlr-data-control-unstable-v1 ---
inline constexpr Message kZwlrDataControlManagerV1Requests[] = {
    {"create_data_source", "n", zwlr_data_control_source_v1},
    {"get_data_device", "no", zwlr_data_control_device_v1},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwlrDataControlDeviceV1Requests[] = {
    {"set_selection", "?o"},
    {"destroy", "", none, 1, kDestructor},
    {"set_primary_selection", "?o", none, 2},
};
inline constexpr Message kZwlrDataControlDeviceV1Events[] = {
    {"data_offer", "n", zwlr_data_control_offer_v1},
    {"selection", "?o"},
    {"finished", ""},
    {"primary_selection", "?o", none, 2},
};

inline constexpr Message kZwlrDataControlSourceV1Requests[] = {
    {"offer", "s"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwlrDataControlSourceV1Events[] = {
    {"send", "sh"},
    {"cancelled", ""},
};

inline constexpr Message kZwlrDataControlOfferV1Requests[] = {
    {"receive", "sh"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwlrDataControlOfferV1Events[] = {
    {"offer", "s"},
};

// clang-format on

inline constexpr Interface kDataTransfer[] = {
    {wl_data_device_manager, "wl_data_device_manager", 3, kWlDataDeviceManagerRequests, {}},
    {wl_data_device, "wl_data_device", 3, kWlDataDeviceRequests, kWlDataDeviceEvents},
    {wl_data_source, "wl_data_source", 3, kWlDataSourceRequests, kWlDataSourceEvents},
    {wl_data_offer, "wl_data_offer", 3, kWlDataOfferRequests, kWlDataOfferEvents},
    {zwp_primary_selection_device_manager_v1,
     "zwp_primary_selection_device_manager_v1",
     1,
     kZwpPrimarySelectionDeviceManagerV1Requests,
     {}},
    {zwp_primary_selection_device_v1, "zwp_primary_selection_device_v1", 1,
     kZwpPrimarySelectionDeviceV1Requests, kZwpPrimarySelectionDeviceV1Events},
    {zwp_primary_selection_offer_v1, "zwp_primary_selection_offer_v1", 1, kZwpPrimarySelectionOfferV1Requests,
     kZwpPrimarySelectionOfferV1Events},
    {zwp_primary_selection_source_v1, "zwp_primary_selection_source_v1", 1,
     kZwpPrimarySelectionSourceV1Requests, kZwpPrimarySelectionSourceV1Events},
    {gtk_primary_selection_device_manager,
     "gtk_primary_selection_device_manager",
     1,
     kGtkPrimarySelectionDeviceManagerRequests,
     {}},
    {gtk_primary_selection_device, "gtk_primary_selection_device", 1, kGtkPrimarySelectionDeviceRequests,
     kGtkPrimarySelectionDeviceEvents},
    {gtk_primary_selection_offer, "gtk_primary_selection_offer", 1, kGtkPrimarySelectionOfferRequests,
     kGtkPrimarySelectionOfferEvents},
    {gtk_primary_selection_source, "gtk_primary_selection_source", 1, kGtkPrimarySelectionSourceRequests,
     kGtkPrimarySelectionSourceEvents},
    {ext_data_control_manager_v1, "ext_data_control_manager_v1", 1, kExtDataControlManagerV1Requests, {}},
    {ext_data_control_device_v1, "ext_data_control_device_v1", 1, kExtDataControlDeviceV1Requests,
     kExtDataControlDeviceV1Events},
    {ext_data_control_source_v1, "ext_data_control_source_v1", 1, kExtDataControlSourceV1Requests,
     kExtDataControlSourceV1Events},
    {ext_data_control_offer_v1, "ext_data_control_offer_v1", 1, kExtDataControlOfferV1Requests,
     kExtDataControlOfferV1Events},
    {zwlr_data_control_manager_v1, "zwlr_data_control_manager_v1", 2, kZwlrDataControlManagerV1Requests, {}},
    {zwlr_data_control_device_v1, "zwlr_data_control_device_v1", 2, kZwlrDataControlDeviceV1Requests,
     kZwlrDataControlDeviceV1Events},
    {zwlr_data_control_source_v1, "zwlr_data_control_source_v1", 1, kZwlrDataControlSourceV1Requests,
     kZwlrDataControlSourceV1Events},
    {zwlr_data_control_offer_v1, "zwlr_data_control_offer_v1", 1, kZwlrDataControlOfferV1Requests,
     kZwlrDataControlOfferV1Events},
};

} // namespace tv::wayland::tables
