// The IOSurface store: surfaces of our own, recycled by size.
#pragma once

#include "base/clock.h"
#include "surface/iosurface/surface.h"

namespace tv::surface {

// How long a free surface waits for another buffer of its size, in nanoseconds: an application that resizes
// its window makes new buffers within a few frames.
inline constexpr std::int64_t kFreeSurfaceTime = 1'000'000'000;

// `clock` outlives the store and all of its surfaces.
[[nodiscard]] std::shared_ptr<SurfaceStore> make_iosurface_store(const IOSurfaceOptions& options,
                                                                 const Clock& clock);

} // namespace tv::surface
