// Memory of ours that the compositor maps too: a memfd on Linux, an unlinked temporary file on Darwin.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace tv::mirror {

// An unnamed, growable shared file of `size` zero bytes, close-on-exec, which nobody can shrink where the
// system lets us say so. Implemented per system.
[[nodiscard]] Result<UniqueFd> create_shared_descriptor(std::size_t size);

// The file and our writable mapping of all of it. Move-only; the mapping dies with it, the compositor's
// stays.
class SharedFile {
public:
    [[nodiscard]] static Result<SharedFile> create(std::size_t size);

    SharedFile() = default;
    SharedFile(SharedFile&& other) noexcept;
    SharedFile& operator=(SharedFile&& other) noexcept;
    ~SharedFile();

    // Spans live until grow().
    [[nodiscard]] MutableBytes bytes() { return {address_, size_}; }
    [[nodiscard]] Bytes bytes() const { return {address_, size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const UniqueFd& descriptor() const { return fd_; }

    // New bytes are zero. The file stays as it is when this fails.
    [[nodiscard]] Status grow(std::size_t size);

private:
    void unmap();

    UniqueFd fd_;
    std::byte* address_ = nullptr; // null while the size is 0, which cannot be mapped
    std::size_t size_ = 0;
};

} // namespace tv::mirror
