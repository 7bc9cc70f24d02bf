// One application's connection in this process: inherited descriptors in, a Session running until it ends.
#pragma once

#include <functional>
#include <optional>

#include "backend/surface_backend.h"
#include "base/log.h"
#include "cli/compositor.h"
#include "cli/options.h"
#include "cli/security_context.h"
#include "session/session.h"

namespace tv::cli {

// Serves the channel of options.socket_fds. Those descriptors are used as they are: their flags stay
// untouched. Returns the exit code. SIGTERM, SIGINT and SIGHUP end the session, then the process dies from
// them.
[[nodiscard]] Outcome<int> run_session_process(const Options& options, const WaylandEnvironment& environment,
                                               const Log& log);

// The command line that makes this program serve a channel on the descriptor `channel`, and record it. With
// --stats it writes them to the descriptor `stats`; what it
// learns for later ones goes to `lessons`.
[[nodiscard]] std::vector<std::string> session_process_arguments(const Options& options, int channel,
                                                                 const std::optional<std::string>& record,
                                                                 int stats, int lessons);

// A connection to the compositor that the environment names; inside of the security context that the options
// ask for, which is to be held as long as the connection is.
[[nodiscard]] Outcome<UniqueFd> open_compositor(const Options& options, const WaylandEnvironment& environment,
                                                std::optional<SecurityContext>& context);
// What the options say about every session.
// `options.store` has been decided (cli/store_choice.h).
[[nodiscard]] SessionConfig session_config(const Options& options, const backend::SurfaceBackend& backend,
                                           const Log& log);
// Where a session's statistics go; unset without --stats.
[[nodiscard]] Outcome<std::function<void(const StatisticsSnapshot&)>> open_statistics(const Options& options);

} // namespace tv::cli
