#include "cli/socket_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace tv::cli {
namespace {

// Others may remove the file between our opening and our locking it, but hardly that often.
constexpr int kAttempts = 8;

bool exists(const std::string& path) {
    struct stat info{};
    return ::lstat(path.c_str(), &info) == 0;
}

} // namespace

Outcome<SocketLock> SocketLock::take(const std::string& socket_path) {
    const std::string path = socket_path + ".lock";
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        SocketLock lock(UniqueFd::adopt(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                                               S_IRUSR | S_IWUSR)),
                        path);
        if (!lock.file_.valid()) return lock;
        if (::flock(lock.file_.get(), LOCK_EX | LOCK_NB) == 0) {
            if (lock.ours()) return lock;
            lock.file_.reset();
            continue;
        }
        const int code = errno;
        lock.file_.reset(); // it is another's
        if (code != EWOULDBLOCK) return lock;
        if (exists(socket_path))
            return failure(fmt::format(
                "another program listens on '{}' already; end it or choose another path with --socket",
                socket_path));
        // The socket was taken away from a living listener: it stays without.
        (void)::unlink(path.c_str());
    }
    return SocketLock({}, path);
}

bool SocketLock::ours() const {
    struct stat held{}, there{};
    return ::fstat(file_.get(), &held) == 0 && ::lstat(path_.c_str(), &there) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

void SocketLock::release() {
    if (!file_.valid()) return;
    if (ours()) (void)::unlink(path_.c_str());
    file_.reset();
}

} // namespace tv::cli
