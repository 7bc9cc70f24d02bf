// Gathers the statistics of all connections' processes and shows them on standard error: a status line on a
// terminal, their JSON lines otherwise.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

#include "base/fd.h"
#include "base/result.h"
#include "cli/stats_line.h"

namespace tv::cli {

// Single-threaded. Waits for nobody: what a slow reader of standard error has no room for is queued up to a
// limit and then dropped, line by line.
class StatsHub {
public:
    // `out` is borrowed.
    explicit StatsHub(int out);
    ~StatsHub(); // takes the status line away
    StatsHub(const StatsHub&) = delete;
    StatsHub& operator=(const StatsHub&) = delete;

    // The end that a new connection's process writes to; its other end is read here until it closes.
    [[nodiscard]] Result<UniqueFd> add_connection();

    // A line of this process's own, in place of connections'. `last`: waits a little for a slow reader.
    void show(std::string_view line, bool last);

    // For the supervisor's poll: appends what is waited for.
    void collect(std::vector<pollfd>& entries) const;
    // After it; `now`: steady nanoseconds.
    void serve(std::int64_t now);
    // When serve() must run even if nothing happens.
    [[nodiscard]] std::optional<std::int64_t> next() const { return redraw_at_; }
    // The last lines of processes that have ended. Waits a little for a slow reader.
    void finish();

private:
    struct Connection {
        UniqueFd pipe; // invalid: this process's own
        std::string partial;
        AppSummary latest;
        std::int64_t heard_at = 0;
    };

    // False: it ended, or does not keep to lines.
    [[nodiscard]] bool read(Connection& connection, std::int64_t now);
    void take_line(Connection& connection, std::string_view line, std::int64_t now);
    void flush();
    void flush_all();
    void draw();

    const int out_;
    const bool terminal_;
    std::vector<Connection> connections_;
    std::deque<std::string> queue_; // lines with their ends; the first may be a rest
    std::size_t queued_ = 0;        // bytes
    std::optional<std::int64_t> redraw_at_;
    std::string drawn_;
};

} // namespace tv::cli
