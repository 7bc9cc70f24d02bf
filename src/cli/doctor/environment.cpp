// What a session needs of its process and folders.
#include <cstdlib>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/doctor/doctor.h"
#include "cli/executable_path.h"
#include "cli/unix_socket.h"

namespace tv::cli {
namespace {

// A session of a dozen windows keeps about a hundred descriptors; the rest is for clipboards and pipes.
constexpr rlim_t kComfortableDescriptors = 1024;

void check_descriptors(Findings& findings) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    auto number = [](rlim_t value) {
        return value == RLIM_INFINITY ? std::string("unlimited") : fmt::format("{}", value);
    };
    const std::string found =
        fmt::format("{} (soft), {} (hard)", number(limit.rlim_cur), number(limit.rlim_max));
    if (limit.rlim_max < kComfortableDescriptors)
        findings.note("descriptor limit", found,
                      fmt::format("raise the hard limit to {} or more: ulimit -Hn, launchctl limit maxfiles, "
                                  "or limits.conf",
                                  kComfortableDescriptors));
    else
        findings.ok("descriptor limit", found + "; the soft one is raised by tunnelview itself");
}

void check_temporary(Findings& findings) {
    const char* variable = std::getenv("TMPDIR");
    const std::string folder = variable != nullptr && *variable != '\0' ? variable : "/tmp";
    std::string probe = folder + "/tunnelview-doctor-XXXXXX";
    const int fd = ::mkstemp(probe.data());
    if (fd < 0) {
        findings.problem("temp directory", folder + " cannot be written to",
                         "point TMPDIR at a folder of your own; pixels of windows live in files there");
        return;
    }
    ::close(fd);
    ::unlink(probe.c_str());
    findings.ok("temp directory", folder + " can be written to");
}

void check_runtime_dir(Findings& findings) {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder == nullptr || *folder == '\0') {
        findings.note("XDG_RUNTIME_DIR", "not set",
                      "set it if WAYLAND_DISPLAY is a name and no path: it is the folder of the compositor's "
                      "socket");
        return;
    }
    struct stat status{};
    if (::stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
        findings.problem("XDG_RUNTIME_DIR", fmt::format("{} is no folder", folder),
                         "create it, owned by you, with mode 700, or unset the variable");
    else if (status.st_uid != ::getuid() || (status.st_mode & 077) != 0)
        findings.note("XDG_RUNTIME_DIR",
                      fmt::format("{} is open to others (mode {:o})", folder,
                                  static_cast<unsigned>(status.st_mode & 07777)),
                      "make it yours alone: chmod 700; others could reach your compositor");
    else
        findings.ok("XDG_RUNTIME_DIR", folder);
}

void check_socket_path(Findings& findings, const Options& options) {
    const std::string path = options.socket.value_or(kDefaultClientSocket);
    if (options.vsock) return;
    const std::string found = fmt::format("{}: {} of {} bytes", path, path.size(), max_socket_path());
    if (path.size() > max_socket_path())
        findings.problem("channel socket", found, "choose a shorter path with --socket; ssh would refuse it");
    else
        findings.ok("channel socket", found);
}

// Launchers and scripts that were written for waypipe start whatever has that name.
void check_launcher(Findings& findings) {
    const std::string found = find_in_path("waypipe");
    if (found.empty()) {
        findings.note("local waypipe", "no `waypipe` in PATH",
                      "only launchers that call `waypipe` need one: link it to tunnelview, or set the "
                      "launcher's program to tunnelview");
        return;
    }
    char real[4096];
    const auto own = executable_path();
    const bool ours = own && ::realpath(found.c_str(), real) != nullptr && *own == real;
    if (ours)
        findings.ok("local waypipe", found + " is tunnelview");
    else
        findings.note(
            "local waypipe", found + " is another program",
            "a launcher that calls `waypipe` gets that one, not tunnelview; put a link to tunnelview "
            "before it in PATH if it should");
}

} // namespace

void check_environment(Findings& findings, const Options& options) {
    check_descriptors(findings);
    check_temporary(findings);
    check_runtime_dir(findings);
    check_socket_path(findings, options);
    check_launcher(findings);
}

} // namespace tv::cli
