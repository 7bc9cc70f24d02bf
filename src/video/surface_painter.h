// How decoded pictures get into surfaces that a compositor shows without copying.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "base/log.h"
#include "surface/surface.h"
#include "video/stream.h"

namespace tv::video {

// The Paint of one surface. The target says the surface's stride and size, its pixel format and, as of each
// picture, which way up it is; its pixels are the surface's. The mark is set, on any thread, once the CPU has
// converted a picture into the surface.
using CpuMark = std::shared_ptr<std::atomic<bool>>;
using SurfacePainter =
    std::function<Paint(std::shared_ptr<surface::Surface>, std::shared_ptr<const PixelTarget>, CpuMark)>;
// One for each session; the executor outlives all that is painted.
using MakeSurfacePainter = std::function<SurfacePainter(Executor& executor, const Log& log)>;

} // namespace tv::video
