// The program's main loop: accepts channels, gives each a process of its own, watches them and ssh end.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/result.h"

namespace tv::cli {

class StatsHub;

// More at once than any desktop has windows; keeps a hostile remote side from filling the process table.
// Further channels wait in the listen queue.
inline constexpr std::size_t kMaxSessions = 512;
inline constexpr int kListenBacklog = 128;
// From SIGTERM to SIGKILL for children that do not end.
inline constexpr std::int64_t kGraceNs = 2'000'000'000;
// Before trying again to accept when descriptors or processes have run out.
inline constexpr std::int64_t kBackOffNs = 200'000'000;

struct SupervisorConfig {
    int listener = -1;                                       // borrowed, non-blocking
    std::function<void()> stop_listening;                    // closes it and removes its file
    std::function<Result<pid_t>(int channel)> start_session; // the channel is borrowed
    std::optional<pid_t> ssh;                                // when it ends, accepting ends
    bool oneshot = false;
    int signal_pipe = -1;      // of install_signal_pipe()
    StatsHub* stats = nullptr; // may be null
    Log log;
};

struct SupervisorReport {
    unsigned sessions = 0;         // started
    int last_session_status = 0;   // wait status of the one that ended last
    std::optional<int> ssh_status; // wait status
    std::optional<int> stopped_by; // signal that ended it all
};

// Runs until there is nothing left to serve, or a signal has ended everything. No child is left when it
// returns.
[[nodiscard]] SupervisorReport supervise(SupervisorConfig config);

} // namespace tv::cli
