#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include "mirror/shared_file.h"

namespace tv::mirror {

// Not shm_open: such objects take ftruncate only once, and neither read nor pread.
Result<UniqueFd> create_shared_descriptor(std::size_t size) {
    const char* folder = std::getenv("TMPDIR");
    char path[1024];
    int length =
        std::snprintf(path, sizeof path, "%s/tunnelview-XXXXXX", folder != nullptr ? folder : "/tmp");
    if (length < 0 || static_cast<std::size_t>(length) >= sizeof path)
        return fail(ErrorCategory::Usage, "TMPDIR is too long");
    UniqueFd fd = UniqueFd::adopt(::mkstemp(path));
    if (!fd.valid()) return fail_errno("mkstemp in the temporary folder");
    (void)::unlink(path);
    if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) return fail_errno("fcntl(F_SETFD)");
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
        return fail_errno("ftruncate of a temporary file");
    return fd;
}

} // namespace tv::mirror
