#include "base/socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace tv {
namespace {

std::unexpected<Error> socket_failure(const char* call) {
    switch (errno) {
    case EAGAIN:
    case EINTR:
    case ENOBUFS:
        return fail(ErrorCategory::TryAgain, call);
    case EPIPE:
    case ECONNRESET:
        return fail(ErrorCategory::Closed, call);
    default:
        return fail_errno(call);
    }
}

void collect_fds(msghdr& message, Fifo<UniqueFd>* fds) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            UniqueFd owner = UniqueFd::adopt(fd);
            detail::mark_received(fd);
            if (fds != nullptr) fds->push(std::move(owner));
        }
    }
}

} // namespace

Result<std::size_t> send_some(int socket, Bytes bytes, std::span<const int> fds) {
    if (fds.empty()) {
        const ssize_t count = ::send(socket, bytes.data(), bytes.size(), detail::kSendFlags);
        if (count < 0) return socket_failure("send");
        return static_cast<std::size_t>(count);
    }
    // sendmsg does not write through the pointer; iovec has no const form.
    iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxReceivedFds)> control{};
    message.msg_control = control.data();
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(CMSG_SPACE(fds.size_bytes()));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = static_cast<decltype(header->cmsg_len)>(CMSG_LEN(fds.size_bytes()));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    ssize_t count = ::sendmsg(socket, &message, detail::kSendFlags);
    if (count < 0) return socket_failure("sendmsg");
    return static_cast<std::size_t>(count);
}

Result<std::size_t> receive_some(int socket, std::span<iovec> into, Fifo<UniqueFd>* fds) {
    if (fds == nullptr && into.size() == 1 && detail::kPlainReceiveClosesFds) {
        const ssize_t count = ::recv(socket, into[0].iov_base, into[0].iov_len, detail::kReceiveFlags);
        if (count < 0) return socket_failure("recv");
        return static_cast<std::size_t>(count);
    }
    msghdr message{};
    message.msg_iov = into.data();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(into.size());
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxReceivedFds)> control;
    message.msg_control = control.data();
    message.msg_controllen = static_cast<decltype(message.msg_controllen)>(control.size());
    ssize_t count = ::recvmsg(socket, &message, detail::kReceiveFlags);
    if (count < 0) return socket_failure("recvmsg");
    collect_fds(message, fds);
    if ((message.msg_flags & MSG_CTRUNC) != 0)
        return fail(ErrorCategory::Compositor, "more descriptors in one message than anybody sends");
    return static_cast<std::size_t>(count);
}

} // namespace tv
