// Whether a compositor shows the surfaces of this system, asked of it before the first application.
#pragma once

#include <functional>

#include "base/fd.h"
#include "base/result.h"
#include "surface/surface.h"

namespace tv::backend {

// A connection of its own for each question.
using Connect = std::function<Result<UniqueFd>()>;

// Surveys it, then tries two surfaces, for a few seconds at the most. Holds for as long as the compositor
// runs. An error says why pixels must go through wl_shm.
[[nodiscard]] Status takes_surfaces(const Connect& connect, surface::SurfaceStore& store);

} // namespace tv::backend
