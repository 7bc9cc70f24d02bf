#include "contract_live.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>

namespace tv::test {
namespace {

// "wl_surface#1 frame 3 buffer 0 320x240 XR24 stride 1280 crc=b36faf12" as a commit.
std::optional<ContractCommit> read_line(const std::string& line) {
    ContractCommit frame;
    char surface[32], format[5];
    int number = 0, buffer = 0;
    if (std::sscanf(line.c_str(), "%31s frame %d buffer %d %dx%d %4s", surface, &number, &buffer,
                    &frame.width, &frame.height, format) != 6)
        return std::nullopt;
    frame.surface = surface;
    frame.format = format;
    const auto crc = line.find("crc=");
    if (crc == std::string::npos) return std::nullopt;
    frame.crc = static_cast<std::uint32_t>(std::stoul(line.substr(crc + 4), nullptr, 16));
    return frame;
}

} // namespace

void ContractLive::SetUp() {
    ContractTest::SetUp();
    if (!waypipe_version().starts_with("0.8.")) GTEST_SKIP() << "skipped: no waypipe 0.8 is installed";
}

Played ContractLive::play(ContractCompositor& compositor, std::vector<std::string> arguments,
                          const std::string& compression, SessionConfig config, const std::string& video) {
    Played played;
    if (!config.surfaces) config = surface_config();
    auto receiver = Receiver::start(dir() / "channel", [&] { return compositor.connect(); }, config);
    EXPECT_TRUE(receiver.has_value());
    arguments.insert(arguments.begin(), TV_TEST_DMABUF_CLIENT);
    const std::string display = "app-" + std::to_string(++runs_);
    auto words = waypipe_server(compression, dir() / "channel", display, arguments);
    if (!video.empty()) words.insert(words.begin() + 1, "--video=" + video);
    SpawnOptions spawn = command(std::move(words));
    spawn.environment["LD_PRELOAD"] = TV_FAKE_DMA ":" TV_FAKE_GBM;
    const auto result = run(spawn, 60s);
    EXPECT_TRUE(result.has_value() && !result->timed_out);
    if (!result) return played;
    const auto reports = (*receiver)->wait(1, 10s);
    EXPECT_EQ(reports.size(), 1u);
    for (const SessionReport& report : reports)
        EXPECT_EQ(report.end, SessionEnd::ApplicationClosed) << (report.error ? describe(*report.error) : "");
    std::filesystem::remove(dir() / display);
    played.exit = result->exit;
    played.out = result->out;
    played.complaints = result->err + compositor.complaints();
    std::istringstream lines(result->out);
    for (std::string line; std::getline(lines, line);)
        if (auto frame = read_line(line)) played.drawn.push_back(*frame);
    return played;
}

void ContractLive::expect_exact(const Played& played, ContractCompositor& compositor, std::size_t before) {
    EXPECT_TRUE(played.has_line("done")) << played.out << played.complaints;
    auto shown = compositor.commits();
    shown.erase(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(before));
    EXPECT_FALSE(played.drawn.empty());
    EXPECT_EQ(shown, played.drawn);
    EXPECT_EQ(compositor.count("contract refused"), 0u);
    EXPECT_EQ(compositor.count("contract translucent"), 0u);
}

} // namespace tv::test
