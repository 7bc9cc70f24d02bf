// Decoded pictures into published surfaces: by the GPU if there is one, else by the CPU.
#pragma once

#include <atomic>
#include <memory>

#include "metal/gpu.h"
#include "surface/iosurface/surface.h"
#include "video/stream.h"

namespace tv::metal {

// What a surface shows. Shared with the painter, which reads it at each picture.
struct Orientation {
    std::atomic<bool> bottom_up{false};
};

// Pictures with `native` (CVPixelBufferRef) go through the GPU, which is asked for with the first of them;
// all others, and those that the GPU fails with, through the CPU's conversion into the locked surface. The
// surface shows the picture when `done` is called. Without `gpu` the CPU does all. `by_cpu`, if there is one,
// is set with the first picture that the CPU converts.
[[nodiscard]] video::Paint paint_iosurface(std::shared_ptr<surface::IOSurface> surface,
                                           std::shared_ptr<const Orientation> orientation,
                                           std::shared_ptr<Gpu> gpu,
                                           std::shared_ptr<std::atomic<bool>> by_cpu = nullptr);

} // namespace tv::metal
