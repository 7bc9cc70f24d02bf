// Live sessions of a stock waypipe, recorded and played again: the same pictures. And what `--record` and
// `replay` say when they cannot.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "channel/messages.h"
#include "replay/recorder.h"
#include "replay_bed.h"

namespace {

using namespace tv;
using namespace tv::test;
namespace fs = std::filesystem;

class RecordTest : public IntegrationTest {
protected:
    [[nodiscard]] std::unique_ptr<TestCompositor> compositor(const std::string& socket,
                                                             ReleasePolicy release = ReleasePolicy::AtOnce) {
        CompositorOptions options;
        options.socket = socket;
        options.release = release;
        return start_compositor(std::move(options));
    }
    [[nodiscard]] Child spawn(const std::vector<std::string>& arguments, const std::string& display = {}) {
        SpawnOptions options = command(arguments);
        if (!display.empty()) options.environment["WAYLAND_DISPLAY"] = display;
        auto child = Child::spawn(options);
        EXPECT_TRUE(child.has_value());
        return std::move(*child);
    }
    [[nodiscard]] std::string file() const { return dir() / "recording"; }
};

// --- sessions
// ---------------------------------------------------------------------------------------------

struct Case {
    std::vector<std::string> scenario;
    std::string compression;
    ReleasePolicy release = ReleasePolicy::AtOnce;
};
void PrintTo(const Case& of, std::ostream* out) {
    *out << of.scenario[0] << ", " << of.compression;
}

class Recorded : public RecordTest, public testing::WithParamInterface<Case> {
protected:
    // What the first compositor saw.
    [[nodiscard]] std::vector<Frame> record() {
        const auto first = compositor("wl-live", GetParam().release);
        auto recorder = replay::Recorder::create(file(), system_clock(), log_.log());
        EXPECT_TRUE(recorder.has_value());
        if (!first || !recorder) return {};
        SessionConfig config = session_config();
        config.tap = recorder->get();
        auto receiver = Receiver::start(dir() / "channel", *first, config);
        EXPECT_TRUE(receiver.has_value());
        if (!receiver) return {};
        std::vector<std::string> client{TV_TEST_CLIENT};
        client.insert(client.end(), GetParam().scenario.begin(), GetParam().scenario.end());
        Child server = spawn(
            waypipe_server(GetParam().compression, (*receiver)->path(), dir() / "remote", std::move(client)));
        const auto exit = server.wait(60s);
        EXPECT_TRUE(exit && exit->ok()) << server.err();
        EXPECT_EQ((*receiver)->wait(1, 10s).size(), 1u);
        return frames_of(*first);
    }
};

TEST_P(Recorded, a_live_session_shows_the_same_pictures_again) {
    if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    const std::vector<Frame> live = record();
    ASSERT_FALSE(live.empty());
    const auto second = compositor("wl-again", GetParam().release);
    ASSERT_TRUE(second);
    auto recording = replay::RecordingReader::open(file());
    auto wayland = second->connect();
    ASSERT_TRUE(recording && wayland);
    replay::PlayOptions options;
    options.speed = 0;
    options.patience = std::chrono::nanoseconds(10s).count();
    options.log = log_.log();
    const auto report = replay::replay(*recording, std::move(*wayland), session_config(), options);
    ASSERT_TRUE(report.has_value()) << describe(report.error());
    EXPECT_EQ(report->play.refusal.value_or(""), "");
    EXPECT_EQ(report->play.waits_run_out, 0u);
    EXPECT_FALSE(report->play.cut_off);
    EXPECT_EQ(report->session.end, SessionEnd::ApplicationClosed);
    EXPECT_TRUE(second->wait_until_no_clients(10s));
    EXPECT_EQ(frames_of(*second), live);
}

// Scenarios that show something and need nobody to type.
std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const char* compression : {"none", "lz4", "zstd"}) {
        cases.push_back({{"full-frame", "640x480", "6", "noise"}, compression});
        cases.push_back({{"shm-basic", "6"}, compression});
        cases.push_back({{"shm-basic", "6"}, compression, ReleasePolicy::WhenReplaced});
    }
    for (const char* scenario :
         {"shm-resize", "shm-formats", "shm-damage", "pool-destroyed-first", "buffer-destroyed-pending",
          "two-surfaces", "popups", "viewport", "presentation", "commit-timing", "title"})
        cases.push_back({{scenario}, "lz4"});
    return cases;
}
std::string case_name(const testing::TestParamInfo<Case>& info) {
    std::string name = fmt::format("{}_{}{}", info.param.scenario[0], info.param.compression,
                                   info.param.release == ReleasePolicy::AtOnce ? "" : "_held_buffers");
    std::ranges::replace(name, '-', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Scenarios, Recorded, testing::ValuesIn(all_cases()), case_name);

// --- the program
// ------------------------------------------------------------------------------------------

class Program : public RecordTest {
protected:
    void SetUp() override {
        RecordTest::SetUp();
        if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
        compositor_ = compositor("wl-live");
        ASSERT_TRUE(compositor_);
    }
    void TearDown() override {
        compositor_.reset();
        RecordTest::TearDown();
    }

    // `words` before "tunnelview".
    [[nodiscard]] Child start_client(std::vector<std::string> options, std::vector<std::string> words = {}) {
        words.insert(words.end(), {TV_PROGRAM, "-s", dir() / "channel"});
        words.insert(words.end(), options.begin(), options.end());
        words.emplace_back("client");
        Child client = spawn(words, compositor_->display());
        EXPECT_TRUE(eventually([&] { return fs::exists(dir() / "channel"); }, 10s)) << client.err();
        return client;
    }
    void show(const std::vector<std::string>& scenario) {
        std::vector<std::string> client{TV_TEST_CLIENT};
        client.insert(client.end(), scenario.begin(), scenario.end());
        Child server = spawn(waypipe_server("none", dir() / "channel", dir() / "remote", std::move(client)));
        const auto exit = server.wait(60s);
        EXPECT_TRUE(exit && exit->ok()) << server.err();
    }
    [[nodiscard]] RunResult replay(const std::string& path, const TestCompositor& onto) {
        SpawnOptions options = command({TV_PROGRAM, "replay", path, "--speed", "max"});
        options.environment["WAYLAND_DISPLAY"] = onto.display();
        return run(options, 60s).value();
    }
    [[nodiscard]] RunResult tunnelview(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TV_PROGRAM);
        SpawnOptions options = command(std::move(arguments));
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        return run(options, 60s).value();
    }
    static void expect_one_line(const RunResult& result, const std::string& part) {
        EXPECT_EQ(result.exit, (Exit{false, 1}));
        EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
        EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
    }

    std::unique_ptr<TestCompositor> compositor_;
};

TEST_F(Program, each_connection_gets_a_file_of_its_own_that_shows_the_same_again) {
    Child client = start_client({"--record", file()});
    show({"shm-basic", "4"});
    const std::vector<Frame> first = frames_of(*compositor_);
    show({"shm-damage", "5"});
    ASSERT_TRUE(compositor_->wait_until_no_clients(10s));
    std::vector<Frame> second = frames_of(*compositor_);
    second.erase(second.begin(), second.begin() + static_cast<std::ptrdiff_t>(first.size()));
    client.kill(SIGTERM);
    ASSERT_TRUE(client.wait(10s));
    EXPECT_EQ(client.err(), "");
    EXPECT_FALSE(fs::exists(file() + ".3"));
    EXPECT_FALSE(first.empty() || second.empty());
    for (const auto& [path, frames] : {std::pair{file(), first}, {file() + ".2", second}}) {
        struct stat info{};
        ASSERT_EQ(stat(path.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0600u) << "what was typed is in it";
        const auto again = compositor("wl-again");
        ASSERT_TRUE(again);
        const RunResult result = replay(path, *again);
        EXPECT_TRUE(result.exit.ok()) << result.err;
        EXPECT_TRUE(result.err.starts_with("tunnelview: replayed ")) << result.err;
        EXPECT_NE(result.err.find("0 waits ran out"), std::string::npos) << result.err;
        EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
        EXPECT_TRUE(again->wait_until_no_clients(10s));
        EXPECT_EQ(frames_of(*again), frames);
    }
}

TEST_F(Program, a_file_that_exists_is_refused_and_left_as_it_is) {
    std::ofstream(file()) << "precious";
    expect_one_line(tunnelview({"-s", dir() / "channel", "--record", file(), "client"}),
                    "exists already; remove it");
    expect_one_line(tunnelview({"-s", dir() / "channel", "--record", file(), "ssh", "host"}),
                    "exists already");
    EXPECT_EQ(fs::file_size(file()), 8u);
    fs::rename(file(), file() + ".2");
    expect_one_line(tunnelview({"-s", dir() / "channel", "--record", file(), "client"}),
                    "recording.2' exists already");
}

TEST_F(Program, a_later_connection_whose_file_exists_is_shown_without_being_recorded) {
    Child client = start_client({"--record", file()});
    std::ofstream(file() + ".2") << "precious";
    show({"shm-basic", "2"});
    show({"shm-basic", "2"});
    client.kill(SIGTERM);
    ASSERT_TRUE(client.wait(10s));
    EXPECT_EQ(fs::file_size(file() + ".2"), 8u);
    EXPECT_NE(client.err().find("recording.2' exists already"), std::string::npos) << client.err();
    EXPECT_NE(client.err().find("not recorded"), std::string::npos) << client.err();
    EXPECT_EQ(std::ranges::count(client.err(), '\n'), 1) << client.err();
}

TEST_F(Program, a_folder_that_is_not_there_is_said_at_once) {
    expect_one_line(tunnelview({"-s", dir() / "channel", "--record", dir() / "no/file", "client"}),
                    "No such file or directory");
}

TEST_F(Program, a_full_disk_ends_the_recording_with_one_warning_and_not_the_session) {
    // 2048 blocks of 512 bytes or of 1024: enough for the pool, too little for what goes through it.
    Child client =
        start_client({"--record", file()}, {"/bin/sh", "-c", "ulimit -f 2048; exec \"$0\" \"$@\""});
    show({"shm-basic", "30"});
    client.kill(SIGTERM);
    ASSERT_TRUE(client.wait(10s));
    const std::vector<Frame> live = frames_of(*compositor_);
    EXPECT_EQ(live.size(), 30u);
    EXPECT_EQ(std::ranges::count(client.err(), '\n'), 1) << client.err();
    EXPECT_NE(client.err().find("the recording ends here, the session goes on"), std::string::npos)
        << client.err();
    const auto again = compositor("wl-again");
    ASSERT_TRUE(again);
    const RunResult result = replay(file(), *again);
    EXPECT_TRUE(result.exit.ok()) << result.err;
    EXPECT_NE(result.err.find("cut off"), std::string::npos) << result.err;
    EXPECT_TRUE(again->wait_until_no_clients(10s));
    const std::vector<Frame> shown = frames_of(*again);
    ASSERT_LT(shown.size(), live.size());
    EXPECT_FALSE(shown.empty());
    EXPECT_TRUE(std::ranges::equal(shown, std::span(live).first(shown.size())));
}

TEST_F(Program, what_is_no_recording_is_not_replayed) {
    expect_one_line(tunnelview({"replay", file()}), "No such file or directory");
    std::ofstream(file()) << "not a recording, but long enough to be one";
    expect_one_line(tunnelview({"replay", file()}), "not a recording");
    expect_one_line(tunnelview({"replay", dir().path().string()}), "Is a directory");
    expect_one_line(tunnelview({"replay"}), "replay needs a recording");
    expect_one_line(tunnelview({"replay", file(), "more"}), "'more'");
    expect_one_line(tunnelview({"replay", file(), "--speed", "fast"}), "'fast' is not max or a number");
    expect_one_line(tunnelview({"--speed", "2", "client"}), "--speed works with the replay mode only");
    expect_one_line(tunnelview({"--record", "x", "replay", file()}), "--record works with");
}

TEST_F(Program, a_recording_that_the_receiver_refuses_ends_with_exit_code_1) {
    ByteQueue recording;
    replay::append_file_header(recording);
    ByteQueue channel;
    std::array<std::byte, kConnectionHeaderSize> header{};
    encode(ConnectionHeader{}, header);
    channel.append(header);
    const msg::ExtendFile never_opened{7, 4096};
    encode(never_opened, channel.append(encoded_size(never_opened)));
    replay::append_record(recording, {0, ChannelDirection::FromApplication, channel.bytes()});
    replay::append_end(recording, 0);
    std::ofstream(file()).write(reinterpret_cast<const char*>(recording.bytes().data()),
                                static_cast<std::streamsize>(recording.size()));
    const RunResult result = replay(file(), *compositor_);
    EXPECT_EQ(result.exit, (Exit{false, 1}));
    EXPECT_NE(result.err.find("the recording was refused: protocol violation"), std::string::npos)
        << result.err;
}

} // namespace
