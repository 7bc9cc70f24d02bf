// vsock: sockets between a virtual machine and its host. Linux only; elsewhere listening fails with
// Unsupported.
#pragma once

#include "base/fd.h"
#include "cli/options.h"

namespace tv::cli {

[[nodiscard]] bool vsock_supported();
// A listening, non-blocking, close-on-exec socket.
[[nodiscard]] Result<UniqueFd> listen_vsock(const VsockAddress& address, int backlog);

} // namespace tv::cli
