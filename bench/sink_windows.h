// The part of tv-bench-sink that windows of dmabufs need: xdg_wm_base and a zwp_linux_dmabuf_v1 that takes
// any file as a dmabuf.
#pragma once

#include <cstdint>
#include <optional>

#include <wayland-server.h>

namespace tv::bench {

void add_window_globals(wl_display* display);

// The hash of a dmabuf's rows, nullopt: not one of ours.
std::optional<std::uint64_t> dmabuf_hash(wl_resource* buffer);

} // namespace tv::bench
