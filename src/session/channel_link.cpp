#include "session/channel_link.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tv {
namespace {

bool is_socket(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

// One read of the compositor: what libwayland buffers, several times over.
constexpr std::size_t kCompositorRead = 16 * limits::kKiB;

} // namespace

ChannelLink::ChannelLink(UniqueFd in, UniqueFd out, ChannelTap* tap)
    : in_(std::move(in)), out_(std::move(out)), tap_(tap), in_is_socket_(is_socket(in_.get())),
      out_is_socket_(out_.valid() ? is_socket(out_.get()) : in_is_socket_) {
    if (in_is_socket_) prepare_socket(in_.get());
    if (out_.valid() && out_is_socket_) prepare_socket(out_.get());
}

Result<std::size_t> ChannelLink::read(std::span<iovec> into) {
    auto count = read_some(into);
    if (tap_ != nullptr && count) show(into, *count);
    return count;
}

Result<std::size_t> ChannelLink::write(Bytes bytes) {
    auto count = write_some(bytes);
    if (tap_ != nullptr && count && *count != 0)
        tap_->passed(ChannelDirection::ToApplication, bytes.first(*count));
    return count;
}

// What was just read, wherever it was put: also what went straight into a mapped file.
void ChannelLink::show(std::span<const iovec> read, std::size_t count) const {
    for (const iovec& part : read) {
        const std::size_t here = std::min(count, part.iov_len);
        if (here == 0) return;
        tap_->passed(ChannelDirection::FromApplication, {static_cast<const std::byte*>(part.iov_base), here});
        count -= here;
    }
}

Result<std::size_t> ChannelLink::read_some(std::span<iovec> into) {
    if (in_is_socket_) return receive_some(in_.get(), into, nullptr);
    ssize_t count = ::readv(in_.get(), into.data(), static_cast<int>(into.size()));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return fail(ErrorCategory::TryAgain, "readv of the channel");
    return fail_errno("readv of the channel");
}

Result<std::size_t> ChannelLink::write_some(Bytes bytes) {
    if (out_is_socket_) return send_some(out(), bytes, {});
    pollfd ask{out(), POLLOUT, 0};
    if (::poll(&ask, 1, 0) != 1) return fail(ErrorCategory::TryAgain, "write to the channel");
    ssize_t count = ::write(out(), bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return fail(ErrorCategory::TryAgain, "write to the channel");
    if (errno == EPIPE) return fail(ErrorCategory::Closed, "write to the channel");
    return fail_errno("write to the channel");
}

void ChannelLink::finish_writing() {
    if (out_is_socket_) (void)::shutdown(out(), SHUT_WR);
}

Result<std::size_t> CompositorLink::receive(ByteQueue& bytes, Fifo<UniqueFd>& fds) {
    MutableBytes room = bytes.spare(kCompositorRead);
    iovec part{room.data(), room.size()};
    auto count = receive_some(socket_.get(), std::span(&part, 1), &fds);
    if (count) bytes.commit(*count);
    return count;
}

} // namespace tv
