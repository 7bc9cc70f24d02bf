// tunnelview: receives remote Wayland applications. Parses, dispatches, and is the only place that turns a
// failure into words on standard error.
#include <string>
#include <vector>

#include <unistd.h>

#include "backend/surface_backend.h"
#include "cli/doctor/doctor.h"
#include "cli/listener.h"
#include "cli/logging.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/replay_mode.h"
#include "cli/selftest/selftest.h"
#include "cli/session_process.h"
#include "cli/tell.h"

namespace tv::cli {
namespace {

bool shows_status_line(const Options& options) {
    return options.stats && ::isatty(STDERR_FILENO) != 0;
}

Outcome<ModeResult> dispatch(Options options) {
    const WaylandEnvironment environment = WaylandEnvironment::take();
    const Log log = make_stderr_log(options.debug, shows_status_line(options));
    if (options.socket_fds) {
        ignore_sigpipe();
        raise_descriptor_limit();
        TV_ASSIGN(const int code, run_session_process(options, environment, log));
        return ModeResult{code, std::nullopt};
    }
    if (options.mode == Mode::Replay) {
        ignore_sigpipe();
        raise_descriptor_limit();
        TV_ASSIGN(const int code, run_replay_mode(options, environment, log));
        return ModeResult{code, std::nullopt};
    }
    return options.mode == Mode::Ssh ? run_ssh_mode(std::move(options), environment, log)
                                     : run_client_mode(std::move(options), environment, log);
}

int report(const Failure& failure, bool status_line = false) {
    tell(failure.message, status_line);
    return 1;
}

int run(const std::vector<std::string>& arguments) {
    occupy_standard_descriptors();
    auto options = parse_options(arguments);
    if (!options) return report(options.error());
    if (options->mode == Mode::Help || options->mode == Mode::Version)
        return print_out(options->mode == Mode::Help ? help_text() : version_text()) ? 0 : 1;
    if (options->mode == Mode::Selftest) return selftest_mode(options->json);
    if (options->mode == Mode::Doctor) return doctor_mode(*options, backend::surface_backend().store.get());
    for (const std::string& notice : options->notices) tell(notice);
    const bool status_line = shows_status_line(*options);
    const auto result = dispatch(std::move(*options));
    if (!result) return report(result.error(), status_line);
    if (result->die_from) die_from(*result->die_from);
    return result->exit_code;
}

} // namespace
} // namespace tv::cli

int main(int argc, char** argv) {
    return tv::cli::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
