// --stats of the real program behind a stock `waypipe server`: every line is JSON, its frames are those that
// the compositor saw, and the stages add up.
#include <cmath>
#include <csignal>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compositor/compositor.h"
#include "support/json.h"
#include "support/process.h"

namespace {

using namespace tv;
using namespace tv::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Stats : public testing::Test {
protected:
    void SetUp() override {
        SpawnOptions ask;
        ask.arguments = {"waypipe", "--version"};
        auto version = run(ask, 10s);
        if (!version || !version->exit.ok()) GTEST_SKIP() << "skipped: no waypipe is installed";
        waypipe_ = version->out;
        auto made = TempDir::create();
        ASSERT_TRUE(made.has_value());
        dir_.emplace(std::move(*made));
        CompositorOptions options;
        options.directory = dir_->path().string();
        auto compositor = TestCompositor::start(std::move(options));
        ASSERT_TRUE(compositor.has_value());
        compositor_ = std::move(*compositor);
    }
    void TearDown() override {
        if (HasFailure() && client_) std::fprintf(stderr, "--- tunnelview:\n%s---\n", client_->err().c_str());
    }

    [[nodiscard]] SpawnOptions command(std::vector<std::string> arguments) const {
        SpawnOptions options;
        options.arguments = std::move(arguments);
        options.environment["XDG_RUNTIME_DIR"] = dir_->path().string();
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        options.environment["WAYLAND_SOCKET"] = std::nullopt;
        options.own_group = true;
        return options;
    }
    // `tunnelview --stats client`, or that as the shell's $0 and arguments in `shell`.
    void start(const std::string& shell = {}) {
        std::vector<std::string> words{TV_PROGRAM, "--stats", "-s", *dir_ / "channel", "client"};
        if (!shell.empty()) words.insert(words.begin(), {"/bin/sh", "-c", shell});
        client_.emplace(Child::spawn(command(std::move(words))).value());
        ASSERT_TRUE(eventually([this] { return fs::exists(dir_->path() / "channel"); }, 10s));
    }
    void play(std::vector<std::string> options, std::vector<std::string> application, bool gpu = false) {
        std::vector<std::string> words{"waypipe"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"-s", *dir_ / "channel", "--display", *dir_ / "app", "server", "--"});
        if (gpu) words.insert(words.end(), {"env", "-u", "LD_PRELOAD"});
        words.insert(words.end(), application.begin(), application.end());
        SpawnOptions server = command(std::move(words));
        if (gpu) server.environment["LD_PRELOAD"] = TV_FAKE_DMA ":" TV_FAKE_GBM;
        auto result = run(server, 60s);
        ASSERT_TRUE(result && result->exit.ok()) << (result ? result->out + result->err : "not started");
        ASSERT_TRUE(compositor_->wait_until_no_clients(10s));
        ASSERT_TRUE(eventually([this] { return list_children(client_->pid()).empty(); }, 10s));
    }
    // Ends tunnelview; what it wrote must be JSON, line by line.
    std::vector<Json> finish() {
        client_->kill(SIGTERM);
        EXPECT_TRUE(client_->wait(10s).has_value());
        std::vector<Json> lines;
        const std::string written = client_->err();
        EXPECT_TRUE(written.ends_with('\n'));
        std::istringstream all(written);
        for (std::string line; std::getline(all, line);) {
            EXPECT_LT(line.size(), 4096u);
            auto json = Json::parse(line);
            EXPECT_TRUE(json.has_value()) << line;
            if (json) lines.push_back(std::move(*json));
        }
        return lines;
    }
    static std::vector<Json> last_lines(const std::vector<Json>& lines) {
        std::vector<Json> last;
        for (const Json& line : lines)
            if (line["final"].truth) last.push_back(line);
        return last;
    }
    // In whole nanoseconds, which is what six decimals of a millisecond are.
    static long long nanoseconds(const Json& stage) { return std::llround(stage["sum"].number * 1e6); }
    static void expect_sums(const std::vector<Json>& lines) {
        for (const Json& line : lines) {
            for (const Json& surface : line["surfaces"].items) {
                long long sum = 0;
                for (const auto& [name, stage] : surface["stages"].members)
                    if (name != "total") sum += nanoseconds(stage);
                EXPECT_EQ(sum, nanoseconds(surface["stages"]["total"]));
                EXPECT_LE(surface["measured"].number, surface["frames"].number);
            }
        }
    }

    std::string waypipe_;
    std::optional<TempDir> dir_;
    std::unique_ptr<TestCompositor> compositor_;
    std::optional<Child> client_;
};

TEST_F(Stats, of_shm_applications_count_what_the_compositor_saw) {
    start();
    play({"-c", "lz4"}, {TV_TEST_CLIENT, "shm-basic", "40"});
    const auto first = compositor_->commits().size();
    play({"-c", "none"}, {TV_TEST_CLIENT, "shm-resize", "10"});
    const auto second = compositor_->commits().size() - first;
    const auto lines = finish();
    expect_sums(lines);
    const auto last = last_lines(lines);
    ASSERT_EQ(last.size(), 2u) << "one for each connection";
    EXPECT_NE(last[0]["process"].number, last[1]["process"].number);
    EXPECT_EQ(last[0]["frames"].number, static_cast<double>(first));
    EXPECT_EQ(last[1]["frames"].number, static_cast<double>(second));
    EXPECT_EQ(last[0]["compression"].text, "lz4");
    EXPECT_EQ(last[1]["compression"].text, "none");
    for (const Json& line : last) {
        EXPECT_FALSE(line["gpu"].truth);
        ASSERT_EQ(line["surfaces"].items.size(), 1u);
        const Json& surface = line["surfaces"].items[0];
        EXPECT_EQ(surface["codec"].text, "raw");
        EXPECT_EQ(surface["app_id"].text, "tv-test-client");
        EXPECT_EQ(surface["frames"].number, line["frames"].number);
        EXPECT_EQ(surface["measured"].number, line["frames"].number);
        EXPECT_LT(surface["bytes"].number, line["bytes"].number);
        EXPECT_TRUE(surface["stages"].has("receive"));
        EXPECT_FALSE(surface["stages"].has("decode"));
    }
    EXPECT_GT(last[0]["bytes"].number, 100'000);
}

TEST_F(Stats, of_video_name_codec_and_decoder_and_measure_every_frame) {
#ifndef TV_FFMPEG
    GTEST_SKIP() << "skipped: built without FFmpeg, nothing decodes video";
#endif
    if (waypipe_.find("0.8.") == std::string::npos)
        GTEST_SKIP() << "skipped: only waypipe 0.8 encodes without a GPU here, and this is " << waypipe_;
    start();
    play({"--video=sw,h264"}, {TV_TEST_DMABUF_CLIENT, "--frames", "100"}, true);
    const auto lines = finish();
    expect_sums(lines);
    const auto last = last_lines(lines);
    ASSERT_EQ(last.size(), 1u);
    EXPECT_TRUE(last[0]["gpu"].truth);
    EXPECT_EQ(last[0]["frames"].number, static_cast<double>(compositor_->commits().size()));
    ASSERT_EQ(last[0]["surfaces"].items.size(), 1u);
    const Json& surface = last[0]["surfaces"].items[0];
    EXPECT_EQ(surface["codec"].text, "h264");
    EXPECT_EQ(surface["decoder"].text, "ffmpeg");
    EXPECT_EQ(surface["frames"].number, 100);
    EXPECT_EQ(surface["measured"].number + surface["without_picture"].number, 100);
    EXPECT_EQ(surface["failovers"].number, 0);
    EXPECT_EQ(surface["width"].number, compositor_->commits().back().width);
    EXPECT_EQ(surface["height"].number, compositor_->commits().back().height);
    for (const char* stage : {"receive", "queue", "decode", "convert", "wait_for_commit", "total"}) {
        EXPECT_GT(surface["stages"][stage]["p50"].number, 0) << stage;
        EXPECT_GE(surface["stages"][stage]["p99"].number, surface["stages"][stage]["p50"].number) << stage;
    }
}

TEST_F(Stats, on_a_terminal_are_one_line_that_fits_and_goes_at_the_end) {
    const UniqueFd terminal = UniqueFd::adopt(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(terminal.valid());
    ASSERT_EQ(::grantpt(terminal.get()), 0);
    ASSERT_EQ(::unlockpt(terminal.get()), 0);
    char name[64];
    ASSERT_EQ(::ptsname_r(terminal.get(), name, sizeof name), 0);
    const UniqueFd kept =
        UniqueFd::adopt(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)); // so that nothing is lost
    constexpr unsigned short kWidth = 40;
    const winsize size{24, kWidth, 0, 0};
    ASSERT_EQ(::ioctl(terminal.get(), TIOCSWINSZ, &size), 0);
    start(std::string("exec \"$0\" \"$@\" 2>") + name);
    play({"-c", "lz4"}, {TV_TEST_CLIENT, "shm-basic", "200"});
    client_->kill(SIGTERM);
    EXPECT_TRUE(client_->wait(10s).has_value());
    ASSERT_EQ(::fcntl(terminal.get(), F_SETFL, O_NONBLOCK), 0);
    std::string shown;
    char block[4096];
    for (ssize_t count = 0; (count = ::read(terminal.get(), block, sizeof block)) > 0;)
        shown.append(block, static_cast<std::size_t>(count));
    const std::string kClear = "\r\x1b[K";
    EXPECT_EQ(shown.find('{'), shown.npos) << "JSON is not for terminals";
    const std::size_t first = shown.find(kClear);
    ASSERT_NE(first, shown.npos) << shown;
    std::size_t lines = 0;
    for (std::size_t at = first; at != shown.npos; at = shown.find(kClear, at + 1)) {
        const std::size_t begin = at + kClear.size();
        const std::string line = shown.substr(begin, shown.find_first_of("\r\n", begin) - begin);
        EXPECT_LT(line.size(), kWidth);
        if (line.starts_with("1 app  ")) ++lines;
    }
    EXPECT_GE(lines, 1u);
    EXPECT_TRUE(shown.ends_with(kClear));
}

} // namespace
