// Every recorded session before the contract compositor: the same pictures as from wl_shm.
#include <filesystem>

#include "contract_bed.h"
#include "replay_bed.h"
#include "video/decoders.h"

namespace {

using namespace tv;
using namespace tv::test;

std::vector<std::string> all_fixtures() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(TV_FIXTURES))
        // A clipboard alone has no pictures.
        if (entry.path().extension() == ".s2c" &&
            entry.path().string().find("clipboard") == std::string::npos)
            names.push_back(entry.path().string());
    std::ranges::sort(names);
    return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = std::filesystem::path(info.param).stem().string();
    std::ranges::replace(name, '-', '_');
    return name;
}

class ContractReplay : public ContractTest, public testing::WithParamInterface<std::string> {
protected:
    SessionEnd play(UniqueFd compositor, SessionConfig config, replay::PlayObserver* observer = nullptr) {
        ByteQueue recording = convert_fixture(GetParam());
        auto reader = replay::RecordingReader::of_bytes(recording.bytes());
        EXPECT_TRUE(reader.has_value());
        replay::PlayOptions options;
        options.speed = 0;
        options.patience = std::chrono::nanoseconds(10s).count();
        options.log = log_.log();
        options.observer = observer;
        auto report = replay::replay(*reader, std::move(compositor), std::move(config), std::move(options));
        EXPECT_TRUE(report.has_value()) << describe(report.error());
        return report ? report->session.end : SessionEnd::Failed;
    }
    // As the contract compositor counts: the last byte of XR24 is nobody's.
    static std::uint32_t crc_of(const CommitRecord& commit, bool dmabuf) {
        if (!dmabuf || commit.format != kXrgb8888) return commit.crc;
        std::vector<std::byte> pixels = commit.picture->pixels;
        for (std::size_t at = 3; at < pixels.size(); at += 4) pixels[at] = std::byte{0};
        return crc32_of(pixels.data(), pixels.size());
    }
};

TEST_P(ContractReplay, shows_the_pictures_that_wl_shm_shows) {
    const std::string path = GetParam();
    const bool video = path.find("/video/") != path.npos || path.find("h264") != path.npos;
    const bool dmabuf = video || path.find("/dmabuf/") != path.npos;
    if (video && video::available_decoders(true).empty()) GTEST_SKIP() << "skipped: built without libavcodec";
    // Its buffers are made with `create`, which wl_shm cannot serve.
    const bool with_create = path.find("simple-dmabuf-egl") != path.npos;

    std::vector<ContractCommit> expected;
    SessionConfig config = surface_config();
    if (!with_create) {
        CompositorOptions options;
        options.keep_pictures = true;
        auto plain = start_compositor(std::move(options));
        SessionConfig shm = config;
        shm.surfaces = nullptr;
        EXPECT_EQ(play(plain->connect().value(), std::move(shm)), SessionEnd::ApplicationClosed);
        for (const CommitRecord& commit : plain->commits())
            expected.push_back({commit.surface, commit.width, commit.height, format_name(commit.format),
                                crc_of(commit, dmabuf)});
        EXPECT_FALSE(expected.empty());
    }

    auto compositor = start_contract({"--use-counts", "--read-for", "8"});
    Reference played(CompressionKind::None);
    EXPECT_EQ(play(compositor->connect().value(), config, with_create ? &played : nullptr),
              SessionEnd::ApplicationClosed);
    (void)eventually(
        [&] { return compositor->commits().size() >= std::max(expected.size(), played.frames.size()); }, 5s);
    if (with_create) {
        EXPECT_TRUE(log_.contains(R"("op":"create")"));
        EXPECT_FALSE(played.frames.empty());
        EXPECT_EQ(compositor->commits().size(), played.frames.size());
    } else {
        EXPECT_EQ(compositor->commits(), expected);
    }
    EXPECT_EQ(compositor->count("contract refused"), 0u);
    EXPECT_EQ(compositor->count("contract translucent"), 0u);
    // A write is counted when it can wait no longer; a decoder that is slow then may give the compositor the
    // time to let go of the surface before the pixels really change.
    EXPECT_LE(compositor->rewrites(), last_snapshot().surface_writes.forced);
    // Never more than the application had buffers, and four free ones of each size.
    EXPECT_LE(store_->counts().created, 16u);
    EXPECT_EQ(store_->counts().live, 0u);
}

INSTANTIATE_TEST_SUITE_P(Recorded, ContractReplay, testing::ValuesIn(all_fixtures()), test_name);

} // namespace
