#include "cli/ssh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace tv::cli {
namespace {

using Words = std::vector<std::string>;

SshWords words_of(const Words& words) {
    auto parsed = parse_ssh_words(words);
    EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
    return parsed.value_or(SshWords{});
}

std::string refused(const Words& words) {
    auto parsed = parse_ssh_words(words);
    EXPECT_FALSE(parsed);
    return parsed ? "" : parsed.error().message;
}

Options options_of(const Words& words) {
    auto options = parse_options(words);
    EXPECT_TRUE(options) << (options ? "" : options.error().message);
    return options.value_or(Options{});
}

// What ssh is started with for a whole command line, with the tag "T".
Words command_for(const Words& words) {
    const Options options = options_of(words);
    const auto sockets = choose_ssh_sockets(options, "T");
    EXPECT_TRUE(sockets) << (sockets ? "" : sockets.error().message);
    return ssh_command(options, words_of(options.arguments), sockets.value_or(SshSockets{}));
}

constexpr const char* kForward = "/tmp/waypipe-server-T.sock:/tmp/waypipe-client-T.sock";

TEST(SshWords, the_first_word_without_a_dash_is_the_destination) {
    const SshWords words = words_of({"user@host", "app", "-p", "22"});
    EXPECT_TRUE(words.options.empty());
    EXPECT_EQ(words.destination, "user@host");
    EXPECT_EQ(words.command, (Words{"app", "-p", "22"}));
}

TEST(SshWords, options_with_a_value_take_the_next_word) {
    for (const char letter : std::string("BbcDEeFIiJLlmOoPpQRSWw")) {
        const std::string option{'-', letter};
        const SshWords words = words_of({option, "value", "host", "app"});
        EXPECT_EQ(words.options, (Words{option, "value"}));
        EXPECT_EQ(words.destination, "host") << option;
    }
}

TEST(SshWords, options_without_a_value_do_not) {
    for (const char letter : std::string("46AaCGgKkMNnqstTVvXxYy")) {
        const SshWords words = words_of({std::string{'-', letter}, "host", "app"});
        EXPECT_EQ(words.destination, "host") << letter;
    }
}

TEST(SshWords, an_attached_value_ends_with_its_word_whatever_letters_it_has) {
    EXPECT_EQ(words_of({"-p22", "host"}).destination, "host");
    EXPECT_EQ(words_of({"-lbob", "host"}).destination, "host");
    EXPECT_EQ(words_of({"-oPort=22", "-vvp", "22", "host"}).destination, "host");
    EXPECT_EQ(words_of({"-Ap22", "host"}).options, Words{"-Ap22"});
}

TEST(SshWords, options_after_the_destination_are_ssh_options_as_with_ssh) {
    const SshWords words = words_of({"host", "-p", "22", "-v", "app", "-x"});
    EXPECT_EQ(words.options, (Words{"-p", "22", "-v"}));
    EXPECT_EQ(words.command, (Words{"app", "-x"}));
}

TEST(SshWords, a_double_dash_ends_the_options_and_is_not_passed_on) {
    EXPECT_EQ(words_of({"-v", "--", "host", "app"}).options, Words{"-v"});
    EXPECT_EQ(words_of({"--", "host", "app"}).destination, "host");
    EXPECT_EQ(words_of({"host", "--", "app"}).command, Words{"app"});
    EXPECT_EQ(words_of({"--", "host", "--", "app"}).command, (Words{"--", "app"}));
}

TEST(SshWords, a_destination_cannot_be_an_option_in_disguise) {
    EXPECT_NE(refused({"--", "-oProxyCommand=evil", "app"}).find("destination"), std::string::npos);
    EXPECT_NE(refused({""}).find("destination"), std::string::npos);
}

TEST(SshWords, a_missing_destination_or_value_is_said) {
    EXPECT_NE(refused({}).find("destination"), std::string::npos);
    EXPECT_NE(refused({"-v"}).find("destination"), std::string::npos);
    EXPECT_NE(refused({"-p"}).find("-p needs a value"), std::string::npos);
    EXPECT_NE(refused({"-p", "22"}).find("destination"), std::string::npos);
}

TEST(SshWords, going_to_the_background_is_refused_since_the_windows_would_end) {
    EXPECT_NE(refused({"-f", "host", "app"}).find("-f"), std::string::npos);
    EXPECT_EQ(words_of({"-F", "file", "host"}).destination, "host");
}

TEST(SshCommand, is_the_line_that_every_waypipe_parses) {
    EXPECT_EQ(command_for({"ssh", "user@host", "weston-terminal"}),
              (Words{"ssh", "-R", kForward, "user@host", "waypipe", "--unlink-socket", "--compress", "lz4",
                     "--socket", "/tmp/waypipe-server-T.sock", "--display", "wayland-T", "server",
                     "weston-terminal"}));
}

TEST(SshCommand, without_a_command_there_is_a_terminal_and_a_login_shell) {
    EXPECT_EQ(command_for({"ssh", "host"}),
              (Words{"ssh", "-t", "-R", kForward, "host", "waypipe", "--login-shell", "--unlink-socket",
                     "--compress", "lz4", "--socket", "/tmp/waypipe-server-T.sock", "--display", "wayland-T",
                     "server"}));
}

TEST(SshCommand, a_terminal_that_was_asked_for_or_refused_is_left_to_ssh) {
    EXPECT_EQ(command_for({"ssh", "-T", "host"})[1], "-R");
    EXPECT_EQ(command_for({"ssh", "-tt", "host"})[1], "-R");
    EXPECT_EQ(command_for({"ssh", "host", "app"})[1], "-R");
    // A t inside a value is no request.
    EXPECT_EQ(command_for({"ssh", "-lbtb", "host"})[1], "-t");
}

TEST(SshCommand, carries_all_options_that_concern_the_remote_side) {
    EXPECT_EQ(command_for({"-d",
                           "-n",
                           "-c",
                           "zstd=7",
                           "--threads",
                           "2",
                           "--remote-node",
                           "/dev/dri/renderD129",
                           "--video=vp9,swenc,hwdec,bpf=9000",
                           "--remote-bin",
                           "/opt/waypipe",
                           "--ssh-bin",
                           "/opt/ssh",
                           "-s",
                           "/run/a",
                           "--remote-socket",
                           "/run/b",
                           "--display",
                           "wl-5",
                           "--xwls",
                           "ssh",
                           "-p",
                           "22",
                           "host",
                           "app",
                           "a b"}),
              (Words{"/opt/ssh",
                     "-R",
                     "/run/b-server-T.sock:/run/a-client-T.sock",
                     "-p",
                     "22",
                     "host",
                     "/opt/waypipe",
                     "--debug",
                     "--no-gpu",
                     "--unlink-socket",
                     "--threads",
                     "2",
                     "--drm-node",
                     "/dev/dri/renderD129",
                     "--compress",
                     "zstd=7",
                     "--video=vp9,sw,bpf=9000",
                     "--socket",
                     "/run/b-server-T.sock",
                     "--display",
                     "wl-5",
                     "--xwls",
                     "server",
                     "app",
                     "a b"}));
}

TEST(SshCommand, leaves_out_what_concerns_this_side_only) {
    const Words command = command_for({"--title-prefix", "p", "--secctx", "s", "--drm-node", "/dev/x",
                                       "--unlink-socket", "ssh", "host", "app"});
    EXPECT_EQ(command, command_for({"ssh", "host", "app"}));
}

TEST(SshCommand, oneshot_goes_without_a_display) {
    const Words command = command_for({"-o", "ssh", "host", "app"});
    EXPECT_EQ(std::ranges::count(command, "--oneshot"), 1);
    EXPECT_EQ(std::ranges::count(command, "--display"), 0);
}

TEST(SshCommand, with_vsock_nothing_is_forwarded_and_the_address_is_passed_on) {
    const Words command = command_for({"--vsock", "-s", "s3:1234", "ssh", "host", "app"});
    EXPECT_EQ(std::ranges::count(command, "-R"), 0);
    const auto at = std::ranges::find(command, "--vsock");
    ASSERT_LT(at + 2, command.end());
    EXPECT_EQ(at[1], "--socket");
    EXPECT_EQ(at[2], "s3:1234");
}

TEST(SshCommand, own_words_with_spaces_or_quotes_are_quoted_for_the_remote_shell) {
    const Words command = command_for({"--display", "a b'c", "ssh", "host", "app"});
    EXPECT_EQ(std::ranges::count(command, "'a b'\\''c'"), 1);
}

TEST(SshSockets, paths_that_ssh_cannot_forward_are_refused) {
    const auto too_long =
        choose_ssh_sockets(options_of({"-s", "/tmp/" + std::string(100, 'x'), "ssh", "h"}), "T");
    ASSERT_FALSE(too_long);
    EXPECT_NE(too_long.error().message.find("too long"), std::string::npos);
    const auto remote =
        choose_ssh_sockets(options_of({"--remote-socket", std::string(108, 'x'), "ssh", "h"}), "T");
    ASSERT_FALSE(remote);
    EXPECT_NE(remote.error().message.find("--remote-socket"), std::string::npos);
    const auto colon = choose_ssh_sockets(options_of({"-s", "/tmp/a:b", "ssh", "h"}), "T");
    ASSERT_FALSE(colon);
    EXPECT_NE(colon.error().message.find("colon"), std::string::npos);
}

constexpr int exited(int code) {
    return code << 8;
}

std::string explained(int status, unsigned sessions, const Words& words) {
    const Options options = options_of(words);
    return explain_ssh_end(status, sessions, options, words_of(options.arguments)).value_or("");
}

TEST(SshEnd, success_and_the_applications_own_codes_need_no_words) {
    EXPECT_EQ(explained(exited(0), 0, {"ssh", "host", "app"}), "");
    EXPECT_EQ(explained(exited(3), 1, {"ssh", "host", "app"}), "");
    EXPECT_EQ(explained(exited(127), 2, {"--video", "ssh", "host", "app"}), "");
    EXPECT_EQ(explained(exited(1), 0, {"ssh", "host", "app"}), "");
}

TEST(SshEnd, a_failed_connection_says_what_to_try) {
    EXPECT_NE(explained(exited(255), 0, {"ssh", "me@host", "app"}).find("'ssh me@host true'"),
              std::string::npos);
    EXPECT_NE(explained(exited(255), 2, {"ssh", "host", "app"}).find("ended"), std::string::npos);
    EXPECT_NE(explained(SIGKILL, 0, {"ssh", "host", "app"}).find("signal 9"), std::string::npos);
}

TEST(SshEnd, a_missing_waypipe_says_how_to_name_it) {
    EXPECT_NE(explained(exited(127), 0, {"ssh", "host", "app"}).find("--remote-bin"), std::string::npos);
}

TEST(SshEnd, options_that_an_old_waypipe_rejects_are_named) {
    EXPECT_NE(explained(exited(1), 0, {"--video=av1", "ssh", "host", "app"}).find("--video=av1"),
              std::string::npos);
    EXPECT_NE(explained(exited(1), 0, {"--xwls", "ssh", "host", "app"}).find("--xwls"), std::string::npos);
    EXPECT_NE(explained(exited(1), 0, {"--video=h264", "ssh", "host", "app"}).find("--video"),
              std::string::npos);
}

} // namespace
} // namespace tv::cli
