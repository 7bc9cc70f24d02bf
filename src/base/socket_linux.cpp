#include <sys/socket.h>

#include "base/socket.h"

namespace tv {

void prepare_socket(int) {} // 208 KiB each way by default, and MSG_NOSIGNAL exists

namespace detail {
const int kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
const int kReceiveFlags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
const bool kPlainReceiveClosesFds = true;
void mark_received(int) {}
} // namespace detail

} // namespace tv
