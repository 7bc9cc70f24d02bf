// Whether a compositor really takes the surfaces that it says it takes.
#pragma once

#include "base/fd.h"
#include "surface/surface.h"

namespace tv::surface {

// Asks a fresh connection of our own for buffers of two surfaces, one of 64x64 pixels and one of an odd
// width, with `create`: a refusal of that is an answer, while that of `create_immed` can bring a compositor
// down. Success: it has made both. An error says what it did not, for the log. Blocks for at most a few
// seconds; the connection is used up.
[[nodiscard]] Status probe_surfaces(UniqueFd connection, SurfaceStore& store);

} // namespace tv::surface
