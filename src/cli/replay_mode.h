// `tunnelview replay FILE`: a recording, shown on today's compositor.
#pragma once

#include "base/log.h"
#include "cli/compositor.h"
#include "cli/options.h"

namespace tv::cli {

// Returns the exit code.
[[nodiscard]] Outcome<int> run_replay_mode(const Options& options, const WaylandEnvironment& environment,
                                           const Log& log);

} // namespace tv::cli
