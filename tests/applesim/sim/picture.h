// Where the GPU finds the samples of a pixel buffer.
#pragma once

#include <CoreVideo/CoreVideo.h>

#include <cstddef>

namespace tv::sim {

struct PlaneMemory {
    IOSurfaceRef surface = nullptr; // borrowed; nullptr: the picture is not made for Metal
    std::size_t offset = 0;         // in the surface's memory
    std::size_t stride = 0;
    std::size_t width = 0; // samples
    std::size_t height = 0;
};
// Ends the process for what is no pixel buffer. A plane that the picture has not: no surface.
PlaneMemory picture_plane(CVPixelBufferRef picture, std::size_t plane);

} // namespace tv::sim
