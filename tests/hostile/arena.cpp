#include "arena.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/socket.h>
#include <sys/un.h>

namespace tv::test {

UniqueFd connect_to(const std::string& path) {
    UniqueFd channel = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(channel.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        channel.reset();
    return channel;
}

long peak_resident_kib(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    return -1;
}

void Arena::SetUp() {
    own_descriptors_ = count_descriptors();
    CompositorOptions options;
    options.directory = folder_.path().string();
    options.versions = {{"wp_color_manager_v1", 1}, {"wp_security_context_manager_v1", 1}};
    compositor_ = TestCompositor::start(std::move(options)).value();

    SpawnOptions spawn;
    spawn.arguments = {TV_PROGRAM, "-s", socket_, "client"};
    spawn.environment = {{"XDG_RUNTIME_DIR", folder_.path().string()},
                         {"WAYLAND_DISPLAY", compositor_->display()},
                         {"WAYLAND_SOCKET", std::nullopt}};
    program_ = Child::spawn(spawn).value();
    UniqueFd channel;
    ASSERT_TRUE(eventually(
        [&] {
            channel = connect_to(socket_);
            return channel.valid() || !program_->running();
        },
        kPatience));
    ASSERT_TRUE(channel.valid()) << program_->err();
    honest_.emplace(std::move(channel));
    ASSERT_TRUE(honest_->header() && honest_->open_desktop() && honest_->round_trip(kFirstFree));
    const auto children = list_children(program_->pid());
    ASSERT_EQ(children.size(), 1u);
    honest_process_ = children.front();
    // Starting a process takes some for a moment.
    ASSERT_TRUE(eventually([&] { return program_sleeps(); }, kPatience));
    program_descriptors_ = count_descriptors(program_->pid());
}

bool Arena::program_sleeps() const {
    std::ifstream stat("/proc/" + std::to_string(program_->pid()) + "/stat");
    std::string pid, name, state;
    stat >> pid >> name >> state;
    return state == "S";
}

void Arena::TearDown() {
    if (program_) {
        if (honest_) {
            expect_nothing_left_of_attackers();
            expect_honest_is_served();
        }
        honest_.reset();
        EXPECT_TRUE(eventually([&] { return list_children(program_->pid()).empty(); }, kPatience));
        program_->kill(SIGTERM);
        EXPECT_EQ(program_->wait(kPatience), (Exit{true, SIGTERM})) << program_->err();
        EXPECT_FALSE(std::filesystem::exists(socket_));
        program_.reset();
    }
    if (compositor_) {
        EXPECT_TRUE(compositor_->wait_until_no_clients(kPatience));
    }
    compositor_.reset();
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
    EXPECT_EQ(count_descriptors(), own_descriptors_);
}

Peer Arena::attacker(CompressionKind compression, unsigned version) {
    Peer peer = connect();
    EXPECT_TRUE(peer.header(compression, version));
    EXPECT_TRUE(peer.open_desktop());
    return peer;
}

pid_t Arena::attacked_process() {
    for (pid_t pid : list_children(program_->pid()))
        if (pid != honest_process_) return pid;
    return -1;
}

void Arena::expect_refused(Peer& peer, const std::string& text, long peak_kib) {
    const auto refusal = peer.wait_for_refusal();
    ASSERT_TRUE(refusal) << "no wl_display.error with a Close behind it";
    EXPECT_TRUE(refusal->starts_with("tunnelview: ")) << *refusal;
    EXPECT_NE(refusal->find(text), std::string::npos) << *refusal;
    // The process waits a little for us to close first, so that the words are not lost.
    const long peak = peak_resident_kib(attacked_process());
    if (!kSanitized) {
        EXPECT_LE(peak, peak_kib);
    }
    peer.stop_sending();
    EXPECT_TRUE(peer.wait_for_end());
    peer.close();
    EXPECT_TRUE(eventually([&] { return program_->err().find(text) != std::string::npos; }, kPatience))
        << program_->err();
    expect_nothing_left_of_attackers();
    expect_honest_is_served();
}

void Arena::expect_ended(Peer& peer) {
    EXPECT_TRUE(peer.wait_for_end());
    EXPECT_FALSE(peer.error()) << *peer.error();
    peer.close();
    expect_nothing_left_of_attackers();
    expect_honest_is_served();
}

void Arena::expect_served(Peer& peer, std::uint32_t free_id) {
    EXPECT_TRUE(peer.round_trip(free_id)) << peer.error().value_or("no error") << '\n' << program_->err();
    expect_honest_is_served();
}

void Arena::expect_honest_is_served() {
    EXPECT_TRUE(honest_->round_trip(kFirstFree)) << honest_->error().value_or("no error");
}

void Arena::expect_nothing_left_of_attackers() {
    EXPECT_TRUE(eventually([&] { return list_children(program_->pid()) == std::vector{honest_process_}; },
                           kPatience));
    EXPECT_TRUE(eventually([&] { return compositor_->clients_alive() == 1; }, kPatience));
    EXPECT_TRUE(
        eventually([&] { return count_descriptors(program_->pid()) <= program_descriptors_; }, kPatience))
        << count_descriptors(program_->pid()) << " descriptors, " << program_descriptors_ << " before";
}

} // namespace tv::test
