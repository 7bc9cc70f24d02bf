// The modes that listen: `client`, and `ssh`, which starts ssh next to the listener.
#pragma once

#include "base/log.h"
#include "cli/compositor.h"
#include "cli/options.h"

namespace tv::cli {

struct ModeResult {
    int exit_code = 0;
    std::optional<int> die_from; // signal
};

[[nodiscard]] Outcome<ModeResult> run_client_mode(Options options, const WaylandEnvironment& environment,
                                                  const Log& log);
[[nodiscard]] Outcome<ModeResult> run_ssh_mode(Options options, const WaylandEnvironment& environment,
                                               const Log& log);

} // namespace tv::cli
