#include "mirror/pipe.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tv::mirror {
namespace {

// One pipe must not keep the poll thread from the others for long.
constexpr std::size_t kWritesPerTurn = 64;

// A sink's descriptor is the compositor's: its flags are not ours to change, and it may block. What poll
// calls writable takes PIPE_BUF bytes without blocking.
bool writable_now(int fd) {
    pollfd ask{fd, POLLOUT, 0};
    return ::poll(&ask, 1, 0) == 1;
}

Status prepare(int fd, bool nonblocking) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return fail_errno("fcntl(F_SETFD)");
    if (nonblocking && ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        return fail_errno("fcntl(F_SETFL)");
    return {};
}

} // namespace

Result<Pipe> Pipe::make(Rid rid, MessageType opened_by) {
    Pipe pipe;
    pipe.rid_ = rid;
    pipe.reads_ = opened_by != MessageType::OpenIWPipe;
    pipe.writes_ = opened_by != MessageType::OpenIRPipe;
    int ends[2];
    if (opened_by == MessageType::OpenRWPipe) {
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return fail_errno("socketpair");
    } else if (::pipe(ends) != 0) {
        return fail_errno("pipe");
    }
    bool keep_read_end = pipe.reads_;
    pipe.local_ = UniqueFd::adopt(ends[keep_read_end ? 0 : 1]);
    pipe.given_away_ = UniqueFd::adopt(ends[keep_read_end ? 1 : 0]);
    TV_TRY(prepare(pipe.local_.get(), true));
    TV_TRY(prepare(pipe.given_away_.get(), false));
    return pipe;
}

Pipe Pipe::sink(Rid rid, UniqueFd write_end) {
    Pipe pipe;
    pipe.rid_ = rid;
    pipe.writes_ = true;
    pipe.may_block_ = true;
    pipe.local_ = std::move(write_end);
    return pipe;
}

Result<std::size_t> Pipe::read(MutableBytes into) {
    ssize_t count = ::read(local_.get(), into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return fail(ErrorCategory::TryAgain, "read of a pipe");
    return 0; // whatever broke it, no more data comes from there
}

Status Pipe::write() {
    for (std::size_t turn = 0; turn < kWritesPerTurn && !outgoing_.empty(); ++turn) {
        Bytes next = outgoing_.bytes();
        if (may_block_) {
            next = next.first(std::min<std::size_t>(next.size(), PIPE_BUF));
            if (!writable_now(local_.get())) return {};
        }
        ssize_t count = ::write(local_.get(), next.data(), next.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        if (count < 0) return fail(ErrorCategory::Closed, "local reader of a pipe");
        outgoing_.consume(static_cast<std::size_t>(count));
    }
    return {};
}

void Pipe::close_reading() {
    reads_ = false;
    if (!writes_) local_.reset();
}

void Pipe::close_writing() {
    writes_ = false;
    outgoing_ = {};
    if (!reads_)
        local_.reset();
    else
        (void)::shutdown(local_.get(), SHUT_WR);
}

} // namespace tv::mirror
