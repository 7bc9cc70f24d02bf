#include "cli/replay_mode.h"

#include <optional>

#include <fmt/format.h>

#include "cli/session_process.h"
#include "cli/store_choice.h"
#include "cli/tell.h"
#include "replay/replay.h"

namespace tv::cli {
namespace {

Outcome<replay::RecordingReader> open_recording(const std::string& path) {
    auto recording = replay::RecordingReader::open(path);
    if (recording) return std::move(*recording);
    const Error& error = recording.error();
    return failure(
        fmt::format("cannot replay '{}': {}", path,
                    error.category == ErrorCategory::Io ? errno_text(error.sys_errno) : describe(error)));
}

void sum_up(const replay::PlayReport& play) {
    if (play.cut_off) tell("the recording is cut off; what there is was played");
    tell(fmt::format("replayed {} messages, {} bytes in {:.3f} s; {} waits ran out", play.messages,
                     play.bytes, static_cast<double>(play.nanoseconds) / 1e9, play.waits_run_out));
}

} // namespace

Outcome<int> run_replay_mode(const Options& options, const WaylandEnvironment& environment, const Log& log) {
    TV_ASSIGN(auto recording, open_recording(options.recording));
    std::optional<SecurityContext> context;
    const backend::SurfaceBackend surfaces = backend::surface_backend();
    Options decided = options;
    TV_ASSIGN(decided.store, choose_store(options, environment, surfaces, log));
    TV_ASSIGN(UniqueFd compositor, open_compositor(options, environment, context));
    replay::PlayOptions play;
    play.speed = options.speed.value_or(1);
    play.log = log;
    SessionConfig config = session_config(decided, surfaces, log);
    TV_ASSIGN(config.statistics, open_statistics(options));
    auto report = replay::replay(recording, std::move(compositor), std::move(config), std::move(play));
    if (!report)
        return failure(fmt::format("cannot replay '{}': {}", options.recording, describe(report.error())));
    sum_up(report->play);
    const SessionReport& session = report->session;
    if (session.end == SessionEnd::CompositorClosed)
        return failure("the compositor closed the connection before the end of the recording");
    if (session.end == SessionEnd::Failed)
        return failure(fmt::format("the recording was refused: {}",
                                   session.error ? describe(*session.error) : "unknown reason"));
    if (report->play.refusal) return failure("the recording was refused: " + *report->play.refusal);
    return 0;
}

} // namespace tv::cli
