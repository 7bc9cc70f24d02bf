// What this build has for compositors that show surfaces without copying: one file for each kind of system.
#pragma once

#include <cstdint>

#include "surface/surface.h"
#include "video/surface_painter.h"

namespace tv::backend {

struct SurfaceBackend {
    std::shared_ptr<surface::SurfaceStore> store; // null: nothing
    video::MakeSurfacePainter make_painter;       // unset: the CPU's conversion
};

// Where the compositor runs that is to find the surfaces: those for another process are public by their
// numbers to every process of the user's.
enum class CompositorProcess : std::uint8_t { Another, This };

// Cheap; makes no surface and looks for no GPU.
[[nodiscard]] SurfaceBackend surface_backend(CompositorProcess compositor = CompositorProcess::Another);

} // namespace tv::backend
