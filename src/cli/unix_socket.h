// Unix stream sockets by path. Paths longer than sun_path are reached through their folder, so only the last
// part is limited; that changes the working directory for a moment: single-threaded callers only.
#pragma once

#include <string>

#include <sys/types.h>

#include "base/fd.h"
#include "cli/failure.h"
#include "cli/socket_lock.h"

namespace tv::cli {

// What fits into sun_path, without the terminating zero: 107 on Linux, 103 on Darwin.
[[nodiscard]] std::size_t max_socket_path();

// A blocking, close-on-exec connection.
[[nodiscard]] Result<UniqueFd> connect_unix(const std::string& path);

// A listening socket and the file that names it.
class UnixListener {
public:
    // Mode 0600. A file left behind by a dead listener is replaced; a living one is an error, as is a file
    // that is no socket.
    [[nodiscard]] static Outcome<UnixListener> bind(std::string path, int backlog);

    UnixListener(UnixListener&&) noexcept = default;
    UnixListener& operator=(UnixListener&&) = delete;
    UnixListener(const UnixListener&) = delete;
    UnixListener& operator=(const UnixListener&) = delete;
    ~UnixListener() { close(); }

    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    // Stops listening and removes the file, unless somebody else's has taken its place.
    void close();

private:
    UnixListener(UniqueFd socket, std::string path, SocketLock lock)
        : lock_(std::move(lock)), socket_(std::move(socket)), path_(std::move(path)) {}

    SocketLock lock_; // released last
    UniqueFd socket_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace tv::cli
