// What this build has for compositors that show surfaces without copying: one file for each kind of system.
#pragma once

#include "surface/surface.h"
#include "video/surface_painter.h"

namespace tv::cli {

struct SurfaceBackend {
    std::shared_ptr<surface::SurfaceStore> store; // null: nothing
    video::MakeSurfacePainter make_painter;       // unset: the CPU's conversion
};

// Cheap; makes no surface and looks for no GPU.
[[nodiscard]] SurfaceBackend surface_backend();

} // namespace tv::cli
