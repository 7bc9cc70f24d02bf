#include "cli/options.h"

#include <gtest/gtest.h>

#include "cli/option_table.h"

namespace tv::cli {
namespace {

using Words = std::vector<std::string>;

Options parsed(const Words& words) {
    auto options = parse_options(words);
    EXPECT_TRUE(options) << (options ? "" : options.error().message);
    return options.value_or(Options{});
}

std::string refused(const Words& words) {
    auto options = parse_options(words);
    EXPECT_FALSE(options);
    return options ? "" : options.error().message;
}

TEST(Options, the_client_mode_needs_nothing_and_asks_for_lz4) {
    const Options options = parsed({"client"});
    EXPECT_EQ(options.mode, Mode::Client);
    EXPECT_EQ(options.compression, "lz4");
    EXPECT_FALSE(options.debug || options.no_gpu || options.oneshot || options.vsock || options.xwls);
    EXPECT_EQ(options.threads, 0u);
    EXPECT_EQ(options.video.codec, VideoCodec::None);
    EXPECT_FALSE(options.socket);
    EXPECT_TRUE(options.notices.empty());
}

TEST(Options, everything_after_the_ssh_word_is_left_as_it_is) {
    const Options options =
        parsed({"-d", "ssh", "-c", "aes", "--debug", "user@host", "app", "--video", "-o"});
    EXPECT_EQ(options.mode, Mode::Ssh);
    EXPECT_EQ(options.arguments, (Words{"-c", "aes", "--debug", "user@host", "app", "--video", "-o"}));
    EXPECT_TRUE(options.debug);
    EXPECT_FALSE(options.oneshot);
    EXPECT_EQ(options.compression, "lz4");
}

TEST(Options, values_may_be_attached_or_separate) {
    for (const Words& words : {Words{"-c", "zstd=5", "client"}, Words{"-czstd=5", "client"},
                               Words{"--compress", "zstd=5", "client"}, Words{"--compress=zstd=5", "client"},
                               Words{"-dczstd=5", "client"}, Words{"-dnoc", "zstd=5", "client"}})
        EXPECT_EQ(parsed(words).compression, "zstd=5");
}

TEST(Options, short_switches_may_be_joined) {
    const Options options = parsed({"-dno", "client"});
    EXPECT_TRUE(options.debug && options.no_gpu && options.oneshot);
}

TEST(Options, a_mode_word_that_is_a_value_does_not_start_the_mode) {
    const Options options = parsed({"--title-prefix", "ssh", "--socket", "client", "client"});
    EXPECT_EQ(options.title_prefix, "ssh");
    EXPECT_EQ(options.socket, "client");
    EXPECT_EQ(options.mode, Mode::Client);
}

TEST(Options, a_value_may_begin_with_a_dash_or_be_empty) {
    EXPECT_EQ(parsed({"--title-prefix", "-- ", "client"}).title_prefix, "-- ");
    EXPECT_EQ(parsed({"--title-prefix=", "client"}).title_prefix, "");
    EXPECT_EQ(parsed({"--title-prefix", "", "client"}).title_prefix, "");
}

TEST(Options, of_repeated_options_the_last_one_wins) {
    EXPECT_EQ(parsed({"-c", "none", "-c", "zstd", "client"}).compression, "zstd");
    EXPECT_EQ(parsed({"-s", "/a", "--socket=/b", "client"}).socket, "/b");
}

TEST(Options, compression_takes_none_lz4_and_zstd_with_levels) {
    for (const char* good : {"none", "lz4", "lz4=0", "lz4=-128", "lz4=127", "zstd", "zstd=-7", "zstd=22"})
        EXPECT_EQ(parsed({"-c", good, "client"}).compression, good);
    for (const char* bad :
         {"", "gzip", "none=1", "lz4=", "lz4=x", "zstd=1.5", "zstd=128", "lz4=-129", "LZ4", "lz4 "})
        EXPECT_NE(refused({"-c", bad, "client"}).find("--compress"), std::string::npos) << bad;
}

TEST(Options, video_may_stand_alone_before_a_mode_word_or_an_option) {
    EXPECT_EQ(parsed({"--video", "client"}).video.codec, VideoCodec::H264);
    EXPECT_EQ(parsed({"--video", "ssh", "host"}).arguments, Words{"host"});
    const Options options = parsed({"--video", "-d", "client"});
    EXPECT_TRUE(options.debug);
    EXPECT_EQ(options.video.codec, VideoCodec::H264);
}

TEST(Options, video_takes_its_value_attached_or_separate) {
    EXPECT_EQ(parsed({"--video=vp9,sw", "client"}).video.codec, VideoCodec::Vp9);
    EXPECT_EQ(parsed({"--video", "vp9,sw", "client"}).video.codec, VideoCodec::Vp9);
    EXPECT_EQ(parsed({"--video", "none", "client"}).video.codec, VideoCodec::None);
    EXPECT_NE(refused({"--video", "h265", "client"}).find("'h265'"), std::string::npos);
}

TEST(Options, the_words_that_wawonas_launcher_sends_are_taken) {
    const Options options = parsed({"--compress",
                                    "lz4=7",
                                    "--video",
                                    "none,hwenc,hwdec,bpf=120000",
                                    "--no-gpu",
                                    "--oneshot",
                                    "--debug",
                                    "--threads",
                                    "4",
                                    "--unlink-socket",
                                    "--login-shell",
                                    "--title-prefix",
                                    "x",
                                    "--secctx",
                                    "id",
                                    "--ssh-bin",
                                    "/opt/ssh",
                                    "--display",
                                    "wayland-9",
                                    "-s",
                                    "/tmp/p",
                                    "ssh",
                                    "-o",
                                    "StrictHostKeyChecking=accept-new",
                                    "-o",
                                    "BatchMode=no",
                                    "user@host",
                                    "cmd"});
    EXPECT_EQ(options.threads, 4u);
    EXPECT_EQ(options.security_context, "id");
    EXPECT_EQ(options.ssh_program, "/opt/ssh");
    EXPECT_EQ(options.display, "wayland-9");
    EXPECT_EQ(options.video.codec, VideoCodec::None);
    EXPECT_EQ(options.arguments.size(), 6u);

    const Options container = parsed({"-n", "-c", "none", "--socket-fds", "100,101", "client"});
    ASSERT_TRUE(container.socket_fds);
    EXPECT_EQ(container.socket_fds->read, 100);
    EXPECT_EQ(container.socket_fds->write, 101);

    EXPECT_TRUE(parsed({"--vsock", "-s", "1024", "--xwls", "ssh", "host"}).xwls);
}

TEST(Options, options_that_waypipe_has_dropped_are_taken_with_a_notice) {
    const Options options = parsed({"--control", "/tmp/fifo", "--allow-tiled", "--hwvideo", "client"});
    EXPECT_EQ(options.notices.size(), 3u);
    for (const std::string& notice : options.notices) EXPECT_EQ(notice.find('\n'), std::string::npos);
    EXPECT_EQ(options.video.encoder, VideoEngine::Hardware);
}

TEST(Options, an_unknown_option_is_named) {
    EXPECT_NE(refused({"--foo=3", "client"}).find("'--foo'"), std::string::npos);
    EXPECT_NE(refused({"-dx", "client"}).find("'-x'"), std::string::npos);
    EXPECT_NE(refused({"--foo"}).find("--help"), std::string::npos);
}

TEST(Options, a_missing_or_superfluous_value_is_an_error) {
    EXPECT_NE(refused({"--socket"}).find("--socket needs a value"), std::string::npos);
    EXPECT_NE(refused({"-s"}).find("-s needs a value"), std::string::npos);
    EXPECT_NE(refused({"--debug=1", "client"}).find("takes no value"), std::string::npos);
}

TEST(Options, a_missing_or_wrong_mode_says_what_the_modes_are) {
    EXPECT_NE(refused({}).find("ssh"), std::string::npos);
    EXPECT_NE(refused({"-d"}).find("no mode"), std::string::npos);
    EXPECT_NE(refused({"shh", "host"}).find("'shh'"), std::string::npos);
    EXPECT_NE(refused({"server", "app"}).find("waypipe server"), std::string::npos);
}

TEST(Options, options_after_the_client_word_are_pointed_out) {
    EXPECT_NE(refused({"client", "-d"}).find("before"), std::string::npos);
    EXPECT_NE(refused({"client", "x"}).find("'x'"), std::string::npos);
    EXPECT_EQ(parsed({"client", "--"}).mode, Mode::Client);
}

TEST(Options, numbers_must_be_whole_and_in_range) {
    EXPECT_EQ(parsed({"--threads", "0", "client"}).threads, 0u);
    for (const char* bad : {"", "-1", "1x", "4.0", "1025", "99999999999999999999"})
        EXPECT_NE(refused({"--threads", bad, "client"}).find("--threads"), std::string::npos) << bad;
    for (const char* bad : {"", "3", "3,", ",3", "3,4,5", "-1,3", "a,b", "3;4"})
        EXPECT_NE(refused({"--socket-fds", bad, "client"}).find("--socket-fds"), std::string::npos) << bad;
}

TEST(Options, a_title_prefix_has_at_most_128_bytes_of_utf8) {
    EXPECT_EQ(parsed({"--title-prefix", std::string(128, 'a'), "client"}).title_prefix.size(), 128u);
    EXPECT_EQ(parsed({"--title-prefix", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "client"}).title_prefix.size(),
              11u);
    EXPECT_NE(refused({"--title-prefix", std::string(129, 'a'), "client"}).find("129"), std::string::npos);
    for (const char* bad :
         {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
        EXPECT_NE(refused({"--title-prefix", bad, "client"}).find("UTF-8"), std::string::npos);
}

TEST(Options, combinations_that_cannot_work_are_refused) {
    EXPECT_NE(refused({"--vsock", "client"}).find("--socket"), std::string::npos);
    EXPECT_NE(refused({"--vsock", "-s", "/tmp/x", "client"}).find("vsock address"), std::string::npos);
    EXPECT_NE(refused({"--socket-fds", "3,4", "ssh", "host"}).find("client"), std::string::npos);
    EXPECT_NE(refused({"--xwls", "--oneshot", "ssh", "host"}).find("--oneshot"), std::string::npos);
    EXPECT_NE(refused({"-s", "", "client"}).find("empty"), std::string::npos);
    EXPECT_NE(refused({"--remote-bin", "-x", "ssh", "host"}).find("--remote-bin"), std::string::npos);
}

TEST(Options, help_and_version_win_over_whatever_follows) {
    EXPECT_EQ(parsed({"-h"}).mode, Mode::Help);
    EXPECT_EQ(parsed({"--help", "--nonsense"}).mode, Mode::Help);
    EXPECT_EQ(parsed({"--version", "client"}).mode, Mode::Version);
}

TEST(VsockAddresses, a_port_may_have_a_cid_and_the_sibling_flag) {
    const auto port = parse_vsock("1234");
    ASSERT_TRUE(port);
    EXPECT_EQ(port->port, 1234u);
    EXPECT_FALSE(port->cid || port->sibling);
    const auto full = parse_vsock("s3:4294967295");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->port, 4294967295u);
    EXPECT_EQ(full->cid, 3u);
    EXPECT_TRUE(full->sibling);
    for (const char* bad : {"", ":", "s:1", "2:", "x:1", "1:2:3", "-1", "4294967296", "s1234"})
        EXPECT_FALSE(parse_vsock(bad)) << bad;
}

TEST(Help, shows_every_option_that_has_a_help_text_within_80_columns) {
    const std::string help = help_text();
    std::size_t shown = 0;
    for (const OptionRow& row : option_table()) {
        if (row.help.empty()) continue;
        ++shown;
        EXPECT_NE(help.find("--" + std::string(row.name)), std::string::npos) << row.name;
    }
    EXPECT_GE(shown, 22u);
    std::size_t start = 0;
    for (std::size_t end = help.find('\n'); end != help.npos; end = help.find('\n', start)) {
        EXPECT_LE(end - start, 80u) << help.substr(start, end - start);
        start = end + 1;
    }
    EXPECT_EQ(start, help.size());
}

TEST(Version, begins_with_name_and_version_and_has_one_feature_a_line) {
    const std::string text = version_text();
    EXPECT_TRUE(text.starts_with("tunnelview 0.")) << text;
    EXPECT_NE(text.find("\nlz4: true\n"), std::string::npos);
    EXPECT_NE(text.find("\nzstd: true\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with('\n'));
}

} // namespace
} // namespace tv::cli
