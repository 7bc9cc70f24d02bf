// Drawing tablets (tablet v2).
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- tablet-v2 ---
inline constexpr Message kZwpTabletManagerV2Requests[] = {
    {"get_tablet_seat", "no", zwp_tablet_seat_v2},
    {"destroy", "", none, 1, kDestructor},
};

inline constexpr Message kZwpTabletSeatV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletSeatV2Events[] = {
    {"tablet_added", "n", zwp_tablet_v2},
    {"tool_added", "n", zwp_tablet_tool_v2},
    {"pad_added", "n", zwp_tablet_pad_v2},
};

inline constexpr Message kZwpTabletToolV2Requests[] = {
    {"set_cursor", "u?oii"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletToolV2Events[] = {
    {"type", "u"},
    {"hardware_serial", "uu"},
    {"hardware_id_wacom", "uu"},
    {"capability", "u"},
    {"done", ""},
    {"removed", ""},
    {"proximity_in", "uoo"},
    {"proximity_out", ""},
    {"down", "u"},
    {"up", ""},
    {"motion", "ff"},
    {"pressure", "u"},
    {"distance", "u"},
    {"tilt", "ff"},
    {"rotation", "f"},
    {"slider", "i"},
    {"wheel", "fi"},
    {"button", "uuu"},
    {"frame", "u"},
};

inline constexpr Message kZwpTabletV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletV2Events[] = {
    {"name", "s"},
    {"id", "uu"},
    {"path", "s"},
    {"done", ""},
    {"removed", ""},
    {"bustype", "u", none, 2},
};

inline constexpr Message kZwpTabletPadRingV2Requests[] = {
    {"set_feedback", "su"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletPadRingV2Events[] = {
    {"source", "u"},
    {"angle", "f"},
    {"stop", ""},
    {"frame", "u"},
};

inline constexpr Message kZwpTabletPadStripV2Requests[] = {
    {"set_feedback", "su"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletPadStripV2Events[] = {
    {"source", "u"},
    {"position", "u"},
    {"stop", ""},
    {"frame", "u"},
};

inline constexpr Message kZwpTabletPadGroupV2Requests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletPadGroupV2Events[] = {
    {"buttons", "a"},
    {"ring", "n", zwp_tablet_pad_ring_v2},
    {"strip", "n", zwp_tablet_pad_strip_v2},
    {"modes", "u"},
    {"done", ""},
    {"mode_switch", "uuu"},
    {"dial", "n", zwp_tablet_pad_dial_v2, 2},
};

inline constexpr Message kZwpTabletPadV2Requests[] = {
    {"set_feedback", "usu"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletPadV2Events[] = {
    {"group", "n", zwp_tablet_pad_group_v2},
    {"path", "s"},
    {"buttons", "u"},
    {"done", ""},
    {"button", "uuu"},
    {"enter", "uoo"},
    {"leave", "uo"},
    {"removed", ""},
};

inline constexpr Message kZwpTabletPadDialV2Requests[] = {
    {"set_feedback", "su"},
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kZwpTabletPadDialV2Events[] = {
    {"delta", "i"},
    {"frame", "u"},
};

// clang-format on

inline constexpr Interface kTablet[] = {
    {zwp_tablet_manager_v2, "zwp_tablet_manager_v2", 2, kZwpTabletManagerV2Requests, {}},
    {zwp_tablet_seat_v2, "zwp_tablet_seat_v2", 2, kZwpTabletSeatV2Requests, kZwpTabletSeatV2Events},
    {zwp_tablet_tool_v2, "zwp_tablet_tool_v2", 2, kZwpTabletToolV2Requests, kZwpTabletToolV2Events},
    {zwp_tablet_v2, "zwp_tablet_v2", 2, kZwpTabletV2Requests, kZwpTabletV2Events},
    {zwp_tablet_pad_ring_v2, "zwp_tablet_pad_ring_v2", 2, kZwpTabletPadRingV2Requests,
     kZwpTabletPadRingV2Events},
    {zwp_tablet_pad_strip_v2, "zwp_tablet_pad_strip_v2", 2, kZwpTabletPadStripV2Requests,
     kZwpTabletPadStripV2Events},
    {zwp_tablet_pad_group_v2, "zwp_tablet_pad_group_v2", 2, kZwpTabletPadGroupV2Requests,
     kZwpTabletPadGroupV2Events},
    {zwp_tablet_pad_v2, "zwp_tablet_pad_v2", 2, kZwpTabletPadV2Requests, kZwpTabletPadV2Events},
    {zwp_tablet_pad_dial_v2, "zwp_tablet_pad_dial_v2", 2, kZwpTabletPadDialV2Requests,
     kZwpTabletPadDialV2Events},
};

} // namespace tv::wayland::tables
