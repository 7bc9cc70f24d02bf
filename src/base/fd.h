// The one owner of a file descriptor.
#pragma once

#include <utility>

#include "base/result.h"

namespace tv {

// Move-only. Descriptor 0 is valid, so there is no conversion to bool: ask valid().
class UniqueFd {
public:
    UniqueFd() = default;
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        // Through a temporary, so that assigning onto a live descriptor closes it and self-move is harmless.
        UniqueFd old(std::move(*this));
        fd_ = std::exchange(other.fd_, -1);
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    // Takes ownership of a descriptor that nobody else will close.
    [[nodiscard]] static UniqueFd adopt(int fd) {
        UniqueFd owner;
        owner.fd_ = fd;
        return owner;
    }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    // Gives ownership away.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void reset();

    // A second descriptor for the same open file, close-on-exec.
    [[nodiscard]] Result<UniqueFd> duplicate() const;

    explicit operator bool() const = delete;

private:
    int fd_ = -1;
};

// Duplicates a descriptor that is only borrowed; close-on-exec. Status flags stay shared with the original:
// never change them.
[[nodiscard]] Result<UniqueFd> duplicate_fd(int borrowed);

} // namespace tv

// A slip such as close(owner) does not compile.
int close(const tv::UniqueFd&) = delete;
