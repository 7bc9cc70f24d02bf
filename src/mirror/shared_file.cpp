#include "mirror/shared_file.h"

#include <sys/mman.h>
#include <unistd.h>

namespace tv::mirror {

Result<std::shared_ptr<Mapping>> Mapping::create(int fd, std::size_t size) {
    std::shared_ptr<Mapping> mapping(new Mapping);
    if (size == 0) return mapping;
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) return fail_errno("mmap of a shared file");
    mapping->address_ = static_cast<std::byte*>(address);
    mapping->size_ = size;
    return mapping;
}

Mapping::~Mapping() {
    if (address_ != nullptr) ::munmap(address_, size_);
}

Result<SharedFile> SharedFile::create(std::size_t size) {
    SharedFile file;
    TV_ASSIGN(file.fd_, create_shared_descriptor(size));
    TV_ASSIGN(file.mapping_, Mapping::create(file.fd_.get(), size));
    return file;
}

Status SharedFile::grow(std::size_t size) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
        return fail_errno("ftruncate of a shared file");
    TV_ASSIGN(mapping_, Mapping::create(fd_.get(), size));
    return {};
}

} // namespace tv::mirror
