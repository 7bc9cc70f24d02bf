#include "session/wake.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace tv {

Result<WakePipe> WakePipe::create() {
    int ends[2];
    if (::pipe(ends) != 0) return fail_errno("pipe");
    WakePipe made;
    made.read_ = UniqueFd::adopt(ends[0]);
    made.write_ = UniqueFd::adopt(ends[1]);
    for (int end : ends) {
        if (::fcntl(end, F_SETFD, FD_CLOEXEC) != 0) return fail_errno("fcntl(F_SETFD)");
        if (::fcntl(end, F_SETFL, O_NONBLOCK) != 0) return fail_errno("fcntl(F_SETFL)");
    }
    return made;
}

void WakePipe::wake() const {
    int kept = errno;
    (void)!::write(write_.get(), "", 1); // a full pipe wakes as well
    errno = kept;
}

void WakePipe::drain() const {
    char bytes[64];
    while (::read(read_.get(), bytes, sizeof bytes) == sizeof bytes) {
    }
}

} // namespace tv
