#include "cli/stats_hub.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/stats_json.h"

namespace tv::cli {
namespace {

// Some minutes of a few applications.
constexpr std::size_t kMaxQueued = 256 * 1024;
// One read of a connection that says a lot leaves the others their turn.
constexpr std::size_t kRead = 16 * 1024;
constexpr std::int64_t kRedrawNs = 1'000'000'000;
// An application that does nothing says nothing.
constexpr std::int64_t kQuietNs = 2'500'000'000;
constexpr int kFinishMs = 500;
constexpr std::size_t kUsualWidth = 80;

bool printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::size_t terminal_width(int terminal) {
    winsize size{};
    return ::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

} // namespace

StatsHub::StatsHub(int out) : out_(out), terminal_(::isatty(out) != 0) {}

StatsHub::~StatsHub() {
    if (!drawn_.empty()) (void)!::write(out_, kClearLine.data(), kClearLine.size());
}

Result<UniqueFd> StatsHub::add_connection() {
    int ends[2];
    if (::pipe(ends) != 0) return fail_errno("pipe");
    UniqueFd reading = UniqueFd::adopt(ends[0]);
    UniqueFd writing = UniqueFd::adopt(ends[1]);
    for (int end : ends)
        if (::fcntl(end, F_SETFD, FD_CLOEXEC) != 0) return fail_errno("fcntl");
    if (::fcntl(reading.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("fcntl");
    connections_.push_back({std::move(reading), {}, {}, 0});
    return writing;
}

void StatsHub::show(std::string_view line, bool last) {
    if (connections_.empty()) connections_.emplace_back();
    if (line.ends_with('\n')) line.remove_suffix(1);
    take_line(connections_.front(), line, 0);
    if (terminal_)
        draw();
    else if (last)
        flush_all();
    else
        flush();
}

void StatsHub::collect(std::vector<pollfd>& entries) const {
    for (const Connection& connection : connections_) entries.push_back({connection.pipe.get(), POLLIN, 0});
    if (!queue_.empty()) entries.push_back({out_, POLLOUT, 0});
}

void StatsHub::serve(std::int64_t now) {
    std::erase_if(connections_, [&](Connection& connection) { return !read(connection, now); });
    if (!terminal_) return flush();
    if (redraw_at_ && now < *redraw_at_) return;
    for (Connection& connection : connections_)
        if (now - connection.heard_at > kQuietNs)
            connection.latest.frames_per_second = connection.latest.mbit_per_second = 0;
    draw();
    redraw_at_.reset();
    if (!connections_.empty()) redraw_at_ = now + kRedrawNs;
}

bool StatsHub::read(Connection& connection, std::int64_t now) {
    char block[kRead];
    const ssize_t count = ::read(connection.pipe.get(), block, sizeof block);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false; // a line that its process could not finish is nobody's loss
    std::string_view text(block, static_cast<std::size_t>(count));
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        connection.partial += text.substr(0, end);
        take_line(connection, std::exchange(connection.partial, {}), now);
        text.remove_prefix(end + 1);
    }
    connection.partial += text;
    return connection.partial.size() < kMaxStatsLine;
}

// Its process reads what a hostile application sends, so it is not taken at its word either.
void StatsHub::take_line(Connection& connection, std::string_view line, std::int64_t now) {
    if (line.empty() || line.size() >= kMaxStatsLine || !printable(line)) return;
    if (terminal_) {
        connection.latest = summarize(line);
        connection.heard_at = now;
    } else if (queued_ + line.size() < kMaxQueued) {
        queue_.push_back(std::string(line) + '\n');
        queued_ += queue_.back().size();
    }
}

// A line a write. One that poll lets through does not block: it fits into what a pipe then has room for.
void StatsHub::flush() {
    while (!queue_.empty()) {
        pollfd ask{out_, POLLOUT, 0};
        if (::poll(&ask, 1, 0) <= 0) return;
        std::string& line = queue_.front();
        const ssize_t count = ::write(out_, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        // Nobody reads any more: nothing is gained by keeping it.
        const auto gone = count < 0 ? line.size() : static_cast<std::size_t>(count);
        queued_ -= gone;
        line.erase(0, gone);
        if (line.empty()) queue_.pop_front();
    }
}

void StatsHub::draw() {
    std::vector<AppSummary> apps;
    apps.reserve(connections_.size());
    for (const Connection& connection : connections_) apps.push_back(connection.latest);
    // The last column stays free: some terminals go on to the next line there.
    std::string line = apps.empty() ? std::string() : status_line(apps, terminal_width(out_) - 1);
    if (line.empty() && drawn_.empty()) return;
    pollfd ask{out_, POLLOUT, 0};
    if (::poll(&ask, 1, 0) <= 0) return;
    // The cursor goes back, so that what others print begins where the line begins.
    const std::string text = fmt::format("{}{}{}", kClearLine, line, line.empty() ? "" : "\r");
    (void)!::write(out_, text.data(), text.size());
    drawn_ = std::move(line);
}

void StatsHub::finish() {
    for (Connection& connection : connections_)
        while (read(connection, 0) && [&] {
            pollfd ask{connection.pipe.get(), POLLIN, 0};
            return ::poll(&ask, 1, 0) > 0;
        }()) {
        }
    connections_.clear();
    if (!terminal_) flush_all();
}

void StatsHub::flush_all() {
    for (flush(); !queue_.empty(); flush()) {
        pollfd ask{out_, POLLOUT, 0};
        if (::poll(&ask, 1, kFinishMs) <= 0) return;
    }
}

} // namespace tv::cli
