#include "cli/unix_socket.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

namespace tv::cli {
namespace {

// Room for the terminating zero, which not every system needs but every program prints.
constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;

struct SplitPath {
    std::string folder;
    std::string name;
};
SplitPath split(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return {".", path};
    return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// Stands in a folder for as long as it lives.
class FolderVisit {
public:
    [[nodiscard]] static Result<FolderVisit> enter(const std::string& folder) {
        UniqueFd home = UniqueFd::adopt(::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!home.valid()) return fail_errno("open(\".\")");
        if (::chdir(folder.c_str()) != 0) return fail_errno("chdir");
        return FolderVisit(std::move(home));
    }
    FolderVisit(FolderVisit&&) noexcept = default;
    FolderVisit& operator=(FolderVisit&&) = delete;
    FolderVisit(const FolderVisit&) = delete;
    FolderVisit& operator=(const FolderVisit&) = delete;
    ~FolderVisit() {
        // Cannot fail on a directory that was the working directory, short of its disk going away.
        if (home_.valid()) (void)::fchdir(home_.get());
    }

private:
    explicit FolderVisit(UniqueFd home) : home_(std::move(home)) {}
    UniqueFd home_;
};

Result<UniqueFd> make_socket() {
    UniqueFd socket = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM, 0));
    if (!socket.valid()) return fail_errno("socket");
    if (::fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0) return fail_errno("fcntl(FD_CLOEXEC)");
    return socket;
}

// Calls bind or connect with an address that fits.
template <typename Call>
Status with_address(const std::string& path, const char* name, Call call) {
    if (path.size() > kMaxPath) {
        const SplitPath parts = split(path);
        if (parts.name.size() > kMaxPath) return fail_errno(name, ENAMETOOLONG);
        TV_ASSIGN(FolderVisit visit, FolderVisit::enter(parts.folder));
        return with_address(parts.name, name, call);
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (call(reinterpret_cast<const sockaddr*>(&address), socklen_t{sizeof address}) != 0)
        return fail_errno(name);
    return {};
}

Status connect_to(int socket, const std::string& path) {
    return with_address(path, "connect", [&](const sockaddr* address, socklen_t size) {
        int result = 0;
        do {
            result = ::connect(socket, address, size);
        } while (result != 0 && errno == EINTR);
        return result;
    });
}

Status bind_to(int socket, const std::string& path) {
    return with_address(
        path, "bind", [&](const sockaddr* address, socklen_t size) { return ::bind(socket, address, size); });
}

// Removes a socket file that nobody listens on; what holds its lock never comes here.
Done remove_stale(const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) return {};
        return failure(fmt::format("cannot look at '{}': {}", path, errno_text(errno)));
    }
    if (!S_ISSOCK(info.st_mode))
        return failure(fmt::format(
            "'{}' exists and is not a socket; remove it or choose another path with --socket", path));

    auto probe = make_socket();
    if (!probe) return failure(describe(probe.error()));
    // A listener with a full queue would block us.
    (void)::fcntl(probe->get(), F_SETFL, O_NONBLOCK);
    const Status connected = connect_to(probe->get(), path);
    if (connected || connected.error().sys_errno == EAGAIN)
        return failure(fmt::format(
            "another program listens on '{}' already; end it or choose another path with --socket", path));
    if (connected.error().sys_errno != ECONNREFUSED)
        return failure(
            fmt::format("cannot replace the socket '{}': {}", path, errno_text(connected.error().sys_errno)));
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return failure(fmt::format("cannot remove the stale socket '{}': {}", path, errno_text(errno)));
    return {};
}

std::string bind_failure(const std::string& path, int code) {
    if (code == ENAMETOOLONG)
        return fmt::format(
            "the socket path '{}' is too long: its last part may have {} bytes; choose another with --socket",
            path, kMaxPath);
    return fmt::format("cannot listen on '{}': {}", path, errno_text(code));
}

} // namespace

std::size_t max_socket_path() {
    return kMaxPath;
}

Result<UniqueFd> connect_unix(const std::string& path) {
    TV_ASSIGN(UniqueFd socket, make_socket());
    TV_TRY(connect_to(socket.get(), path));
    return socket;
}

Outcome<UnixListener> UnixListener::bind(std::string path, int backlog) {
    auto socket = make_socket();
    if (!socket) return failure(describe(socket.error()));
    // Before bind(): whoever sees the file sees whose it is.
    TV_ASSIGN(SocketLock lock, SocketLock::take(path));
    Status bound = bind_to(socket->get(), path);
    if (!bound && bound.error().sys_errno == EADDRINUSE) {
        TV_TRY(remove_stale(path));
        bound = bind_to(socket->get(), path);
    }
    if (!bound) return failure(bind_failure(path, bound.error().sys_errno));

    UnixListener listener(std::move(*socket), std::move(path), std::move(lock));
    struct stat info{};
    if (::lstat(listener.path_.c_str(), &info) == 0) {
        listener.device_ = info.st_dev;
        listener.inode_ = info.st_ino;
    }
    // Before listen(): until then nobody can connect, so there is no moment with the umask's mode.
    if (::chmod(listener.path_.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(listener.fd(), backlog) != 0)
        return failure(bind_failure(listener.path_, errno));
    if (::fcntl(listener.fd(), F_SETFL, O_NONBLOCK) != 0) return failure(bind_failure(listener.path_, errno));
    return listener;
}

void UnixListener::close() {
    if (!socket_.valid()) return;
    struct stat info{};
    const bool ours = ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
    if (ours) (void)::unlink(path_.c_str());
    socket_.reset();
    lock_.release();
}

} // namespace tv::cli
