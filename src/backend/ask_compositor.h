// Whether a compositor shows the surfaces of this system, asked of it before the first application.
#pragma once

#include <expected>
#include <functional>

#include "base/fd.h"
#include "base/log.h"
#include "base/result.h"
#include "surface/surface.h"

namespace tv::backend {

// A connection of its own for each question.
using Connect = std::function<Result<UniqueFd>()>;

// Why pixels must go through wl_shm.
struct Refusal {
    Error why;
    bool offered = false; // it says that it shows such surfaces, and then takes none: worth a warning
};

// Surveys it, then tries two surfaces. Gives up once it has not answered for five seconds. Holds for as long
// as the compositor runs.
[[nodiscard]] std::expected<void, Refusal> takes_surfaces(const Connect& connect,
                                                          surface::SurfaceStore& store);
// Says so in the log.
void log_refusal(const Log& log, const Refusal& refusal);

} // namespace tv::backend
