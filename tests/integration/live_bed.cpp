#include "live_bed.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

// Whether somebody listens there; the file is there a moment earlier. Rust waypipes bind relative to its
// folder: the name has to be one of its kind.
bool listens(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename();
    // Num RefCount Protocol Flags Type St Inode Path, where the flag is SO_ACCEPTCON.
    std::ifstream table("/proc/net/unix");
    for (std::string line; std::getline(table, line);) {
        const bool same = line.ends_with(' ' + name) || line.ends_with('/' + name);
        if (same && line.find(" 00010000 ") != std::string::npos) return true;
    }
    return false;
}

LivePeer find_peer() {
    LivePeer peer;
    if (const char* wanted = std::getenv("TV_LIVE_WAYPIPE"); wanted != nullptr) {
        std::istringstream lines(wanted);
        for (std::string word; std::getline(lines, word);) peer.command.push_back(word);
        peer.installed = false;
    } else {
        peer.command = {"waypipe"};
    }
    SpawnOptions options;
    options.arguments = peer.command;
    options.arguments.emplace_back("--version");
    const auto result = run(options, kPatience);
    const std::string word = "waypipe ";
    if (!result || !result->exit.ok() || !result->out.starts_with(word)) return peer;
    const std::string& out = result->out;
    peer.version = out.substr(word.size(), out.find_first_of(" \n", word.size()) - word.size());
    // "features: lz4 video", "unavailable: ..." of C; "video: true" of Rust.
    const std::string features = out.substr(0, out.find("unavailable:"));
    peer.has_video =
        features.find(" video") != std::string::npos && features.find("video: false") == std::string::npos;
    return peer;
}

} // namespace

std::vector<std::string> LivePeer::codecs() const {
    if (version.starts_with("0.8.")) return {"h264", "vp9"};
    return {"h264", "vp9", "av1"};
}

int LivePeer::encoded_windows(const std::string& codec) const {
    return version.starts_with("0.9.") && codec == "av1" ? 1 : 3;
}

std::string LivePeer::video_option(const std::string& codec) const {
    return rust() ? codec + ",swenc,swdec" : "sw," + codec;
}

const LivePeer& live_peer() {
    static const LivePeer peer = find_peer();
    return peer;
}

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
    const LivePeer& peer = live_peer();
    if (peer.version.empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    // Others need more than preloading; `make interop` has them.
    if (peer.installed && !peer.version.starts_with("0.8."))
        GTEST_SKIP() << "skipped: waypipe " << peer.version
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
    EXPECT_TRUE(eventually([&] { return !child.running() || listens(channel); }, kPatience));
    EXPECT_TRUE(child.running()) << child.err();
    return child;
}

Child LiveTest::start_server(const LiveOptions& options, const std::string& channel,
                             const std::string& display) {
    const LivePeer& peer = live_peer();
    std::vector<std::string> words = peer.command;
    words.insert(words.end(), {"-c", options.compression, "-s", channel, "--display", display});
    if (!options.codec.empty()) words.push_back("--video=" + peer.video_option(options.codec));
    // Applications are started here: a waypipe in a chroot could not.
    words.insert(words.end(), {"server", "--", "sleep", "600"});
    SpawnOptions spawn = command(std::move(words));
    if (peer.installed) spawn.environment["LD_PRELOAD"] = TV_FAKE_DMA ":" TV_FAKE_GBM;
    Child child = Child::spawn(spawn).value();
    EXPECT_TRUE(eventually([&] { return !child.running() || listens(display); }, kPatience));
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
    const std::string display = dir() / ("app-" + dir().path().filename().string());
    Child tunnelview = start_tunnelview(options, *compositor, channel);
    Child server = start_server(options, channel, display);

    arguments.insert(arguments.begin(), TV_TEST_DMABUF_CLIENT);
    SpawnOptions spawn = command(std::move(arguments));
    spawn.environment["WAYLAND_DISPLAY"] = display;
    const auto result = run(spawn, kPatience);
    EXPECT_TRUE(result.has_value() && !result->timed_out)
        << (result ? result->out : "the client does not start");

    // The session ends with its application, both programs only when they are told to.
    EXPECT_TRUE(eventually([&] { return list_children(tunnelview.pid()).empty(); }, kPatience));
    EXPECT_TRUE(tunnelview.running());
    tunnelview.kill(SIGTERM);
    EXPECT_EQ(tunnelview.wait(kPatience), (Exit{true, SIGTERM}));
    server.kill_group(SIGTERM);
    EXPECT_TRUE(server.wait(kPatience).has_value());
    std::filesystem::remove(display); // every waypipe leaves it behind when it is ended
    outcome.said = tunnelview.err();
    outcome.complaints = server.err() + (result ? result->err : "");
    outcome.shown = shown_by(*compositor);
    if (!result) return outcome;
    outcome.exit = result->exit;
    std::istringstream printed(result->out);
    for (std::string line; std::getline(printed, line);) {
        outcome.lines.push_back(line);
        if (auto frame = read_line(line)) outcome.drawn.push_back(*frame);
    }
    return outcome;
}

std::vector<std::string> LiveTest::offered_formats(const LiveOptions& options) {
    const LiveOutcome outcome = play(options, {"--offer", "--frames", "0"});
    expect_good_end(outcome);
    std::vector<std::string> names;
    constexpr std::string_view kStart = "offered ";
    constexpr std::string_view kLinear = " 0x0";
    for (const std::string& line : outcome.lines) {
        if (line.starts_with(kStart) && line.ends_with(kLinear))
            names.push_back(line.substr(kStart.size(), 4));
    }
    return names;
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
