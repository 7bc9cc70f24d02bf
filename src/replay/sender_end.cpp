#include "replay/sender_end.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/socket.h"

namespace tv::replay {
namespace {

constexpr std::size_t kRead = 64 * limits::kKiB;

} // namespace

SenderEnd::SenderEnd(UniqueFd socket) : socket_(std::move(socket)) {
    prepare_socket(socket_.get());
}

Status SenderEnd::pump(int timeout_ms, const Take& take) {
    if (ended_) return {};
    pollfd watched{socket_.get(), static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
    if (::poll(&watched, 1, timeout_ms) <= 0) return {};
    if ((watched.revents & POLLOUT) != 0 && !out_.empty()) {
        const auto count = send_some(socket_.get(), out_.bytes(), {});
        if (count) {
            out_.consume(*count);
            sent_ += *count;
        } else if (count.error().category == ErrorCategory::Closed) {
            out_ = {}; // the reason may still be there to read
        } else if (count.error().category != ErrorCategory::TryAgain) {
            return std::unexpected(count.error());
        }
    }
    if ((watched.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return {};
    return receive(take);
}

Status SenderEnd::receive(const Take& take) {
    const MutableBytes room = in_.spare(kRead);
    iovec part{room.data(), room.size()};
    const auto count = receive_some(socket_.get(), std::span(&part, 1), nullptr);
    if (!count && count.error().category == ErrorCategory::TryAgain) return {};
    if (!count && count.error().category != ErrorCategory::Closed) return std::unexpected(count.error());
    if (!count || *count == 0) {
        ended_ = true;
        return {};
    }
    in_.commit(*count);
    while (in_.size() >= kFrameWordSize) {
        TV_ASSIGN(FrameWord frame, peek_frame(in_.bytes()));
        if (in_.size() < frame.padded_size()) break;
        take(frame.type, in_.bytes().first(frame.size));
        in_.consume(frame.padded_size());
    }
    return {};
}

void SenderEnd::finish_writing() {
    (void)::shutdown(socket_.get(), SHUT_WR);
}

} // namespace tv::replay
