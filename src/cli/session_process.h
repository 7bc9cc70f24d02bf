// One application's connection in this process: inherited descriptors in, a Session running until it ends.
#pragma once

#include "base/log.h"
#include "cli/compositor.h"
#include "cli/options.h"

namespace tv::cli {

// Serves the channel of options.socket_fds. Those descriptors are used as they are: their flags stay
// untouched. Returns the exit code. SIGTERM, SIGINT and SIGHUP end the session, then the process dies from
// them.
[[nodiscard]] Outcome<int> run_session_process(const Options& options, const WaylandEnvironment& environment,
                                               const Log& log);

// The command line that makes this program serve a channel on the descriptor `channel`.
[[nodiscard]] std::vector<std::string> session_process_arguments(const Options& options, int channel);

} // namespace tv::cli
