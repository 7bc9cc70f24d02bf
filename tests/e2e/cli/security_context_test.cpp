// --secctx against a compositor that has the protocol, and one that has not.
#include <csignal>
#include <filesystem>

#include <fmt/format.h>
#include <sys/socket.h>

#include "program.h"

namespace tv::test {
namespace {

namespace fs = std::filesystem;

class SecurityContext : public Program {
protected:
    void TearDown() override {
        real_.reset();
        Program::TearDown();
    }
    // A real compositor on the display "wl".
    void start_compositor(bool with_contexts) {
        SpawnOptions options;
        options.arguments = {TV_TEST_COMPOSITOR, "--directory", folder_.path().string(), "--socket", "wl",
                             "--print-log",      "--no-stdin"};
        if (with_contexts)
            options.arguments.insert(options.arguments.end(),
                                     {"--global", "wp_security_context_manager_v1=1"});
        real_.emplace(Child::spawn(options).value());
        ASSERT_TRUE(real_->wait_for_output("ready", kPatience)) << real_->err();
    }
    [[nodiscard]] SpawnOptions with_context(std::vector<std::string> arguments) const {
        SpawnOptions options = command(std::move(arguments));
        options.environment["WAYLAND_DISPLAY"] = "wl";
        return options;
    }
    std::optional<Child> real_;
};

TEST_F(SecurityContext, applications_arrive_with_engine_application_and_instance) {
    start_compositor(true);
    Child client =
        Child::spawn(with_context({"--secctx", "org.example.far", "-s", socket_, "client"})).value();
    ASSERT_TRUE(eventually([&] { return listens(socket_) || !client.running(); }, kPatience));
    const std::string context = folder_ / fmt::format("tunnelview-secctx-{}", client.pid());
    EXPECT_TRUE(fs::exists(context)) << client.err();
    const UniqueFd first = connect_to(socket_);
    send_header(first);
    const UniqueFd second = connect_to(socket_);
    send_header(second);
    const std::string note =
        fmt::format("sandboxed by \"waypipe\" as \"org.example.far\" \"{}\"", client.pid());
    EXPECT_TRUE(real_->wait_for_output(note, kPatience)) << real_->out() << client.err();
    EXPECT_TRUE(eventually([&] { return real_->out().find(note) != real_->out().rfind(note); }, kPatience));
    client.kill(SIGTERM);
    EXPECT_EQ(client.wait(kPatience), (Exit{true, SIGTERM}));
    EXPECT_FALSE(fs::exists(context));
    EXPECT_EQ(client.err(), "");
}

TEST_F(SecurityContext, a_channel_on_descriptors_gets_one_too) {
    start_compositor(true);
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    UniqueFd ours = UniqueFd::adopt(ends[0]);
    UniqueFd theirs = UniqueFd::adopt(ends[1]);
    SpawnOptions options = with_context({"--secctx", "far", "--socket-fds", "100,100", "client"});
    options.descriptors = {{theirs.get(), 100}};
    Child client = Child::spawn(options).value();
    theirs.reset();
    send_header(ours);
    EXPECT_TRUE(real_->wait_for_output("sandboxed by \"waypipe\" as \"far\"", kPatience))
        << real_->out() << client.err();
    ours.reset();
    EXPECT_EQ(client.wait(kPatience), (Exit{false, 0})) << client.err();
    EXPECT_FALSE(fs::exists(folder_ / fmt::format("tunnelview-secctx-{}", client.pid())));
}

TEST_F(SecurityContext, a_compositor_without_the_protocol_is_said_in_one_line) {
    start_compositor(false);
    expect_one_line(run(with_context({"--secctx", "far", "-s", socket_, "client"}), kPatience).value(),
                    "this compositor has no wp_security_context_manager_v1");
    EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(SecurityContext, a_compositor_that_never_answers_is_given_up) {
    // The bare socket of every test here, which accepts and stays silent.
    expect_one_line(run_program({"--secctx", "far", "-s", socket_, "client"}), "--secctx");
}

} // namespace
} // namespace tv::test
