#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mirror/shared_file.h"

namespace tv::mirror {

Result<UniqueFd> create_shared_descriptor(std::size_t size) {
    UniqueFd fd = UniqueFd::adopt(::memfd_create("tunnelview", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid()) return fail_errno("memfd_create");
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return fail_errno("ftruncate of a memfd");
    // Whoever gets this descriptor cannot take pages away from under our mapping.
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return fail_errno("fcntl(F_ADD_SEALS)");
    return fd;
}

} // namespace tv::mirror
