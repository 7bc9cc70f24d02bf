#include "program.h"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tv::test {
namespace {

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

} // namespace

SilentCompositor::SilentCompositor(const std::string& path) {
    listener_ = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 128), 0);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    stop_read_ = UniqueFd::adopt(ends[0]);
    stop_write_ = UniqueFd::adopt(ends[1]);
    thread_ = std::thread([this] { serve(); });
}

SilentCompositor::~SilentCompositor() {
    stop_write_.reset();
    thread_.join();
}

void SilentCompositor::serve() {
    std::vector<UniqueFd> kept;
    while (true) {
        pollfd entries[] = {{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
        if (::poll(entries, 2, -1) < 0) continue;
        if (entries[1].revents != 0) return;
        kept.push_back(UniqueFd::adopt(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
        ++accepted_;
    }
}

UniqueFd connect_to(const std::string& path) {
    UniqueFd channel = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::connect(channel.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
        << path;
    return channel;
}

void send_header(const UniqueFd& channel) {
    const unsigned char header[16] = {0x88, 0x0a, 0x01, 0x00};
    EXPECT_EQ(::send(channel.get(), header, sizeof header, MSG_NOSIGNAL), ssize_t{sizeof header});
}

bool closes(const UniqueFd& channel, std::chrono::milliseconds timeout) {
    return eventually(
        [&] {
            char block[4096];
            const ssize_t size = ::recv(channel.get(), block, sizeof block, MSG_DONTWAIT);
            return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
        },
        timeout);
}

bool listens(const std::string& path) {
    // Num RefCount Protocol Flags Type St Inode Path, where the flag is SO_ACCEPTCON.
    std::ifstream table("/proc/net/unix");
    for (std::string line; std::getline(table, line);)
        if (line.ends_with(' ' + path) && line.find(" 00010000 ") != std::string::npos) return true;
    return false;
}

void Program::SetUp() {
    descriptors_before_ = count_descriptors();
    compositor_ = std::make_unique<SilentCompositor>(display_);
}

void Program::TearDown() {
    compositor_.reset();
    EXPECT_EQ(count_descriptors(), descriptors_before_);
}

SpawnOptions Program::command(std::vector<std::string> arguments) const {
    SpawnOptions options;
    options.arguments = std::move(arguments);
    options.arguments.insert(options.arguments.begin(), TV_PROGRAM);
    options.environment = {{"XDG_RUNTIME_DIR", folder_.path().string()},
                           {"WAYLAND_DISPLAY", "wayland-0"},
                           {"WAYLAND_SOCKET", std::nullopt}};
    return options;
}

RunResult Program::run_program(std::vector<std::string> arguments) const {
    auto result = run(command(std::move(arguments)), kPatience);
    EXPECT_TRUE(result && !result->timed_out);
    return result.value_or(RunResult{});
}

Child Program::start_client(std::vector<std::string> options) {
    options.insert(options.end(), {"-s", socket_, "client"});
    Child child = Child::spawn(command(std::move(options))).value();
    EXPECT_TRUE(eventually([&] { return !child.running() || listens(socket_); }, kPatience));
    EXPECT_TRUE(child.running()) << child.err();
    return child;
}

void Program::expect_one_line(const RunResult& result, const std::string& part) {
    EXPECT_EQ(result.exit, (Exit{false, 1}));
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with("tunnelview: ")) << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_TRUE(result.err.ends_with('\n'));
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
}

std::string Program::script(const std::string& name, const std::string& body) const {
    const std::string path = folder_ / name;
    std::ofstream(path) << "#!/bin/sh\n" << body << '\n';
    EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
    return path;
}

} // namespace tv::test
