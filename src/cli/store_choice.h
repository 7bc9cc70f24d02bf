// Where the pixels of remote GPU buffers will live: asked of the compositor before the first application.
#pragma once

#include "backend/surface_backend.h"
#include "base/log.h"
#include "cli/compositor.h"
#include "cli/options.h"

namespace tv::cli {

// The wish of --store, or what the compositor takes: it is surveyed and probed on connections of our own, for
// a few seconds at the most; why it is not IOSurface is logged. Holds for as long as the compositor runs.
// `path`: empty with a connection instead (WAYLAND_SOCKET): there is nothing to ask; then only the wish
// counts. Never Auto.
[[nodiscard]] Outcome<StoreWish> choose_store(const Options& options, const std::string& path,
                                              const backend::SurfaceBackend& surfaces, const Log& log);
// The same where the environment says, whose WAYLAND_SOCKET is left alone.
[[nodiscard]] Outcome<StoreWish> choose_store(const Options& options, const WaylandEnvironment& environment,
                                              const backend::SurfaceBackend& surfaces, const Log& log);

} // namespace tv::cli
