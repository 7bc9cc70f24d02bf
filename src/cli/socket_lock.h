// Whose a socket file is, for as long as its listener lives.
//
// Darwin refuses a connection to a listener with a full queue just as one to a listener that is dead, so
// connecting alone cannot tell which it is. A locked file beside the socket does, on every system; the lock
// ends with the process, however that ends.
#pragma once

#include <string>

#include "base/fd.h"
#include "cli/failure.h"

namespace tv::cli {

class SocketLock {
public:
    // An error: a living process has it, and the socket file is there. Where no file can be locked the
    // result holds nothing, and connecting has to tell.
    [[nodiscard]] static Outcome<SocketLock> take(const std::string& socket_path);

    SocketLock(SocketLock&&) noexcept = default;
    SocketLock& operator=(SocketLock&&) = delete;
    SocketLock(const SocketLock&) = delete;
    SocketLock& operator=(const SocketLock&) = delete;
    ~SocketLock() { release(); }

    // Removes the file, unless somebody else's has taken its place.
    void release();

private:
    SocketLock(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
    [[nodiscard]] bool ours() const;

    UniqueFd file_;
    std::string path_;
};

} // namespace tv::cli
