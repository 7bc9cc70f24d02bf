#include "cli/vsock.h"

#include <sys/socket.h>
// After sys/socket.h, which it needs.
#include <linux/vm_sockets.h>

namespace tv::cli {

bool vsock_supported() {
    return true;
}

Result<UniqueFd> listen_vsock(const VsockAddress& address, int backlog) {
    UniqueFd socket = UniqueFd::adopt(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return fail_errno("socket(AF_VSOCK)");
    sockaddr_vm native{};
    native.svm_family = AF_VSOCK;
    native.svm_cid = address.cid.value_or(VMADDR_CID_ANY);
    native.svm_port = address.port;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&native), sizeof native) != 0)
        return fail_errno("bind(AF_VSOCK)");
    if (::listen(socket.get(), backlog) != 0) return fail_errno("listen(AF_VSOCK)");
    return socket;
}

} // namespace tv::cli
