// Memory of ours that the compositor maps too: a memfd on Linux, an unlinked temporary file on Darwin.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace tv::mirror {

// An unnamed, growable shared file of `size` zero bytes, close-on-exec, which nobody can shrink where the
// system lets us say so. Implemented per system.
[[nodiscard]] Result<UniqueFd> create_shared_descriptor(std::size_t size);

// Our writable mapping of a whole file.
class Mapping {
public:
    [[nodiscard]] static Result<std::shared_ptr<Mapping>> create(int fd, std::size_t size);
    ~Mapping();
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    [[nodiscard]] MutableBytes bytes() const { return {address_, size_}; }

private:
    Mapping() = default;
    std::byte* address_ = nullptr; // null while the size is 0, which cannot be mapped
    std::size_t size_ = 0;
};

// The file and our mapping of it. Move-only; the compositor's own mapping stays when this one ends.
class SharedFile {
public:
    [[nodiscard]] static Result<SharedFile> create(std::size_t size);

    // Spans live until grow().
    [[nodiscard]] MutableBytes bytes() const { return mapping_ ? mapping_->bytes() : MutableBytes(); }
    [[nodiscard]] std::size_t size() const { return bytes().size(); }
    [[nodiscard]] const UniqueFd& descriptor() const { return fd_; }
    // For workers that may outlive the file.
    [[nodiscard]] std::shared_ptr<const Mapping> mapping() const { return mapping_; }

    // New bytes are zero. The file stays as it is when this fails.
    [[nodiscard]] Status grow(std::size_t size);

private:
    UniqueFd fd_;
    std::shared_ptr<Mapping> mapping_;
};

} // namespace tv::mirror
