#include "mirror/shared_file.h"

#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace tv::mirror {
namespace {

Result<std::byte*> map_shared(int fd, std::size_t size) {
    if (size == 0) return nullptr;
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) return fail_errno("mmap of a shared file");
    return static_cast<std::byte*>(address);
}

} // namespace

Result<SharedFile> SharedFile::create(std::size_t size) {
    SharedFile file;
    TV_ASSIGN(file.fd_, create_shared_descriptor(size));
    TV_ASSIGN(file.address_, map_shared(file.fd_.get(), size));
    file.size_ = size;
    return file;
}

SharedFile::SharedFile(SharedFile&& other) noexcept
    : fd_(std::move(other.fd_)), address_(std::exchange(other.address_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

SharedFile& SharedFile::operator=(SharedFile&& other) noexcept {
    SharedFile old(std::move(*this));
    fd_ = std::move(other.fd_);
    address_ = std::exchange(other.address_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
}

SharedFile::~SharedFile() {
    unmap();
}

void SharedFile::unmap() {
    if (address_ != nullptr) ::munmap(std::exchange(address_, nullptr), size_);
}

Status SharedFile::grow(std::size_t size) {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
        return fail_errno("ftruncate of a shared file");
    TV_ASSIGN(std::byte * address, map_shared(fd_.get(), size));
    unmap();
    address_ = address;
    size_ = size;
    return {};
}

} // namespace tv::mirror
