// waypipe_main() and wwn_waypipe_client_fd() in a process of their own, from the two archives: applications
// served in every way in which existing hosts ask for it.
#include <filesystem>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "raw_bed.h"
#include "support/sanitizers.h"

namespace {

using namespace tv;
using namespace tv::test;

class WaypipeHost : public IntegrationTest {
protected:
    void SetUp() override {
        IntegrationTest::SetUp();
        CompositorOptions options;
        options.versions = {{"wp_security_context_manager_v1", 1}};
        compositor_ = start_compositor(std::move(options));
        ASSERT_NE(compositor_, nullptr);
        socket_ = dir() / "channel";
    }
    // What the host says is shown when a test fails.
    void TearDown() override {
        if (host_ && HasFailure()) fmt::print(stderr, "--- the host's words:\n{}---\n", host_->err());
        host_.reset();
        compositor_.reset();
        std::error_code ignored;
        std::filesystem::remove(socket_, ignored); // one that had to be killed leaves it
        IntegrationTest::TearDown();
    }
    [[nodiscard]] bool start(std::vector<std::string> arguments,
                             std::vector<std::pair<int, int>> descriptors = {}) {
        arguments.insert(arguments.begin(), TV_WAYPIPE_HOST);
        SpawnOptions options = command(std::move(arguments));
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        options.environment["WAYLAND_SOCKET"] = "99"; // is left alone
        options.descriptors = std::move(descriptors);
        auto child = Child::spawn(options);
        EXPECT_TRUE(child.has_value());
        if (child) host_.emplace(std::move(*child));
        return host_.has_value();
    }
    [[nodiscard]] UniqueFd connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket_.copy(address.sun_path, sizeof address.sun_path - 1);
        UniqueFd fd;
        EXPECT_TRUE(eventually(
            [&] {
                fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
                const auto* name = reinterpret_cast<const sockaddr*>(&address);
                return ::connect(fd.get(), name, sizeof address) == 0 || !host_->running();
            },
            10s));
        return fd;
    }
    static void expect_served(RawPeer& peer) {
        EXPECT_NE(peer.open_window("a window").surface, 0U);
        EXPECT_TRUE(peer.roundtrip());
    }
    static void close(RawPeer& peer) {
        peer.send(msg::Close{0});
        EXPECT_TRUE(peer.wait_for_end());
    }
    // Of the host.
    [[nodiscard]] rlim_t lowest_free_descriptor() const {
        rlim_t number = 0;
        const std::filesystem::path table = fmt::format("/proc/{}/fd", host_->pid());
        while (std::filesystem::is_symlink(table / fmt::format("{}", number))) ++number;
        return number;
    }
    void expect_exit(int code) { EXPECT_EQ(host_->wait(10s), (Exit{false, code})); }

    std::unique_ptr<TestCompositor> compositor_;
    std::optional<Child> host_;
    std::string socket_;
};

TEST_F(WaypipeHost, one_connected_descriptor_is_served_until_its_application_ends) {
    auto channel = make_socket_pair();
    ASSERT_TRUE(channel.has_value());
    ASSERT_TRUE(start({"fd", "7"}, {{channel->theirs.get(), 7}}));
    channel->theirs.reset();
    RawPeer peer(std::move(channel->ours), 17);
    expect_served(peer);
    close(peer);
    expect_exit(0);
    EXPECT_EQ(host_->err(), "");
}

TEST_F(WaypipeHost, a_channel_that_breaks_the_rules_is_reported_and_ends_with_1) {
    auto channel = make_socket_pair();
    ASSERT_TRUE(channel.has_value());
    ASSERT_TRUE(start({"fd", "7"}, {{channel->theirs.get(), 7}}));
    channel->theirs.reset();
    RawPeer peer(std::move(channel->ours), 17);
    ASSERT_TRUE(peer.read_registry());
    const std::byte nonsense[16]{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};
    peer.send_bytes(nonsense);
    EXPECT_TRUE(peer.wait_for_end());
    peer.finish_writing();
    expect_exit(1);
    EXPECT_NE(host_->err().find("a connection was ended"), std::string::npos);
}

TEST_F(WaypipeHost, two_inherited_descriptors_are_one_channel) {
    auto channel = make_socket_pair();
    ASSERT_TRUE(channel.has_value());
    ASSERT_TRUE(
        start({"--socket-fds", "7,8", "client"}, {{channel->theirs.get(), 7}, {channel->theirs.get(), 8}}));
    channel->theirs.reset();
    RawPeer peer(std::move(channel->ours), 17);
    expect_served(peer);
    close(peer);
    expect_exit(0);
}

TEST_F(WaypipeHost, with_oneshot_one_channel_is_accepted_and_the_socket_goes) {
    ASSERT_TRUE(start({"--oneshot", "-s", socket_, "client"}));
    RawPeer peer(connect(), 17);
    expect_served(peer);
    EXPECT_FALSE(std::filesystem::exists(socket_)) << "nobody else may connect";
    close(peer);
    expect_exit(0);
}

TEST_F(WaypipeHost, a_listener_serves_applications_at_once_and_after_each_other) {
    ASSERT_TRUE(start({"-s", socket_, "--title-prefix", "far: ", "client"}));
    RawPeer first(connect(), 17);
    RawPeer second(connect(), 16);
    expect_served(first);
    expect_served(second);
    close(first);
    RawPeer third(connect(), 17);
    expect_served(third);
    close(second);
    close(third);
    EXPECT_TRUE(compositor_->wait_until_no_clients(10s));
    EXPECT_TRUE(host_->running());
    EXPECT_EQ(host_->err(), "");
}

TEST_F(WaypipeHost, without_a_free_descriptor_it_waits_for_one_and_does_not_spin) {
    if (kVirtualCallsNeedDescriptors)
        GTEST_SKIP() << "skipped: UBSan checks virtual calls through a pipe of its own and takes EMFILE for "
                        "a bad object";
    ASSERT_TRUE(start({"-s", socket_, "client"}));
    RawPeer first(connect(), 17);
    expect_served(first);
    rlimit kept{};
    ASSERT_EQ(::prlimit(host_->pid(), RLIMIT_NOFILE, nullptr, &kept), 0);
    const rlimit none{lowest_free_descriptor(), kept.rlim_max};
    ASSERT_EQ(::prlimit(host_->pid(), RLIMIT_NOFILE, &none, nullptr), 0);
    RawPeer second(connect(), 17);
    EXPECT_TRUE(eventually(
        [&] { return host_->err().find("cannot accept a connection") != std::string::npos; }, 10s));
    clockid_t clock{};
    ASSERT_EQ(::clock_getcpuclockid(host_->pid(), &clock), 0);
    const auto used = [clock] {
        timespec time{};
        EXPECT_EQ(::clock_gettime(clock, &time), 0);
        return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
    };
    const auto before = used();
    std::this_thread::sleep_for(400ms);
    EXPECT_LT(used() - before, 100) << "milliseconds of its processors";
    ASSERT_EQ(::prlimit(host_->pid(), RLIMIT_NOFILE, &kept, nullptr), 0);
    expect_served(second); // it waited in the queue
    close(first);
    close(second);
}

TEST_F(WaypipeHost, with_secctx_applications_get_that_security_context) {
    ASSERT_TRUE(start({"--secctx", "org.example.far", "--oneshot", "-s", socket_, "client"}));
    RawPeer peer(connect(), 17);
    expect_served(peer);
    EXPECT_TRUE(eventually(
        [&] {
            for (const LogEntry& entry : compositor_->log())
                if (entry.text.find("as \"org.example.far\"") != std::string::npos) return true;
            return false;
        },
        10s));
    close(peer);
    expect_exit(0);
}

TEST_F(WaypipeHost, what_it_cannot_do_is_refused_with_a_reason) {
    for (const auto& [arguments, reason] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"ssh", "nowhere"}, "only `client` works"},
             {{"--stats", "-s", socket_, "client"}, "neither --stats nor --record"},
             {{"--record", dir() / "recording", "-s", socket_, "client"}, "neither --stats nor --record"},
             {{"-s", "/tmp/" + std::string(200, 'x'), "client"}, "path is too long"},
             {{"--no-such-option"}, "--no-such-option"}}) {
        ASSERT_TRUE(start(arguments));
        expect_exit(1);
        EXPECT_NE(host_->err().find(reason), std::string::npos) << host_->err();
    }
}

} // namespace
