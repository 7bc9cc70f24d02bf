#include "sshd.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tv::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProgram = "/usr/sbin/sshd";
// Debian's service makes this folder; sshd started by root wants it.
constexpr const char* kPrivilegeFolder = "/run/sshd";

// A port that was free a moment ago.
int free_port() {
    const UniqueFd socket = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return 0;
    return ntohs(address.sin_port);
}

bool make_key(const std::string& path) {
    SpawnOptions options;
    options.arguments = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path};
    const auto result = run(options, 20s);
    return result && result->exit.ok();
}

void write_configuration(const std::string& folder, int port, const std::string& remote_runtime) {
    std::ofstream(folder + "/sshd_config") << "Port " << port
                                           << "\nListenAddress 127.0.0.1"
                                              "\nStrictModes no"
                                              "\nUsePAM no"
                                              "\nPidFile none"
                                              "\nPermitRootLogin yes"
                                              "\nPasswordAuthentication no"
                                              "\nAllowStreamLocalForwarding yes"
                                           << "\nHostKey " << folder << "/host_key"
                                           << "\nAuthorizedKeysFile " << folder << "/user_key.pub"
                                           << "\nSetEnv XDG_RUNTIME_DIR=" << remote_runtime << '\n';
}

std::string user_name() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "" : entry->pw_name;
}

} // namespace

std::expected<std::unique_ptr<Sshd>, std::string> Sshd::start(const TempDir& folder,
                                                              const std::string& remote_runtime) {
    const std::string path = folder.path().string();
    if (::access(kProgram, X_OK) != 0)
        return std::unexpected(fmt::format("{} is not installed (openssh-server)", kProgram));
    if (::geteuid() == 0 && ::mkdir(kPrivilegeFolder, 0755) != 0 && errno != EEXIST)
        return std::unexpected(fmt::format("cannot make {}: {}", kPrivilegeFolder, std::strerror(errno)));
    if (!make_key(path + "/host_key") || !make_key(path + "/user_key"))
        return std::unexpected("ssh-keygen does not work");

    const int port = free_port();
    write_configuration(path, port, remote_runtime);
    SpawnOptions options;
    options.arguments = {kProgram, "-D", "-e", "-f", path + "/sshd_config"};
    auto child = Child::spawn(options);
    if (!child) return std::unexpected(describe(child.error()));
    const bool listening = eventually(
        [&] { return !child->running() || child->err().find("listening") != std::string::npos; }, 10s);
    if (!listening || !child->running()) return std::unexpected("sshd does not start: " + child->err());

    std::unique_ptr<Sshd> sshd(new Sshd(path, port, std::move(*child)));
    // Accounts can be locked, shells missing: what ssh says then is the reason.
    SpawnOptions probe;
    probe.arguments = sshd->words();
    probe.arguments.insert(probe.arguments.begin(), "ssh");
    probe.arguments.emplace_back("true");
    const auto reached = run(probe, 20s);
    if (!reached || !reached->exit.ok())
        return std::unexpected("ssh does not get in: " + (reached ? reached->err : "") + sshd->child_.err());
    return sshd;
}

std::vector<std::string> Sshd::words() const {
    return {"-F",
            "none",
            fmt::format("-p{}", port_),
            "-i",
            folder_ + "/user_key",
            "-oIdentitiesOnly=yes",
            "-oBatchMode=yes",
            "-oStrictHostKeyChecking=no",
            "-oUserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
            user_name() + "@127.0.0.1"};
}

} // namespace tv::test
