// Where the compositor is, by the rules that every Wayland client follows.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "cli/failure.h"

namespace tv::cli {

// The variables that say so; a seam for tests.
struct WaylandEnvironment {
    std::optional<std::string> socket;      // WAYLAND_SOCKET: a connected descriptor
    std::optional<std::string> display;     // WAYLAND_DISPLAY: a path, or a name in runtime_dir
    std::optional<std::string> runtime_dir; // XDG_RUNTIME_DIR

    // Reads the process's environment and removes WAYLAND_SOCKET from it: it can be used once only.
    [[nodiscard]] static WaylandEnvironment take();
};

// Exactly one of the two is set.
struct CompositorPlace {
    std::string path;
    UniqueFd connection; // from WAYLAND_SOCKET
};

// The descriptor that WAYLAND_SOCKET names is moved away, to a close-on-exec one.
[[nodiscard]] Outcome<CompositorPlace> find_compositor(const WaylandEnvironment& environment);
[[nodiscard]] Outcome<UniqueFd> connect_compositor(const std::string& path);

} // namespace tv::cli
