#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace tv {

void UniqueFd::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<UniqueFd> UniqueFd::duplicate() const {
    return duplicate_fd(fd_);
}

Result<UniqueFd> duplicate_fd(int borrowed) {
    int copy = ::fcntl(borrowed, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return fail_errno("fcntl(F_DUPFD_CLOEXEC)");
    return UniqueFd::adopt(copy);
}

} // namespace tv
