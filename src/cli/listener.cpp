#include "cli/listener.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/executable_path.h"
#include "cli/lessons.h"
#include "cli/process.h"
#include "cli/recordings.h"
#include "cli/security_context.h"
#include "cli/session_process.h"
#include "cli/ssh.h"
#include "cli/stats_hub.h"
#include "cli/store_choice.h"
#include "cli/supervisor.h"
#include "cli/tell.h"
#include "cli/unix_socket.h"
#include "cli/vsock.h"

namespace tv::cli {
namespace {

// Numbers of the descriptors in a connection's process.
constexpr int kChannelNumber = 3;
constexpr int kCompositorNumber = 4;
constexpr int kStatsNumber = 5;
constexpr int kLessonsNumber = 6;
constexpr std::size_t kTagLength = 10;

// What every connection's process is started with, and what lives as long as the listener.
class SessionStarter {
public:
    [[nodiscard]] static Outcome<SessionStarter>
    create(const Options& options, const WaylandEnvironment& environment, const Log& log) {
        SessionStarter starter;
        // Of the second connection's, too: what an earlier run has left would be in the way later.
        for (unsigned connection = 1; options.record && connection <= 2; ++connection)
            TV_TRY(check_recording_path(recording_path(*options.record, connection)));
        TV_ASSIGN(starter.place_, find_compositor(environment));
        if (options.security_context) {
            TV_ASSIGN(auto context,
                      SecurityContext::create(starter.place_, environment, *options.security_context));
            starter.context_.emplace(std::move(context));
            starter.place_.path = starter.context_->path();
        } else if (!starter.place_.connection.valid()) {
            // Only to find out now rather than at the first application.
            TV_TRY(connect_compositor(starter.place_.path));
        }
        auto program = executable_path();
        if (!program)
            return failure(fmt::format("cannot find this program's own file: {}", describe(program.error())));
        starter.request_.program = std::move(*program);
        starter.options_ = options;
        TV_TRY(starter.decide_store(log));
        starter.request_.detach_stdio = true;
        starter.request_.environment_changes =
            starter.place_.connection.valid()
                ? std::vector{fmt::format("WAYLAND_SOCKET={}", kCompositorNumber)}
                : std::vector{std::string("WAYLAND_SOCKET"), "WAYLAND_DISPLAY=" + starter.place_.path};
        return starter;
    }

    // The compositor's connection can be handed over only once.
    [[nodiscard]] bool only_once() const { return place_.connection.valid(); }

    // `stats`: null without statistics.
    Result<pid_t> start(int channel, StatsHub* stats) {
        request_.descriptors = {{channel, kChannelNumber}, {lessons_.descriptor(), kLessonsNumber}};
        lessons_.apply(options_, log_);
        request_.arguments = session_process_arguments(options_, kChannelNumber, next_recording(),
                                                       kStatsNumber, kLessonsNumber);
        if (only_once()) request_.descriptors.push_back({place_.connection.get(), kCompositorNumber});
        UniqueFd statistics;
        if (stats != nullptr) {
            TV_ASSIGN(statistics, stats->add_connection());
            request_.descriptors.push_back({statistics.get(), kStatsNumber});
        }
        auto pid = spawn(request_);
        if (pid) place_.connection.reset();
        if (pid) ++started_;
        return pid;
    }

private:
    SessionStarter() = default;

    // Once for all connections, unless one of them learns better.
    Done decide_store(const Log& log) {
        log_ = log;
        TV_ASSIGN(options_.store, choose_store(options_, place_.path, backend::surface_backend(), log));
        TV_ASSIGN(lessons_, Lessons::create());
        return {};
    }

    // The next application is shown, whatever has become of the folder since the start.
    [[nodiscard]] std::optional<std::string> next_recording() const {
        if (!options_.record) return std::nullopt;
        std::string path = recording_path(*options_.record, started_ + 1);
        if (const auto free = check_recording_path(path); !free) {
            tell(free.error().message + "; this application is not recorded");
            return std::nullopt;
        }
        return path;
    }

    Options options_;
    Log log_;
    Lessons lessons_;
    unsigned started_ = 0; // connections

    CompositorPlace place_;
    std::optional<SecurityContext> context_;
    SpawnRequest request_;
};

// A Unix or vsock listener.
class AnyListener {
public:
    [[nodiscard]] static Outcome<AnyListener> create(const Options& options, const std::string& path) {
        AnyListener listener;
        const int backlog = options.oneshot ? 1 : kListenBacklog;
        if (!options.vsock_address) {
            TV_ASSIGN(auto bound, UnixListener::bind(path, backlog));
            listener.unix_.emplace(std::move(bound));
            return listener;
        }
        auto bound = listen_vsock(*options.vsock_address, backlog);
        if (!bound)
            return failure(fmt::format("cannot listen on vsock port {}: {}", options.vsock_address->port,
                                       describe(bound.error())));
        listener.vsock_ = std::move(*bound);
        return listener;
    }

    [[nodiscard]] int fd() const { return unix_ ? unix_->fd() : vsock_.get(); }
    void close() {
        if (unix_) unix_->close();
        vsock_.reset();
    }

private:
    AnyListener() = default;
    std::optional<UnixListener> unix_;
    UniqueFd vsock_;
};

Outcome<std::string> random_tag() {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    // Bytes from here on would make the first letters likelier.
    constexpr unsigned kFair = 256 / kLetters.size() * kLetters.size();
    std::string tag;
    while (tag.size() < kTagLength) {
        unsigned char byte = 0;
        if (::getentropy(&byte, 1) != 0)
            return failure(fmt::format("cannot get random bytes: {}", errno_text(errno)));
        if (byte < kFair) tag += kLetters[byte % kLetters.size()];
    }
    return tag;
}

Outcome<int> prepare_signals() {
    ignore_sigpipe();
    raise_descriptor_limit();
    auto pipe = install_signal_pipe();
    if (!pipe) return failure(fmt::format("cannot watch for signals: {}", describe(pipe.error())));
    return *pipe;
}

SupervisorConfig make_config(const Options& options, AnyListener& listener, SessionStarter& starter,
                             int signal_pipe, StatsHub* stats, const Log& log) {
    SupervisorConfig config;
    config.listener = listener.fd();
    config.stop_listening = [&listener] { listener.close(); };
    config.start_session = [&starter, stats](int channel) { return starter.start(channel, stats); };
    config.stats = stats;
    config.oneshot = options.oneshot;
    config.signal_pipe = signal_pipe;
    config.log = log;
    return config;
}

} // namespace

Outcome<ModeResult> run_client_mode(Options options, const WaylandEnvironment& environment, const Log& log) {
    TV_ASSIGN(SessionStarter starter, SessionStarter::create(options, environment, log));
    if (starter.only_once()) options.oneshot = true;
    TV_ASSIGN(const int signal_pipe, prepare_signals());
    const std::string path = options.socket.value_or(kDefaultClientSocket);
    TV_ASSIGN(AnyListener listener, AnyListener::create(options, path));
    std::optional<StatsHub> stats;
    if (options.stats) stats.emplace(STDERR_FILENO);
    if (::isatty(STDERR_FILENO) != 0) tell(fmt::format("waiting for 'waypipe server' on {}", path));

    const SupervisorReport report =
        supervise(make_config(options, listener, starter, signal_pipe, stats ? &*stats : nullptr, log));
    ModeResult result;
    result.die_from = report.stopped_by;
    // Without oneshot only a signal ends this mode.
    result.exit_code = report.sessions > 0 ? exit_code_of(report.last_session_status) : 0;
    return result;
}

Outcome<ModeResult> run_ssh_mode(Options options, const WaylandEnvironment& environment, const Log& log) {
    TV_ASSIGN(const SshWords words, parse_ssh_words(options.arguments));
    TV_ASSIGN(SessionStarter starter, SessionStarter::create(options, environment, log));
    if (starter.only_once()) options.oneshot = true;
    TV_ASSIGN(const std::string tag, random_tag());
    TV_ASSIGN(const SshSockets sockets, choose_ssh_sockets(options, tag));
    TV_ASSIGN(const int signal_pipe, prepare_signals());
    // The remote side connects to the address; we listen for whoever reaches the port.
    if (options.vsock_address) options.vsock_address->cid.reset();
    TV_ASSIGN(AnyListener listener, AnyListener::create(options, sockets.local));

    std::optional<StatsHub> stats;
    if (options.stats) stats.emplace(STDERR_FILENO);
    SpawnRequest ssh;
    ssh.program = options.ssh_program;
    ssh.search_path = true;
    ssh.arguments = ssh_command(options, words, sockets);
    log.debug("starting: {}", fmt::join(ssh.arguments, " "));
    const auto pid = spawn(ssh);
    if (!pid)
        return failure(
            fmt::format("cannot start '{}': {}; install OpenSSH's client, or name another with --ssh-bin",
                        options.ssh_program, errno_text(pid.error().sys_errno)));

    SupervisorConfig config =
        make_config(options, listener, starter, signal_pipe, stats ? &*stats : nullptr, log);
    config.ssh = *pid;
    const SupervisorReport report = supervise(std::move(config));
    stats.reset();
    ModeResult result;
    result.die_from = report.stopped_by;
    if (!report.ssh_status) return failure("ssh was lost");
    result.exit_code = exit_code_of(*report.ssh_status);
    if (!report.stopped_by)
        if (const auto line = explain_ssh_end(*report.ssh_status, report.sessions, options, words))
            tell(*line);
    return result;
}

} // namespace tv::cli
