#include <algorithm>
#include <cstring>

#include <sys/mman.h>
#include <sys/stat.h>

#include "proxy/foreign_file.h"

namespace tv::proxy {

// Objects of shm_open take no pread, but also ftruncate only once: nobody can shrink one under a mapping.
bool copy_unreadable_file(const UniqueFd& file, MutableBytes into) {
    struct stat info{};
    if (::fstat(file.get(), &info) != 0 || info.st_size <= 0) return false;
    const std::size_t size = std::min(into.size(), static_cast<std::size_t>(info.st_size));
    if (size == 0) return false;
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    // A file that may only be mapped privately, as newer Wayland asks of keymaps.
    if (address == MAP_FAILED) address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address == MAP_FAILED) return false;
    std::memcpy(into.data(), address, size);
    ::munmap(address, size);
    return true;
}

} // namespace tv::proxy
