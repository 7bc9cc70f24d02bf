// Unix sockets with descriptors, without touching the flags of sockets that were given to us.
#pragma once

#include <span>

#include <sys/uio.h>

#include "base/byte_queue.h"
#include "base/fd.h"

namespace tv {

// Descriptors in one receive. libwayland sends at most 28 with one message.
inline constexpr std::size_t kMaxReceivedFds = 64;

// Never blocks and never raises SIGPIPE (on Darwin prepare_socket() sees to that). `fds` go with the first
// byte. TryAgain: nothing fits now. Closed: the other end is gone.
[[nodiscard]] Result<std::size_t> send_some(int socket, Bytes bytes, std::span<const int> fds);

// Never blocks. 0: end of stream. Received descriptors are close-on-exec and appended to `fds`; null: none
// are expected, any that come are closed.
[[nodiscard]] Result<std::size_t> receive_some(int socket, std::span<iovec> into, Fifo<UniqueFd>* fds);

// Larger buffers where the system's default is small, and no SIGPIPE. Implemented per system; best effort.
void prepare_socket(int socket);

namespace detail {
// Implemented per system.
extern const int kSendFlags;
extern const int kReceiveFlags;
// Whether recv() closes descriptors that come along, or leaves them open and unknown in our table.
extern const bool kPlainReceiveClosesFds;
void mark_received(int fd); // close-on-exec, where receiving cannot do it
} // namespace detail

} // namespace tv
