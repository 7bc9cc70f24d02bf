#include "darwin_system.h"

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tv::darwin_system {
namespace {

std::atomic<std::uint64_t> truncations;
std::atomic<std::uint64_t> reads;
std::atomic<std::uint64_t> silences;

bool is_shared_memory(int fd) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    char target[64];
    const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
    const std::string_view name(target, length > 0 ? static_cast<std::size_t>(length) : 0);
    // The support library's own: what a child writes.
    return name.starts_with("/memfd:") && !name.starts_with("/memfd:child-");
}

// Darwin's threads other than the first have 512 KiB.
const bool small_stacks = [] {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 512 * 1024);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
#endif
    return true;
}();

} // namespace

Refused refused() {
    return {truncations.load(), reads.load(), silences.load()};
}

namespace {

bool second_truncation(int fd) {
    static std::mutex mutex;
    static std::map<std::pair<dev_t, ino_t>, int> seen;
    struct stat info{};
    if (!is_shared_memory(fd) || ::fstat(fd, &info) != 0) return false;
    const std::lock_guard lock(mutex);
    return ++seen[{info.st_dev, info.st_ino}] > 1;
}

} // namespace
} // namespace tv::darwin_system

using namespace tv::darwin_system;

// In place of the C library's.
extern "C" int ftruncate(int fd, off_t length) noexcept {
    // The inode of a file that is gone may come back: only a file that has a size was truncated before.
    struct stat info{};
    if (::fstat(fd, &info) == 0 && second_truncation(fd) && info.st_size != 0) {
        ++truncations;
        errno = EINVAL;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_ftruncate, fd, length));
}

extern "C" ssize_t pread(int fd, void* into, std::size_t size, off_t offset) {
    if (is_shared_memory(fd)) {
        ++reads;
        errno = ESPIPE;
        return -1;
    }
    return ::syscall(SYS_pread64, fd, into, size, offset);
}

extern "C" int poll(pollfd* asked, nfds_t count, int timeout_ms) {
    std::vector<pollfd> watched(asked, asked + count);
    for (pollfd& one : watched)
        if (one.events == 0) one.fd = -1;
    const long found = ::syscall(SYS_poll, watched.data(), count, timeout_ms);
    if (found < 0) return -1;
    for (nfds_t i = 0; i < count; ++i) {
        asked[i].revents = watched[i].revents;
        pollfd unasked{asked[i].fd, 0, 0};
        if (asked[i].fd >= 0 && asked[i].events == 0 && ::syscall(SYS_poll, &unasked, 1UL, 0) > 0) ++silences;
    }
    return static_cast<int>(found);
}
