// xdg_positioner, without constraint adjustment: popups go where they ask to be.
#pragma once

#include <cstdint>

#include <wayland-server-core.h>

#include "shell.h"

namespace tv::test {

// Handler of xdg_wm_base.create_positioner.
void create_positioner(wl_client* client, wl_resource* resource, std::uint32_t id);
// Where a popup goes, relative to its parent's window geometry.
[[nodiscard]] Rect place_of(wl_resource* positioner);

} // namespace tv::test
