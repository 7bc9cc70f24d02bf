#include "cli/vsock.h"

namespace tv::cli {

bool vsock_supported() {
    return false;
}

Result<UniqueFd> listen_vsock(const VsockAddress&, int) {
    return fail(ErrorCategory::Unsupported, "vsock exists on Linux only");
}

} // namespace tv::cli
