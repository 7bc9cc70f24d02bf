#include "cli/stats_pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace tv::cli {
namespace {

// The listener reads whenever it is not stopped.
constexpr int kFinishMs = 200;

} // namespace

Result<StatsPipe> StatsPipe::create(UniqueFd pipe) {
    if (::fcntl(pipe.get(), F_SETFL, O_NONBLOCK) != 0 || ::fcntl(pipe.get(), F_SETFD, FD_CLOEXEC) != 0)
        return fail_errno("fcntl");
    return StatsPipe(std::move(pipe));
}

bool StatsPipe::flush() {
    if (rest_.empty()) return true;
    const ssize_t count = ::write(pipe_.get(), rest_.data(), rest_.size());
    if (count > 0) rest_.erase(0, static_cast<std::size_t>(count));
    return rest_.empty();
}

void StatsPipe::write(std::string_view line) {
    if (!flush()) return;
    const ssize_t count = ::write(pipe_.get(), line.data(), line.size());
    if (count > 0) rest_ = line.substr(static_cast<std::size_t>(count));
}

void StatsPipe::finish(std::string_view line) {
    const auto wait = [this] {
        pollfd ask{pipe_.get(), POLLOUT, 0};
        return ::poll(&ask, 1, kFinishMs) > 0 && (ask.revents & POLLOUT) != 0;
    };
    while (!flush())
        if (!wait()) return;
    rest_ = line;
    while (!flush())
        if (!wait()) return;
}

} // namespace tv::cli
