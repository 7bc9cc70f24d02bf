#include <fcntl.h>
#include <sys/socket.h>

#include "base/socket.h"

namespace tv {

// AF_UNIX sockets have 8 KiB each way by default.
void prepare_socket(int socket) {
    int bytes = 1 << 20;
    (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    (void)::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    int on = 1;
    (void)::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
}

namespace detail {
const int kSendFlags = MSG_DONTWAIT;
const int kReceiveFlags = MSG_DONTWAIT;
const bool kPlainReceiveClosesFds = false; // not documented
void mark_received(int fd) {
    (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
}
} // namespace detail

} // namespace tv
