#include "cli/session_process.h"

#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/thread_setup.h"
#include "cli/lessons.h"
#include "cli/process.h"
#include "cli/recordings.h"
#include "cli/stats_hub.h"
#include "cli/stats_json.h"
#include "cli/stats_pipe.h"
#include "cli/store_choice.h"
#include "session/refuse.h"
#include "session/session.h"
#include "video/decoders.h"

namespace tv::cli {
namespace {

// What the signal handler needs; set while run() runs.
std::atomic<Session*> running_session = nullptr;
std::atomic<int> stopped_by = 0;
static_assert(std::atomic<Session*>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers may only use lock-free atomics");

void on_stop_signal(int signal) {
    stopped_by = signal;
    if (Session* session = running_session) session->stop();
}

void handle_stop_signals() {
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
        struct sigaction old{};
        if (::sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) continue;
        struct sigaction action{};
        action.sa_handler = on_stop_signal;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        (void)::sigaction(signal, &action, nullptr);
    }
}

Outcome<UniqueFd> take_descriptor(int number) {
    if (::fcntl(number, F_GETFD) < 0)
        return failure(fmt::format("--socket-fds: descriptor {} is not open", number));
    return UniqueFd::adopt(number);
}

Outcome<SessionEndpoints> open_channel(const Options& options) {
    SessionEndpoints endpoints;
    TV_ASSIGN(endpoints.channel_in, take_descriptor(options.socket_fds->read));
    if (options.socket_fds->write != options.socket_fds->read) {
        TV_ASSIGN(endpoints.channel_out, take_descriptor(options.socket_fds->write));
    }
    return endpoints;
}

} // namespace

Outcome<UniqueFd> open_compositor(const Options& options, const WaylandEnvironment& environment,
                                  std::optional<SecurityContext>& context) {
    TV_ASSIGN(CompositorPlace place, find_compositor(environment));
    if (options.security_context) {
        TV_ASSIGN(auto made, SecurityContext::create(place, environment, *options.security_context));
        context.emplace(std::move(made));
        place.path = context->path();
    }
    if (place.connection.valid()) return std::move(place.connection);
    return connect_compositor(place.path);
}

// Snapshots go to the listener, or are shown here when somebody else started this process.
Outcome<std::function<void(const StatisticsSnapshot&)>> open_statistics(const Options& options) {
    if (!options.stats) return {};
    if (!options.stats_fd)
        return [hub = std::make_shared<StatsHub>(STDERR_FILENO)](const StatisticsSnapshot& snapshot) {
            hub->show(stats_json(snapshot, ::getpid()), snapshot.final);
        };
    auto pipe = StatsPipe::create(UniqueFd::adopt(*options.stats_fd));
    if (!pipe) return failure(fmt::format("cannot write statistics: {}", describe(pipe.error())));
    return [pipe = std::make_shared<StatsPipe>(std::move(*pipe))](const StatisticsSnapshot& snapshot) {
        const std::string line = stats_json(snapshot, ::getpid());
        if (snapshot.final)
            pipe->finish(line);
        else
            pipe->write(line);
    };
}

namespace {

// What has to be there before the application is told that it may go on.
struct Prepared {
    Options options; // the store decided
    UniqueFd compositor;
    std::unique_ptr<replay::Recorder> recorder; // null: nothing is recorded
};

Outcome<int> explain(const SessionReport& report, const Log& log) {
    switch (report.end) {
    case SessionEnd::ApplicationClosed:
        log.debug("the application closed its connection");
        return 0;
    case SessionEnd::Stopped:
        log.debug("stopped by a signal");
        return 0;
    case SessionEnd::CompositorClosed:
        return failure("the compositor closed the connection of an application");
    case SessionEnd::Failed:
        break;
    }
    return failure(fmt::format("an application's connection was ended: {}",
                               report.error ? describe(*report.error) : "unknown reason"));
}

} // namespace

SessionConfig session_config(const Options& options, const backend::SurfaceBackend& backend, const Log& log) {
    SessionConfig config;
    if (options.store == StoreWish::IOSurface) {
        config.surfaces = backend.store;
        config.make_surface_painter = backend.make_painter;
    }
    if (options.lessons_fd)
        config.surfaces_refused = [pipe = *options.lessons_fd] { tell_lesson(pipe, Lesson::SurfaceRefused); };
    config.title_prefix = options.title_prefix;
    config.worker_threads = options.threads;
    config.thread_started = [] { set_thread_qos(ThreadQos::UserInteractive); };
    config.offer_gpu = !options.no_gpu;
    if (config.offer_gpu)
        for (auto& decoder : video::available_decoders(options.video.decoder == VideoEngine::Software))
            config.decoders.push_back(std::move(decoder));
    config.log = log;
    return config;
}

Outcome<int> run_session_process(const Options& options, const WaylandEnvironment& environment,
                                 const Log& log) {
    std::optional<SecurityContext> context;
    const backend::SurfaceBackend surfaces = backend::surface_backend();
    // Before WAYLAND_SOCKET is moved, so that a number given twice by mistake is found.
    TV_ASSIGN(SessionEndpoints endpoints, open_channel(options));
    auto prepared = [&]() -> Outcome<Prepared> {
        Prepared made{options, {}, {}};
        TV_ASSIGN(made.options.store, choose_store(options, environment, surfaces, log));
        TV_ASSIGN(made.compositor, open_compositor(options, environment, context));
        TV_ASSIGN(made.recorder, start_recording(options, log));
        return made;
    }();
    if (!prepared) {
        refuse_connection(std::move(endpoints), "tunnelview: " + prepared.error().message);
        return std::unexpected(prepared.error());
    }
    endpoints.compositor = std::move(prepared->compositor);
    SessionConfig config = session_config(prepared->options, surfaces, log);
    TV_ASSIGN(config.statistics, open_statistics(options));
    config.tap = prepared->recorder.get();
    auto session = Session::create(std::move(endpoints), std::move(config));
    if (!session) return failure(fmt::format("cannot serve a connection: {}", describe(session.error())));

    running_session = session->get();
    handle_stop_signals();
    set_thread_qos(ThreadQos::UserInteractive);
    const SessionReport report = (*session)->run();
    running_session = nullptr;
    session->reset(); // and with it the status line
    prepared->recorder.reset();
    context.reset();
    if (stopped_by != 0) die_from(stopped_by);
    if (report.gave_up_over_gpu) {
        log.warning("an application was ended by the remote waypipe as soon as it was offered dmabufs; if it "
                    "names Vulkan, start it again, with --no-gpu, or install a Vulkan driver there");
        if (options.lessons_fd) tell_lesson(*options.lessons_fd, Lesson::NoRemoteGpu);
    }
    return explain(report, log);
}

std::vector<std::string> session_process_arguments(const Options& options, int channel,
                                                   const std::optional<std::string>& record, int stats,
                                                   int lessons) {
    std::vector<std::string> arguments{"tunnelview"};
    if (options.debug) arguments.emplace_back("--debug");
    if (options.no_gpu) arguments.emplace_back("--no-gpu");
    if (options.video.decoder == VideoEngine::Software) arguments.emplace_back("--video=swdec");
    if (options.store == StoreWish::Shm) arguments.emplace_back("--store=shm");
    if (options.store == StoreWish::IOSurface) {
        arguments.emplace_back("--store=iosurface");
    }
    arguments.push_back(fmt::format("--lessons-fd={}", lessons));
    if (options.threads != 0) arguments.push_back(fmt::format("--threads={}", options.threads));
    if (!options.title_prefix.empty())
        arguments.push_back(fmt::format("--title-prefix={}", options.title_prefix));
    if (record) arguments.push_back("--record=" + *record);
    if (options.stats) arguments.push_back(fmt::format("--stats-fd={}", stats));
    arguments.push_back(fmt::format("--socket-fds={},{}", channel, channel));
    arguments.emplace_back("client");
    return arguments;
}

} // namespace tv::cli
