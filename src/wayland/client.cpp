#include "wayland/client.h"

#include <cerrno>

#include <poll.h>

#include "base/socket.h"

namespace tv::wayland {
namespace {

constexpr std::size_t kRead = 4096;

} // namespace

Status Client::wait(short events) {
    pollfd ask{socket_.get(), events, 0};
    int ready = 0;
    do ready = ::poll(&ask, 1, timeout_ms_);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return fail_errno("poll");
    if (ready == 0) return fail_errno("waiting for the compositor", ETIMEDOUT);
    return {};
}

Status Client::flush() {
    while (!out_.empty()) {
        auto sent = send_some(socket_.get(), out_.bytes(), fds_);
        if (sent) {
            fds_.clear();
            out_.consume(*sent);
        } else if (sent.error().category == ErrorCategory::TryAgain) {
            TV_TRY(wait(POLLOUT));
        } else {
            return std::unexpected(sent.error());
        }
    }
    return {};
}

Result<Client::Event> Client::next() {
    TV_TRY(flush());
    in_.consume(std::exchange(consumed_, 0));
    while (true) {
        if (in_.size() >= kHeaderSize) {
            TV_ASSIGN(Header header, read_header(in_.bytes(), ErrorCategory::Compositor));
            if (in_.size() >= header.size) {
                consumed_ = header.size;
                Event event{header, in_.bytes().first(header.size)};
                if (header.object != kDisplayId ||
                    header.opcode != event_opcode(InterfaceId::wl_display, "error"))
                    return event;
                auto arguments = event.arguments();
                (void)arguments.u();
                (void)arguments.u();
                refusal_ = arguments.s().value_or("");
                return fail(ErrorCategory::Compositor, "the compositor refused a request");
            }
        }
        TV_TRY(wait(POLLIN));
        MutableBytes room = in_.spare(kRead);
        iovec part{room.data(), room.size()};
        auto count = receive_some(socket_.get(), std::span(&part, 1), nullptr);
        if (!count && count.error().category == ErrorCategory::TryAgain) continue;
        if (!count) return std::unexpected(count.error());
        if (*count == 0) return fail(ErrorCategory::Closed, "the compositor ended the connection");
        in_.commit(*count);
    }
}

} // namespace tv::wayland
