// Core Wayland: display, registry, shared memory, surfaces, outputs. Input is in input.h, the clipboard in
// data_transfer.h.
#pragma once

#include "wayland/tables/shape.h"

namespace tv::wayland::tables {

using enum InterfaceId;

// clang-format off: one message a line

// --- wayland ---
inline constexpr Message kWlDisplayRequests[] = {
    {"sync", "n", wl_callback},
    {"get_registry", "n", wl_registry},
};
inline constexpr Message kWlDisplayEvents[] = {
    {"error", "ous"},
    {"delete_id", "u"},
};

inline constexpr Message kWlRegistryRequests[] = {
    {"bind", "usun"},
};
inline constexpr Message kWlRegistryEvents[] = {
    {"global", "usu"},
    {"global_remove", "u"},
};

inline constexpr Message kWlCallbackEvents[] = {
    {"done", "u", none, 1, kDestructor},
};

inline constexpr Message kWlCompositorRequests[] = {
    {"create_surface", "n", wl_surface},
    {"create_region", "n", wl_region},
};

inline constexpr Message kWlShmRequests[] = {
    {"create_pool", "nhi", wl_shm_pool},
    {"release", "", none, 2, kDestructor},
};
inline constexpr Message kWlShmEvents[] = {
    {"format", "u"},
};

inline constexpr Message kWlShmPoolRequests[] = {
    {"create_buffer", "niiiiu", wl_buffer},
    {"destroy", "", none, 1, kDestructor},
    {"resize", "i"},
};

inline constexpr Message kWlBufferRequests[] = {
    {"destroy", "", none, 1, kDestructor},
};
inline constexpr Message kWlBufferEvents[] = {
    {"release", ""},
};

inline constexpr Message kWlSurfaceRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"attach", "?oii"},
    {"damage", "iiii"},
    {"frame", "n", wl_callback},
    {"set_opaque_region", "?o"},
    {"set_input_region", "?o"},
    {"commit", ""},
    {"set_buffer_transform", "i", none, 2},
    {"set_buffer_scale", "i", none, 3},
    {"damage_buffer", "iiii", none, 4},
    {"offset", "ii", none, 5},
};
inline constexpr Message kWlSurfaceEvents[] = {
    {"enter", "o"},
    {"leave", "o"},
    {"preferred_buffer_scale", "i", none, 6},
    {"preferred_buffer_transform", "u", none, 6},
};

inline constexpr Message kWlRegionRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"add", "iiii"},
    {"subtract", "iiii"},
};

inline constexpr Message kWlSubcompositorRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"get_subsurface", "noo", wl_subsurface},
};

inline constexpr Message kWlSubsurfaceRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"set_position", "ii"},
    {"place_above", "o"},
    {"place_below", "o"},
    {"set_sync", ""},
    {"set_desync", ""},
};

inline constexpr Message kWlOutputRequests[] = {
    {"release", "", none, 3, kDestructor},
};
inline constexpr Message kWlOutputEvents[] = {
    {"geometry", "iiiiissi"},
    {"mode", "uiii"},
    {"done", "", none, 2},
    {"scale", "i", none, 2},
    {"name", "s", none, 4},
    {"description", "s", none, 4},
};

inline constexpr Message kWlShellRequests[] = {
    {"get_shell_surface", "no", wl_shell_surface},
};

inline constexpr Message kWlShellSurfaceRequests[] = {
    {"pong", "u"},
    {"move", "ou"},
    {"resize", "ouu"},
    {"set_toplevel", ""},
    {"set_transient", "oiiu"},
    {"set_fullscreen", "uu?o"},
    {"set_popup", "ouoiiu"},
    {"set_maximized", "?o"},
    {"set_title", "s"},
    {"set_class", "s"},
};
inline constexpr Message kWlShellSurfaceEvents[] = {
    {"ping", "u"},
    {"configure", "uii"},
    {"popup_done", ""},
};

inline constexpr Message kWlFixesRequests[] = {
    {"destroy", "", none, 1, kDestructor},
    {"destroy_registry", "o"},
};

// clang-format on

inline constexpr Interface kCore[] = {
    {wl_display, "wl_display", 1, kWlDisplayRequests, kWlDisplayEvents},
    {wl_registry, "wl_registry", 1, kWlRegistryRequests, kWlRegistryEvents},
    {wl_callback, "wl_callback", 1, {}, kWlCallbackEvents},
    {wl_compositor, "wl_compositor", 6, kWlCompositorRequests, {}},
    {wl_shm, "wl_shm", 2, kWlShmRequests, kWlShmEvents},
    {wl_shm_pool, "wl_shm_pool", 2, kWlShmPoolRequests, {}},
    {wl_buffer, "wl_buffer", 1, kWlBufferRequests, kWlBufferEvents},
    {wl_surface, "wl_surface", 6, kWlSurfaceRequests, kWlSurfaceEvents},
    {wl_region, "wl_region", 1, kWlRegionRequests, {}},
    {wl_subcompositor, "wl_subcompositor", 1, kWlSubcompositorRequests, {}},
    {wl_subsurface, "wl_subsurface", 1, kWlSubsurfaceRequests, {}},
    {wl_output, "wl_output", 4, kWlOutputRequests, kWlOutputEvents},
    {wl_shell, "wl_shell", 1, kWlShellRequests, {}},
    {wl_shell_surface, "wl_shell_surface", 1, kWlShellSurfaceRequests, kWlShellSurfaceEvents},
    {wl_fixes, "wl_fixes", 1, kWlFixesRequests, {}},
};

} // namespace tv::wayland::tables
