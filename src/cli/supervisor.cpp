#include "cli/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "cli/process.h"
#include "cli/stats_hub.h"

namespace tv::cli {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

class Supervisor {
public:
    explicit Supervisor(SupervisorConfig config) : config_(std::move(config)), ssh_(config_.ssh) {}

    SupervisorReport run() {
        while (accepting_ || ssh_ || !sessions_.empty()) {
            wait();
            take_signals();
            reap_children();
            if (config_.stats != nullptr) config_.stats->serve(now());
            if (kill_at_ && now() >= *kill_at_) kill_the_rest();
            if (accepting_ && listener_ready_) accept_channels();
        }
        if (config_.stats != nullptr) config_.stats->finish();
        return report_;
    }

private:
    [[nodiscard]] static std::int64_t now() { return system_clock().steady(); }

    void wait() {
        listener_ready_ = false;
        const std::int64_t time = now();
        const bool listen = accepting_ && sessions_.size() < kMaxSessions && time >= accept_again_at_;
        // A negative descriptor is skipped by poll.
        entries_.assign({{config_.signal_pipe, POLLIN, 0}, {listen ? config_.listener : -1, POLLIN, 0}});
        if (config_.stats != nullptr) config_.stats->collect(entries_);
        std::int64_t wake_at = INT64_MAX;
        if (kill_at_) wake_at = std::min(wake_at, *kill_at_);
        if (accepting_ && time < accept_again_at_) wake_at = std::min(wake_at, accept_again_at_);
        if (config_.stats != nullptr) wake_at = std::min(wake_at, config_.stats->next().value_or(INT64_MAX));
        const int timeout =
            wake_at == INT64_MAX
                ? -1
                : static_cast<int>(std::max<std::int64_t>(0, (wake_at - time) / kNsPerMs + 1));
        if (::poll(entries_.data(), static_cast<nfds_t>(entries_.size()), timeout) > 0)
            listener_ready_ = entries_[1].revents != 0;
    }

    void take_signals() {
        while (auto signal = next_signal(config_.signal_pipe)) {
            if (*signal == SIGCHLD) continue;
            config_.log.debug("signal {}: ending {} connections", *signal, sessions_.size());
            if (!report_.stopped_by) report_.stopped_by = signal;
            stop_accepting();
            for (pid_t pid : sessions_) (void)::kill(pid, SIGTERM);
            if (ssh_) (void)::kill(*ssh_, SIGTERM);
            if (!kill_at_) kill_at_ = now() + kGraceNs;
        }
    }

    void kill_the_rest() {
        config_.log.warning("ending what did not end by itself");
        for (pid_t pid : sessions_) (void)::kill(pid, SIGKILL);
        if (ssh_) (void)::kill(*ssh_, SIGKILL);
        kill_at_.reset();
    }

    void reap_children() {
        std::erase_if(sessions_, [&](pid_t pid) {
            const auto status = reap(pid);
            if (!status) return false;
            report_.last_session_status = *status;
            config_.log.debug("connection process {} ended with {}", pid, exit_code_of(*status));
            return true;
        });
        if (!ssh_) return;
        if (const auto status = reap(*ssh_)) {
            report_.ssh_status = status;
            ssh_.reset();
            config_.log.debug("ssh ended with {}", exit_code_of(*status));
            stop_accepting();
        }
    }

    void stop_accepting() {
        if (!accepting_) return;
        accepting_ = false;
        config_.stop_listening();
    }

    void accept_channels() {
        while (accepting_ && sessions_.size() < kMaxSessions) {
            const UniqueFd channel = UniqueFd::adopt(::accept(config_.listener, nullptr, nullptr));
            if (!channel.valid()) {
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                    back_off("cannot accept another connection now", errno);
                // Everything else is that connection's own failure; no more of them waiting is the usual one.
                else if (errno == EINTR || errno == ECONNABORTED)
                    continue;
                return;
            }
            (void)::fcntl(channel.get(), F_SETFD, FD_CLOEXEC);
            start(channel.get());
        }
        if (accepting_ && sessions_.size() >= kMaxSessions && !told_limit_) {
            told_limit_ = true;
            config_.log.warning("{} applications are connected; more have to wait", kMaxSessions);
        }
    }

    void start(int channel) {
        const auto pid = config_.start_session(channel);
        if (!pid) {
            back_off("cannot start a process for a connection", pid.error().sys_errno);
            return;
        }
        config_.log.debug("connection served by process {}", *pid);
        sessions_.push_back(*pid);
        ++report_.sessions;
        if (config_.oneshot) stop_accepting();
    }

    void back_off(const char* what, int code) {
        config_.log.warning("{}: {}", what, describe(Error{ErrorCategory::Io, "trying again soon", code}));
        accept_again_at_ = now() + kBackOffNs;
    }

    SupervisorConfig config_;
    SupervisorReport report_;
    std::vector<pid_t> sessions_;
    std::vector<pollfd> entries_;
    std::optional<pid_t> ssh_;
    std::optional<std::int64_t> kill_at_;
    std::int64_t accept_again_at_ = 0;
    bool accepting_ = true;
    bool listener_ready_ = false;
    bool told_limit_ = false;
};

} // namespace

SupervisorReport supervise(SupervisorConfig config) {
    return Supervisor(std::move(config)).run();
}

} // namespace tv::cli
