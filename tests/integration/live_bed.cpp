#include "live_bed.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "support/pixel_format.h"

namespace tv::test {

namespace {

constexpr Milliseconds kPatience{60'000};

// "wl_surface#1 frame 3 buffer 0 320x240 XR24 stride 1280 crc=b36faf12"
std::optional<LiveFrame> read_line(const std::string& line) {
    LiveFrame frame;
    char surface[32];
    int at = 0;
    if (std::sscanf(line.c_str(), "%31s frame %d buffer %d %dx%d %n", surface, &frame.number, &frame.buffer,
                    &frame.width, &frame.height, &at) != 5)
        return std::nullopt;
    frame.surface = surface;
    frame.format = line.substr(static_cast<std::size_t>(at), 4);
    const auto crc = line.find("crc=");
    if (crc == std::string::npos) return std::nullopt;
    frame.crc = static_cast<std::uint32_t>(std::stoul(line.substr(crc + 4), nullptr, 16));
    return frame;
}

std::vector<LiveFrame> shown_by(TestCompositor& compositor) {
    std::vector<LiveFrame> shown;
    for (const CommitRecord& commit : compositor.commits()) {
        shown.push_back({commit.surface, 0, 0, commit.width, commit.height, format_name(commit.format),
                         commit.crc, commit.picture});
    }
    return shown;
}

} // namespace

std::string describe(const LiveFrame& frame) {
    return fmt::format("{} {}x{} {} {:08x}", frame.surface, frame.width, frame.height, frame.format,
                       frame.crc);
}
std::vector<std::string> describe(const std::vector<LiveFrame>& frames) {
    std::vector<std::string> lines;
    for (const LiveFrame& frame : frames) lines.push_back(describe(frame));
    return lines;
}

bool LiveOutcome::has_line(const std::string& line) const {
    return std::ranges::count(lines, line) != 0;
}

std::vector<LiveFrame> LiveOutcome::of(const std::vector<LiveFrame>& frames, const std::string& surface) {
    std::vector<LiveFrame> some;
    std::ranges::copy_if(frames, std::back_inserter(some),
                         [&](const LiveFrame& frame) { return frame.surface == surface; });
    return some;
}

void LiveTest::SetUp() {
    IntegrationTest::SetUp(); // first: the end of a skipped test compares with it, too
    if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    // Newer ones do not use libgbm; `make interop` has them.
    if (!waypipe_version().starts_with("0.8."))
        GTEST_SKIP() << "skipped: waypipe " << waypipe_version()
                     << " needs a GPU; tv-fake-gbm stands in for 0.8's alone";
}

Child LiveTest::start_tunnelview(const LiveOptions& options, const TestCompositor& compositor,
                                 const std::string& channel) {
    std::vector<std::string> arguments{TV_PROGRAM, "-c", options.compression, "-s", channel};
    arguments.insert(arguments.end(), options.tunnelview.begin(), options.tunnelview.end());
    arguments.emplace_back("client");
    SpawnOptions spawn = command(std::move(arguments));
    spawn.environment["WAYLAND_DISPLAY"] = compositor.display();
    Child child = Child::spawn(spawn).value();
    EXPECT_TRUE(eventually([&] { return !child.running() || std::filesystem::exists(channel); }, kPatience));
    EXPECT_TRUE(child.running()) << child.err();
    return child;
}

LiveOutcome LiveTest::play(const LiveOptions& options, std::vector<std::string> arguments) {
    LiveOutcome outcome;
    CompositorOptions pose;
    pose.keep_pictures = options.keep_pictures;
    pose.more_shm_formats.insert(pose.more_shm_formats.end(), options.shm_formats.begin(),
                                 options.shm_formats.end());
    if (options.release_when_replaced) pose.release = ReleasePolicy::WhenReplaced;
    auto compositor = start_compositor(std::move(pose));
    if (!compositor) return outcome;
    const std::string channel = dir() / "channel";
    Child tunnelview = start_tunnelview(options, *compositor, channel);

    // The application itself needs no preloading, and under a sanitizer would not stand it.
    arguments.insert(arguments.begin(), {"env", "-u", "LD_PRELOAD", TV_TEST_DMABUF_CLIENT});
    std::vector<std::string> server =
        waypipe_server(options.compression, channel, dir() / "app", std::move(arguments));
    if (!options.video.empty()) server.insert(server.begin() + 1, "--video=" + options.video);
    SpawnOptions spawn = command(std::move(server));
    spawn.environment["LD_PRELOAD"] = TV_FAKE_DMA ":" TV_FAKE_GBM;
    auto result = run(spawn, kPatience);
    EXPECT_TRUE(result.has_value() && !result->timed_out)
        << (result ? result->out + result->err : "waypipe does not start");

    // The session ends with its application, the program only when it is told to.
    EXPECT_TRUE(eventually([&] { return list_children(tunnelview.pid()).empty(); }, kPatience));
    EXPECT_TRUE(tunnelview.running());
    tunnelview.kill(SIGTERM);
    EXPECT_EQ(tunnelview.wait(kPatience), (Exit{true, SIGTERM}));
    std::filesystem::remove(dir() / "app"); // 0.8.4 leaves the socket of its display behind
    outcome.said = tunnelview.err();
    outcome.shown = shown_by(*compositor);
    if (!result) return outcome;
    outcome.exit = result->exit;
    outcome.complaints = result->err;
    std::istringstream printed(result->out);
    for (std::string line; std::getline(printed, line);) {
        outcome.lines.push_back(line);
        if (auto frame = read_line(line)) outcome.drawn.push_back(*frame);
    }
    return outcome;
}

void LiveTest::expect_good_end(const LiveOutcome& outcome) {
    EXPECT_TRUE(outcome.exit.ok()) << outcome.complaints;
    EXPECT_TRUE(outcome.has_line("done")) << (outcome.lines.empty() ? "" : outcome.lines.back());
    for (const std::string& line : outcome.lines) EXPECT_FALSE(line.starts_with("bad ")) << line;
    EXPECT_EQ(outcome.said, "");
}

void LiveTest::expect_exact(const LiveOutcome& outcome) {
    expect_good_end(outcome);
    EXPECT_FALSE(outcome.drawn.empty());
    std::set<std::string> surfaces;
    for (const auto* frames : {&outcome.drawn, &outcome.shown})
        for (const LiveFrame& frame : *frames) surfaces.insert(frame.surface);
    for (const std::string& surface : surfaces)
        EXPECT_EQ(describe(LiveOutcome::of(outcome.shown, surface)),
                  describe(LiveOutcome::of(outcome.drawn, surface)));
}

} // namespace tv::test
