// `tunnelview ssh` through a real sshd, with the installed waypipe as the remote side.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "program.h"
#include "sshd.h"

namespace tv::test {
namespace {

namespace fs = std::filesystem;

class Ssh : public testing::Test {
protected:
    void SetUp() override {
        SpawnOptions waypipe;
        waypipe.arguments = {"waypipe", "--version"};
        const auto version = run(waypipe, kPatience);
        if (!version || !version->exit.ok()) GTEST_SKIP() << "skipped: waypipe is not installed";
        fs::create_directory(folder_ / "remote");
        fs::permissions(folder_ / "remote", fs::perms::owner_all);
        auto sshd = Sshd::start(folder_, folder_ / "remote");
        if (!sshd) GTEST_SKIP() << "skipped: " << sshd.error();
        sshd_ = std::move(*sshd);

        SpawnOptions compositor;
        compositor.arguments = {TV_TEST_COMPOSITOR, "--directory", folder_.path().string(), "--socket", "wl",
                                "--print-log",      "--no-stdin"};
        compositor_.emplace(Child::spawn(compositor).value());
        ASSERT_TRUE(compositor_->wait_for_output("ready", kPatience)) << compositor_->err();
    }

    [[nodiscard]] SpawnOptions environment() const {
        SpawnOptions options;
        options.environment = {{"XDG_RUNTIME_DIR", folder_.path().string()},
                               {"WAYLAND_DISPLAY", "wl"},
                               {"WAYLAND_SOCKET", std::nullopt}};
        return options;
    }
    [[nodiscard]] SpawnOptions through_ssh(std::vector<std::string> options,
                                           const std::vector<std::string>& remote_command) const {
        SpawnOptions spawn = environment();
        spawn.arguments = {TV_PROGRAM, "-s", folder_ / "p"};
        spawn.arguments.insert(spawn.arguments.end(), options.begin(), options.end());
        spawn.arguments.emplace_back("ssh");
        const auto words = sshd_->words();
        spawn.arguments.insert(spawn.arguments.end(), words.begin(), words.end());
        spawn.arguments.insert(spawn.arguments.end(), remote_command.begin(), remote_command.end());
        return spawn;
    }
    [[nodiscard]] static std::vector<std::string> scenario(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TV_TEST_CLIENT);
        return arguments;
    }

    // The commits since the last call, as "surface commit WxH format crc", without the client's number.
    [[nodiscard]] std::vector<std::string> new_commits() {
        std::istringstream lines(compositor_->out().substr(seen_));
        seen_ = compositor_->out().size();
        std::vector<std::string> commits;
        for (std::string line; std::getline(lines, line);)
            if (line.find("crc=") != std::string::npos) commits.push_back(line.substr(line.find(']') + 1));
        return commits;
    }
    // A remote side that rejects its arguments in the way of waypipe 0.8.4.
    [[nodiscard]] std::string old_waypipe() const {
        const std::string path = folder_ / "old-waypipe";
        std::ofstream(path) << "#!/bin/sh\necho 'Usage: waypipe [options] mode ...' >&2\nexit 1\n";
        fs::permissions(path, fs::perms::owner_all);
        return path;
    }
    // Names of the program's socket files, on both sides.
    [[nodiscard]] std::vector<std::string> sockets() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path()))
            if (entry.path().filename().string().starts_with("p-"))
                names.push_back(entry.path().filename().string());
        return names;
    }

    TempDir folder_ = TempDir::create().value();
    std::unique_ptr<Sshd> sshd_;
    std::optional<Child> compositor_;

private:
    std::size_t seen_ = 0;
};

TEST_F(Ssh, an_applications_pixels_are_the_same_as_without_it) {
    SpawnOptions direct = environment();
    direct.arguments = scenario({"shm-basic", "5"});
    const auto straight = run(direct, kPatience);
    ASSERT_TRUE(straight && straight->exit.ok()) << (straight ? straight->err + straight->out : "");
    const auto expected = new_commits();
    ASSERT_GE(expected.size(), 5u);

    for (const std::string compression : {"none", "lz4", "zstd"}) {
        const auto tunnelled =
            run(through_ssh({"-c", compression, "--no-gpu"}, scenario({"shm-basic", "5"})), 3 * kPatience);
        ASSERT_TRUE(tunnelled);
        EXPECT_TRUE(tunnelled->exit.ok()) << tunnelled->err;
        EXPECT_EQ(tunnelled->out, straight->out);
        EXPECT_EQ(tunnelled->err, ""); // without --no-gpu, waypipe 0.8.4 complains of a machine without GPU
        EXPECT_EQ(new_commits(), expected) << compression;
        EXPECT_TRUE(sockets().empty()) << testing::PrintToString(sockets());
    }
}

TEST_F(Ssh, the_remote_commands_exit_code_is_ours) {
    for (const char* code : {"0", "3", "200"}) {
        const auto result =
            run(through_ssh({}, {"sh", "-c", std::string("'exit ") + code + "'"}), 3 * kPatience);
        ASSERT_TRUE(result);
        EXPECT_EQ(result->exit, (Exit{false, std::stoi(code)})) << result->err;
        EXPECT_EQ(result->err, "");
    }
}

TEST_F(Ssh, without_a_command_there_is_a_shell_with_a_display) {
    SpawnOptions options = through_ssh({"--display", folder_ / "remote/display"}, {});
    options.input =
        "echo display=$WAYLAND_DISPLAY\n" + std::string(TV_TEST_CLIENT) + " shm-basic 2\nexit 5\n";
    const auto result = run(options, 3 * kPatience);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit, (Exit{false, 5})) << result->err;
    EXPECT_NE(result->out.find("display=" + (folder_ / "remote/display")), std::string::npos) << result->out;
    EXPECT_GE(new_commits().size(), 2u);
}

TEST_F(Ssh, oneshot_serves_one_application) {
    const auto result = run(through_ssh({"--oneshot"}, scenario({"shm-basic", "2"})), 3 * kPatience);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->exit.ok()) << result->err;
    EXPECT_GE(new_commits().size(), 2u);
}

TEST_F(Ssh, a_title_prefix_is_put_before_the_remote_titles) {
    const auto result =
        run(through_ssh({"--title-prefix", "far: "}, scenario({"title", "tower"})), 3 * kPatience);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->exit.ok()) << result->err;
    EXPECT_NE(compositor_->out().find("set_title(\"far: "), std::string::npos) << compositor_->out();
}

TEST_F(Ssh, a_remote_waypipe_that_rejects_an_option_is_followed_by_a_hint) {
    const auto result =
        run(through_ssh({"--remote-bin", old_waypipe(), "--video=av1"}, {"true"}), 3 * kPatience);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit, (Exit{false, 1}));
    const auto own = result->err.find("tunnelview: ");
    ASSERT_NE(own, std::string::npos) << result->err;
    EXPECT_EQ(result->err.substr(0, own), "Usage: waypipe [options] mode ...\n");
    EXPECT_NE(result->err.find("--video=av1", own), std::string::npos);
}

TEST_F(Ssh, a_remote_side_without_waypipe_is_told_apart) {
    const auto result = run(through_ssh({"--remote-bin", "no-such-waypipe"}, {"true"}), 3 * kPatience);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit, (Exit{false, 127}));
    EXPECT_NE(result->err.find("'no-such-waypipe'"), std::string::npos) << result->err;
    EXPECT_NE(result->err.find("--remote-bin"), std::string::npos) << result->err;
}

TEST_F(Ssh, sigterm_in_the_middle_ends_the_window_and_leaves_nothing_here) {
    Child program = Child::spawn(through_ssh({}, scenario({"stay", "30"}))).value();
    ASSERT_TRUE(compositor_->wait_for_output(" mapped ", 3 * kPatience)) << program.err();
    const auto children = list_children(program.pid());
    EXPECT_EQ(children.size(), 2u);
    program.kill(SIGTERM);
    EXPECT_EQ(program.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_TRUE(std::ranges::none_of(children, [](pid_t pid) { return ::kill(pid, 0) == 0; }));
    EXPECT_TRUE(std::ranges::none_of(sockets(),
                                     [](const std::string& name) { return name.starts_with("p-client-"); }));
    // The remote application learns of it and ends, which ends its waypipe.
    EXPECT_TRUE(eventually([&] { return sockets().empty(); }, kPatience))
        << testing::PrintToString(sockets());
}

} // namespace
} // namespace tv::test
