// `tunnelview ssh` with scripts in ssh's place: arguments, exit codes, messages, what is left behind.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "program.h"

namespace tv::test {
namespace {

namespace fs = std::filesystem;

class SshMode : public Program {
protected:
    [[nodiscard]] RunResult run_with(const std::string& body, std::vector<std::string> options = {},
                                     std::vector<std::string> words = {"host", "app"}) const {
        options.insert(options.end(), {"--ssh-bin", script("fake-ssh", body), "-s", folder_ / "p", "ssh"});
        options.insert(options.end(), words.begin(), words.end());
        return run_program(options);
    }
    // Files in the folder that the program has made.
    [[nodiscard]] std::vector<std::string> sockets() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            if (entry.path().filename().string().starts_with("p-"))
                names.push_back(entry.path().filename().string());
        return names;
    }
};

TEST_F(SshMode, listens_while_ssh_runs_and_forwards_to_that_socket) {
    const RunResult result = run_with("echo \"$@\"; ls " + folder_.path().string());
    EXPECT_TRUE(result.exit.ok());
    EXPECT_EQ(result.err, "");
    std::istringstream words(result.out);
    std::string option, forward, destination, program;
    words >> option >> forward >> destination >> program;
    EXPECT_EQ(option, "-R");
    EXPECT_EQ(destination, "host");
    EXPECT_EQ(program, "waypipe");
    const std::string local = forward.substr(forward.find(':') + 1);
    EXPECT_TRUE(local.starts_with(folder_ / "p-client-")) << forward;
    EXPECT_NE(result.out.find('\n' + fs::path(local).filename().string() + '\n'), std::string::npos)
        << result.out;
    EXPECT_TRUE(sockets().empty());
}

TEST_F(SshMode, two_runs_use_different_names) {
    EXPECT_NE(run_with("echo \"$@\"").out, run_with("echo \"$@\"").out);
}

TEST_F(SshMode, ends_with_the_remote_commands_exit_code) {
    for (const int code : {0, 1, 7, 254}) {
        const RunResult result = run_with("exit " + std::to_string(code));
        EXPECT_EQ(result.exit, (Exit{false, code}));
        EXPECT_EQ(result.err, "");
        EXPECT_TRUE(sockets().empty());
    }
}

TEST_F(SshMode, an_ssh_that_a_signal_ended_counts_128_and_the_signal) {
    const RunResult result = run_with("kill -KILL $$");
    EXPECT_EQ(result.exit, (Exit{false, 128 + SIGKILL}));
    EXPECT_NE(result.err.find("signal 9"), std::string::npos) << result.err;
}

TEST_F(SshMode, passes_sshs_own_words_on_unaltered_and_adds_one_line_when_it_failed) {
    const RunResult result = run_with("printf 'Permission denied (publickey).\\r\\n\\001odd' >&2; exit 255");
    EXPECT_EQ(result.exit, (Exit{false, 255}));
    const std::string own = "Permission denied (publickey).\r\n\001odd";
    ASSERT_TRUE(result.err.starts_with(own)) << result.err;
    const std::string rest = result.err.substr(own.size());
    EXPECT_TRUE(rest.starts_with("tunnelview: ")) << rest;
    EXPECT_EQ(std::ranges::count(rest, '\n'), 1);
}

TEST_F(SshMode, standard_input_and_output_are_sshs) {
    auto options =
        command({"--ssh-bin", script("fake-ssh", "tr a-z A-Z"), "-s", folder_ / "p", "ssh", "host", "app"});
    options.input = "hello";
    const auto result = run(options, kPatience);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->out, "HELLO");
}

TEST_F(SshMode, hints_at_options_that_the_remote_waypipe_may_reject) {
    EXPECT_NE(run_with("exit 1", {"--video=av1"}).err.find("--video=av1"), std::string::npos);
    EXPECT_NE(run_with("exit 1", {"--video=h264"}).err.find("--video"), std::string::npos);
    EXPECT_NE(run_with("exit 127").err.find("--remote-bin"), std::string::npos);
    EXPECT_EQ(run_with("exit 1").err, "");
}

TEST_F(SshMode, ssh_gets_default_signals_and_no_descriptors_of_ours) {
    // With the signal ignored, yes would say that its pipe is broken.
    const RunResult result = run_with("yes | true; ls -l /proc/self/fd | grep -c ' -> socket:' || true");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.out, "0\n");
}

TEST_F(SshMode, wayland_socket_is_not_handed_to_ssh) {
    auto options = command({"--ssh-bin", script("fake-ssh", "echo \"${WAYLAND_SOCKET-unset}\" \"$@\""), "-s",
                            folder_ / "p", "ssh", "host", "app"});
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read = UniqueFd::adopt(ends[0]);
    const UniqueFd write = UniqueFd::adopt(ends[1]);
    options.environment["WAYLAND_SOCKET"] = "9";
    options.descriptors = {{read.get(), 9}};
    const auto result = run(options, kPatience);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->out.starts_with("unset -R")) << result->out;
    // It serves one application only, and the remote side has to know.
    EXPECT_NE(result->out.find("--oneshot"), std::string::npos);
}

TEST_F(SshMode, sigterm_ends_ssh_and_leaves_nothing) {
    Child program = Child::spawn(command({"--ssh-bin", script("fake-ssh", "echo ready; exec sleep 1000"),
                                          "-s", folder_ / "p", "ssh", "host", "app"}))
                        .value();
    ASSERT_TRUE(program.wait_for_output("ready", kPatience));
    const auto children = list_children(program.pid());
    ASSERT_EQ(children.size(), 1u);
    EXPECT_EQ(sockets().size(), 2u); // and its lock
    program.kill(SIGTERM);
    EXPECT_EQ(program.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_NE(::kill(children[0], 0), 0);
    EXPECT_TRUE(sockets().empty());
    EXPECT_EQ(program.err(), "");
}

TEST_F(SshMode, applications_may_outlive_ssh) {
    const std::string go = folder_ / "go";
    Child program = Child::spawn(command({"--ssh-bin",
                                          script("fake-ssh", "echo \"$2\"; while ! test -e " + go +
                                                                 "; do sleep 0.02; done; exit 3"),
                                          "-s", folder_ / "p", "ssh", "host", "app"}))
                        .value();
    ASSERT_TRUE(program.wait_for_output("\n", kPatience));
    const std::string forward = program.out();
    const std::string path =
        forward.substr(forward.find(':') + 1, forward.find('\n') - forward.find(':') - 1);
    UniqueFd channel = connect_to(path);
    send_header(channel);
    ASSERT_TRUE(eventually([&] { return list_children(program.pid()).size() == 2; }, kPatience));
    std::ofstream(go).flush();
    EXPECT_TRUE(eventually([&] { return sockets().empty(); }, kPatience));
    EXPECT_FALSE(program.wait(std::chrono::milliseconds(200)));
    channel.reset();
    EXPECT_EQ(program.wait(kPatience), (Exit{false, 3}));
}

} // namespace
} // namespace tv::test
