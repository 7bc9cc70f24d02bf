// The program as a user meets it: what it says, what it listens on, what it leaves behind.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
// After sys/socket.h, which it needs.
#include <linux/vm_sockets.h>

#include "program.h"
#include "support/sanitizers.h"

namespace tv::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Messages : public Program {};

TEST_F(Messages, an_unknown_option_is_named_in_one_line) {
    expect_one_line(run_program({"--frobnicate", "client"}), "unknown option '--frobnicate'");
}

TEST_F(Messages, no_mode_and_an_unknown_mode_say_what_to_type) {
    expect_one_line(run_program({}), "tunnelview ssh user@host application");
    expect_one_line(run_program({"clinet"}), "'clinet'");
    expect_one_line(run_program({"server"}), "waypipe server");
}

TEST_F(Messages, a_missing_display_says_which_variable_to_set) {
    for (const std::string mode : {"client", "ssh"}) {
        auto options = command({mode});
        if (mode == "ssh") options.arguments.emplace_back("host");
        options.environment["WAYLAND_DISPLAY"] = std::nullopt;
        expect_one_line(run(options, kPatience).value(), "WAYLAND_DISPLAY is not set");
    }
}

TEST_F(Messages, a_display_that_nobody_serves_is_found_at_once) {
    auto options = command({"-s", socket_, "client"});
    options.environment["WAYLAND_DISPLAY"] = "wayland-7";
    expect_one_line(run(options, kPatience).value(), "wayland-7': No such file or directory");
    EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(Messages, a_socket_name_that_is_too_long_says_how_long_it_may_be) {
    expect_one_line(run_program({"-s", folder_ / std::string(120, 'x'), "client"}), "too long");
    expect_one_line(run_program({"-s", folder_ / std::string(100, 'x'), "ssh", "host"}), "too long");
}

TEST_F(Messages, a_socket_in_a_missing_folder_is_said) {
    expect_one_line(run_program({"-s", folder_ / "no/socket", "client"}), "No such file or directory");
}

TEST_F(Messages, ssh_without_a_destination_shows_an_example) {
    expect_one_line(run_program({"ssh", "-v"}), "destination");
}

TEST_F(Messages, an_ssh_program_that_is_not_there_is_named) {
    expect_one_line(run_program({"--ssh-bin", "/nonexistent/ssh", "-s", socket_, "ssh", "host", "app"}),
                    "'/nonexistent/ssh'");
}

TEST_F(Messages, socket_fds_that_are_not_open_are_named) {
    expect_one_line(run_program({"--socket-fds", "100,101", "client"}), "descriptor 100 is not open");
}

TEST_F(Messages, help_and_version_go_to_standard_output) {
    const RunResult help = run_program({"--help"});
    EXPECT_TRUE(help.exit.ok());
    EXPECT_EQ(help.err, "");
    EXPECT_TRUE(help.out.starts_with("Usage: tunnelview "));
    EXPECT_EQ(run_program({"-h"}).out, help.out);
    const RunResult version = run_program({"--version"});
    EXPECT_TRUE(version.exit.ok());
    EXPECT_EQ(version.err, "");
    EXPECT_TRUE(version.out.starts_with("tunnelview 0."));
    EXPECT_GE(std::ranges::count(version.out, '\n'), 4);
}

TEST_F(Messages, options_that_waypipe_dropped_get_a_notice_and_work_goes_on) {
    const RunResult result = run_program(
        {"--allow-tiled", "--ssh-bin", script("ssh", "exit 0"), "-s", socket_, "ssh", "host", "app"});
    EXPECT_TRUE(result.exit.ok());
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_NE(result.err.find("--allow-tiled"), std::string::npos);
}

TEST_F(Messages, nobody_to_tell_is_no_reason_to_crash) {
    auto shell = [&](const std::string& line) {
        auto options = command({"-c", line, TV_PROGRAM});
        options.arguments[0] = "/bin/sh";
        return run(options, kPatience).value();
    };
    EXPECT_EQ(shell("exec \"$0\" --nonsense 2>/dev/full").exit, (Exit{false, 1}));
    EXPECT_EQ(shell("exec \"$0\" --nonsense 2>&-").exit, (Exit{false, 1}));
    EXPECT_EQ(shell("exec \"$0\" --help >/dev/full").exit, (Exit{false, 1}));
    EXPECT_EQ(shell("exec \"$0\" --help >&-").exit, (Exit{false, 0}));
    EXPECT_EQ(shell("exec \"$0\" --socket-fds 0,0 client <&- >&- 2>&-").exit.signalled, false);
}

class Listener : public Program {
protected:
    // Waits until the program has that many connection processes.
    [[nodiscard]] static std::vector<pid_t> wait_for_sessions(const Child& client, std::size_t count) {
        std::vector<pid_t> children;
        EXPECT_TRUE(
            eventually([&] { return (children = list_children(client.pid())).size() == count; }, kPatience))
            << children.size() << " of " << count << "; " << client.err();
        return children;
    }
    static bool alive(pid_t pid) { return ::kill(pid, 0) == 0; }
};

TEST_F(Listener, is_silent_and_serves_each_channel_in_a_process_of_its_own) {
    Child client = start_client();
    std::vector<UniqueFd> channels;
    for (std::size_t i = 1; i <= 3; ++i) {
        channels.push_back(connect_to(socket_));
        send_header(channels.back());
        const auto sessions = wait_for_sessions(client, i);
        EXPECT_EQ(std::set(sessions.begin(), sessions.end()).size(), i);
    }
    // One to see that it is there, then one for each application.
    EXPECT_TRUE(eventually([&] { return compositor_->accepted() >= 4; }, kPatience));
    channels.erase(channels.begin() + 1);
    EXPECT_EQ(wait_for_sessions(client, 2).size(), 2u);
    EXPECT_EQ(client.err(), "");
    EXPECT_EQ(client.out(), "");
    client.kill(SIGTERM);
    EXPECT_TRUE(client.wait(kPatience));
}

TEST_F(Listener, sigterm_sigint_and_sighup_leave_no_process_and_no_socket) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        Child client = start_client();
        const UniqueFd channels[] = {connect_to(socket_), connect_to(socket_), connect_to(socket_)};
        send_header(channels[0]);
        const auto sessions = wait_for_sessions(client, 3);
        client.kill(signal);
        EXPECT_EQ(client.wait(kPatience), (Exit{true, signal}));
        EXPECT_TRUE(std::ranges::none_of(sessions, alive));
        EXPECT_FALSE(fs::exists(socket_));
        EXPECT_EQ(client.err(), "");
    }
}

TEST_F(Listener, a_connection_process_that_does_not_end_is_killed_after_a_while) {
    Child client = start_client();
    const UniqueFd channel = connect_to(socket_);
    const auto sessions = wait_for_sessions(client, 1);
    ASSERT_EQ(sessions.size(), 1u);
    // It runs our program by now: stopped before that, it would hold up the one that starts it.
    ASSERT_TRUE(eventually([&] { return compositor_->accepted() >= 2; }, kPatience));
    ASSERT_EQ(::kill(sessions[0], SIGSTOP), 0);
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_FALSE(alive(sessions[0]));
}

TEST_F(Listener, an_ignored_sigint_stays_ignored) {
    auto options = command({"-c", "trap '' INT; exec \"$0\" \"$@\"", TV_PROGRAM, "-s", socket_, "client"});
    options.arguments[0] = "/bin/sh";
    Child client = Child::spawn(options).value();
    ASSERT_TRUE(eventually([&] { return listens(socket_); }, kPatience));
    client.kill(SIGINT);
    EXPECT_FALSE(client.wait(200ms));
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
}

TEST_F(Listener, replaces_the_socket_that_a_killed_one_left) {
    Child first = start_client();
    const UniqueFd orphan = connect_to(socket_);
    (void)wait_for_sessions(first, 1);
    first.kill(SIGKILL);
    ASSERT_EQ(first.wait(kPatience), (Exit{true, SIGKILL}));
    ASSERT_TRUE(fs::exists(socket_));
    Child second = start_client();
    const UniqueFd channel = connect_to(socket_);
    EXPECT_EQ(wait_for_sessions(second, 1).size(), 1u);
    second.kill(SIGTERM);
    EXPECT_EQ(second.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(Listener, leaves_a_living_one_alone) {
    Child first = start_client();
    expect_one_line(run_program({"-s", socket_, "client"}), "another program listens");
    const UniqueFd channel = connect_to(socket_);
    EXPECT_EQ(wait_for_sessions(first, 1).size(), 1u);
    first.kill(SIGTERM);
    EXPECT_TRUE(first.wait(kPatience));
}

TEST_F(Listener, works_in_a_folder_with_a_very_long_name) {
    const fs::path deep = folder_.path() / std::string(120, 'd');
    fs::create_directory(deep);
    Child client = Child::spawn(command({"-s", (deep / "s").string(), "client"})).value();
    EXPECT_TRUE(eventually([&] { return fs::exists(deep / "s"); }, kPatience)) << client.err();
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_FALSE(fs::exists(deep / "s"));
}

TEST_F(Listener, works_without_standard_descriptors) {
    auto options = command({"-c", "exec \"$0\" -s \"$1\" client <&- >&- 2>&-", TV_PROGRAM, socket_});
    options.arguments[0] = "/bin/sh";
    Child client = Child::spawn(options).value();
    ASSERT_TRUE(eventually([&] { return listens(socket_); }, kPatience));
    const UniqueFd channel = connect_to(socket_);
    send_header(channel);
    EXPECT_EQ(wait_for_sessions(client, 1).size(), 1u);
    EXPECT_TRUE(eventually([&] { return compositor_->accepted() == 2; }, kPatience));
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
}

TEST_F(Listener, oneshot_serves_one_application_and_ends) {
    Child client = start_client({"--oneshot"});
    UniqueFd channel = connect_to(socket_);
    send_header(channel);
    (void)wait_for_sessions(client, 1);
    // Nobody else gets in.
    EXPECT_TRUE(eventually([&] { return !fs::exists(socket_); }, kPatience));
    EXPECT_TRUE(client.running());
    channel.reset();
    const auto exit = client.wait(kPatience);
    ASSERT_TRUE(exit) << "still running";
    EXPECT_TRUE(exit->ok()) << exit->code << client.err();
}

TEST_F(Listener, wayland_socket_is_used_up_by_one_application) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    UniqueFd ours = UniqueFd::adopt(ends[0]);
    UniqueFd theirs = UniqueFd::adopt(ends[1]);
    auto options = command({"-s", socket_, "client"});
    options.environment["WAYLAND_SOCKET"] = "17";
    options.environment["WAYLAND_DISPLAY"] = std::nullopt;
    options.descriptors = {{theirs.get(), 17}};
    Child client = Child::spawn(options).value();
    theirs.reset();
    ASSERT_TRUE(eventually([&] { return listens(socket_); }, kPatience)) << client.err();
    UniqueFd channel = connect_to(socket_);
    send_header(channel);
    (void)wait_for_sessions(client, 1);
    EXPECT_TRUE(eventually([&] { return !fs::exists(socket_); }, kPatience));
    channel.reset();
    EXPECT_TRUE(client.wait(kPatience));
    // Its last user is gone, so nobody but the session held it.
    EXPECT_TRUE(closes(ours, kPatience));
    EXPECT_EQ(compositor_->accepted(), 0u);
}

TEST_F(Listener, hands_a_connection_process_its_channel_and_nothing_else) {
    Child client = start_client();
    std::vector<UniqueFd> channels;
    std::vector<int> counts;
    for (std::size_t i = 1; i <= 4; ++i) {
        channels.push_back(connect_to(socket_));
        (void)wait_for_sessions(client, i);
    }
    EXPECT_TRUE(eventually([&] { return compositor_->accepted() >= 5; }, kPatience));
    // The later ones would have more, if something of the listener or of earlier ones leaked into them. One
    // that has only just begun has fewer for a moment.
    const auto all_the_same = [&] {
        counts.clear();
        for (pid_t session : list_children(client.pid())) counts.push_back(count_descriptors(session));
        return counts.size() == 4 && std::set(counts.begin(), counts.end()).size() == 1;
    };
    EXPECT_TRUE(eventually(all_the_same, kPatience)) << testing::PrintToString(counts);
    const int listener_with_sessions = count_descriptors(client.pid());
    channels.clear();
    (void)wait_for_sessions(client, 0);
    EXPECT_EQ(count_descriptors(client.pid()), listener_with_sessions);
    client.kill(SIGTERM);
    EXPECT_TRUE(client.wait(kPatience));
}

TEST_F(Listener, goes_on_without_a_spinning_processor_when_descriptors_run_out) {
    if (kVirtualCallsNeedDescriptors)
        GTEST_SKIP() << "skipped: UBSan checks virtual calls through a pipe of its own and takes EMFILE for "
                        "a bad object";
    // 0-2, two for signals, two for what connections learn, one to listen: no room for a channel and its
    // copy.
    auto options = command({"-c", "ulimit -n 9; exec \"$0\" \"$@\"", TV_PROGRAM, "-s", socket_, "client"});
    options.arguments[0] = "/bin/sh";
    Child client = Child::spawn(options).value();
    ASSERT_TRUE(eventually([&] { return listens(socket_); }, kPatience)) << client.err();
    const UniqueFd first = connect_to(socket_);
    const UniqueFd second = connect_to(socket_);
    ASSERT_TRUE(
        eventually([&] { return client.err().find("Too many open files") != std::string::npos; }, kPatience));
    EXPECT_FALSE(client.wait(700ms));
    client.kill(SIGTERM);
    ASSERT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
    // A line each time it tries again, not thousands.
    EXPECT_LT(std::ranges::count(client.err(), '\n'), 20) << client.err();
    EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(Listener, takes_channels_from_virtual_machines) {
    constexpr unsigned kPort = 47'123;
    Child client = Child::spawn(command({"--vsock", "-s", std::to_string(kPort), "client"})).value();
    UniqueFd channel = UniqueFd::adopt(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = VMADDR_CID_LOCAL;
    address.svm_port = kPort;
    const bool connected = eventually(
        [&] {
            return !client.running() ||
                   ::connect(channel.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        },
        1s);
    if (client.running() && !connected)
        GTEST_SKIP() << "skipped: no vsock loopback here (module vsock_loopback)";
    if (!client.running()) {
        EXPECT_NE(client.err().find("cannot listen on vsock port 47123"), std::string::npos) << client.err();
        GTEST_SKIP() << "skipped: no vsock here: " << client.err();
    }
    send_header(channel);
    EXPECT_EQ(wait_for_sessions(client, 1).size(), 1u);
    channel.reset();
    (void)wait_for_sessions(client, 0);
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
}

class SocketFds : public Program {
protected:
    void SetUp() override {
        Program::SetUp();
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        ours_ = UniqueFd::adopt(ends[0]);
        theirs_ = UniqueFd::adopt(ends[1]);
    }
    void TearDown() override {
        ours_.reset();
        theirs_.reset();
        Program::TearDown();
    }
    [[nodiscard]] Child start(const std::vector<std::pair<int, int>>& descriptors) const {
        auto options = command({"-n", "-c", "none", "--socket-fds", "100,101", "client"});
        options.descriptors = descriptors;
        return Child::spawn(options).value();
    }
    UniqueFd ours_;
    UniqueFd theirs_;
};

TEST_F(SocketFds, serve_a_channel_on_inherited_descriptors_until_it_ends) {
    Child client = start({{theirs_.get(), 100}, {theirs_.get(), 101}});
    theirs_.reset();
    send_header(ours_);
    ASSERT_TRUE(eventually([&] { return compositor_->accepted() == 1; }, kPatience)) << client.err();
    EXPECT_FALSE(client.wait(100ms));
    ours_.reset();
    const auto exit = client.wait(kPatience);
    ASSERT_TRUE(exit);
    EXPECT_TRUE(exit->ok()) << exit->code << client.err();
    EXPECT_EQ(client.err(), "");
}

TEST_F(SocketFds, tell_the_application_when_there_is_no_compositor) {
    compositor_.reset();
    Child client = start({{theirs_.get(), 100}, {theirs_.get(), 101}});
    theirs_.reset();
    send_header(ours_);
    std::string told;
    char bytes[512];
    while (const ssize_t count = ::read(ours_.get(), bytes, sizeof bytes)) {
        ASSERT_GT(count, 0);
        told.append(bytes, static_cast<std::size_t>(count));
    }
    EXPECT_NE(told.find("tunnelview: "), std::string::npos) << "wl_display.error with the reason";
    EXPECT_NE(told.find(display_), std::string::npos) << told;
    const auto exit = client.wait(kPatience);
    ASSERT_TRUE(exit);
    EXPECT_EQ(exit->code, 1);
}

TEST_F(SocketFds, keep_their_flags) {
    // The status flags belong to the open file, which the parent process uses too.
    const int before = ::fcntl(theirs_.get(), F_GETFL);
    Child client = start({{theirs_.get(), 100}, {theirs_.get(), 101}});
    send_header(ours_);
    ASSERT_TRUE(eventually([&] { return compositor_->accepted() == 1; }, kPatience)) << client.err();
    EXPECT_EQ(::fcntl(theirs_.get(), F_GETFL), before);
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_EQ(::fcntl(theirs_.get(), F_GETFL), before);
}

TEST_F(SocketFds, may_be_a_pair_of_pipes) {
    int to[2];
    int from[2];
    ASSERT_EQ(::pipe2(to, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(from, O_CLOEXEC), 0);
    UniqueFd to_read = UniqueFd::adopt(to[0]);
    UniqueFd to_write = UniqueFd::adopt(to[1]);
    UniqueFd from_read = UniqueFd::adopt(from[0]);
    UniqueFd from_write = UniqueFd::adopt(from[1]);
    Child client = start({{to_read.get(), 100}, {from_write.get(), 101}});
    to_read.reset();
    from_write.reset();
    const unsigned char header[16] = {0x88, 0x0a, 0x01, 0x00};
    ASSERT_EQ(::write(to_write.get(), header, sizeof header), ssize_t{sizeof header});
    ASSERT_TRUE(eventually([&] { return compositor_->accepted() == 1; }, kPatience)) << client.err();
    EXPECT_FALSE(client.wait(100ms)) << client.err();
    to_write.reset();
    const auto exit = client.wait(kPatience);
    ASSERT_TRUE(exit);
    EXPECT_TRUE(exit->ok()) << exit->code << client.err();
}

} // namespace
} // namespace tv::test
