// Every recorded video before the contract compositor, as a Mac would show it, on the simulated system:
// decoded by VideoToolbox, converted by Metal, published as IOSurfaces; the same pictures as from libavcodec
// and wl_shm. (The recordings in fixtures/dmabuf hold no video, whatever was asked for:
// contract_replay_test.)
#include <filesystem>

#include "apple_config.h"
#include "applesim/metal_leaks.h"
#include "applesim/sim/random.h"
#include "applesim/sim/vt.h"
#include "contract_bed.h"
#include "replay_bed.h"

namespace {

using namespace tv;
using namespace tv::test;

struct Case {
    std::string path;
    std::uint64_t seed;
    unsigned withhold;
};

std::vector<Case> cases() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(TV_FIXTURES "/video")) {
        if (entry.path().extension() == ".s2c") paths.push_back(entry.path().string());
    }
    std::ranges::sort(paths);
    std::vector<Case> all;
    for (const std::string& path : paths)
        for (const unsigned withhold : {0U, 1U, 4U}) {
            // 150 large pictures, twice, are enough once.
            if (withhold == 0 && path.find("1080p") != std::string::npos) continue;
            if (withhold == 4 && path.find("1080p") != std::string::npos) continue;
            all.push_back({path, 1 + withhold, withhold});
        }
    return all;
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
    std::string name = std::filesystem::path(info.param.path).stem().string();
    std::ranges::replace(name, '-', '_');
    return name + "_withholding_" + std::to_string(info.param.withhold);
}

class AppleReplay : public ContractTest, public testing::WithParamInterface<Case> {
protected:
    void TearDown() override {
        leaks_.check();
        ContractTest::TearDown();
    }
    SessionEnd play(UniqueFd compositor, SessionConfig config) {
        ByteQueue recording = convert_fixture(GetParam().path);
        auto reader = replay::RecordingReader::of_bytes(recording.bytes());
        EXPECT_TRUE(reader.has_value());
        replay::PlayOptions options;
        options.speed = 0;
        options.patience = std::chrono::nanoseconds(20s).count();
        options.log = log_.log();
        auto report = replay::replay(*reader, std::move(compositor), std::move(config), std::move(options));
        EXPECT_TRUE(report.has_value()) << describe(report.error());
        return report ? report->session.end : SessionEnd::Failed;
    }
    // What libavcodec shows on wl_shm; where buffers are made with `create`, which that cannot serve, on
    // IOSurfaces (contract_replay_test compares those with the ffmpeg program's).
    std::vector<ContractCommit> by_libavcodec() {
        SessionConfig config = surface_config();
        if (GetParam().path.find("egl") != std::string::npos) {
            auto compositor = start_contract({"--use-counts", "--read-for", "8"});
            EXPECT_EQ(play(compositor->connect().value(), std::move(config)), SessionEnd::ApplicationClosed);
            return compositor->commits();
        }
        CompositorOptions options;
        options.keep_pictures = true;
        auto plain = start_compositor(std::move(options));
        config.surfaces = nullptr;
        EXPECT_EQ(play(plain->connect().value(), std::move(config)), SessionEnd::ApplicationClosed);
        std::vector<ContractCommit> commits;
        for (const CommitRecord& commit : plain->commits())
            commits.push_back(
                {commit.surface, commit.width, commit.height, format_name(commit.format), crc_of(commit)});
        return commits;
    }
    // The last byte of XR24 is nobody's.
    static std::uint32_t crc_of(const CommitRecord& commit) {
        std::vector<std::byte> pixels = commit.picture->pixels;
        if (commit.format == kXrgb8888)
            for (std::size_t at = 3; at < pixels.size(); at += 4) pixels[at] = std::byte{0};
        return crc32_of(pixels.data(), pixels.size());
    }

private:
    const MetalLeaks leaks_;
};

TEST_P(AppleReplay, shows_the_pictures_that_libavcodec_shows_on_wl_shm) {
    sim::set_seed(GetParam().seed);
    sim::reset_gpu();
    sim::configure({.withhold = GetParam().withhold, .finish_emits = GetParam().withhold != 4});
    if (video::available_decoders(true).empty()) GTEST_SKIP() << "skipped: built without libavcodec";

    const std::vector<ContractCommit> expected = by_libavcodec();
    EXPECT_FALSE(expected.empty());
    ASSERT_EQ(sim::sessions_made(), 0u);

    const unsigned long locked = locked_pictures();
    const std::size_t taken = surfaces_taken();
    auto compositor = start_contract({"--use-counts", "--read-for", "8"});
    EXPECT_EQ(play(compositor->connect().value(), on_a_mac(surface_config(), log_)),
              SessionEnd::ApplicationClosed);
    (void)eventually([&] { return compositor->commits().size() >= expected.size(); }, 5s);
    EXPECT_EQ(compositor->commits(), expected);
    EXPECT_EQ(compositor->count("contract refused"), 0u);
    EXPECT_EQ(compositor->count("contract translucent"), 0u);
    EXPECT_GT(sim::sessions_made(), 0u);
    // Each picture of VideoToolbox's was converted in one pass, and the CPU has looked at none. A sender
    // encodes a buffer once before it is shown.
    const SurfaceStatistics surface = busiest_surface();
    EXPECT_GE(sim::gpu_counts().completed, surface.failovers == 0 ? expected.size() : 1u);
    EXPECT_LE(sim::gpu_counts().completed, expected.size() + surfaces_taken() - taken);
    EXPECT_EQ(sim::gpu_counts().completed, sim::gpu_counts().commits);
    EXPECT_EQ(locked_pictures(), locked);
    if (GetParam().withhold == 0) {
        EXPECT_STREQ(surface.decoder, "videotoolbox");
        EXPECT_EQ(surface.failovers, 0u);
    }
    const auto complaints = sim::complaints();
    EXPECT_TRUE(complaints.empty()) << complaints.front();
}

INSTANTIATE_TEST_SUITE_P(Recorded, AppleReplay, testing::ValuesIn(cases()), test_name);

} // namespace
