// Every recorded session before the contract compositor: the same pictures as from wl_shm.
#include <filesystem>

#include "contract_bed.h"
#include "replay_bed.h"
#include "video/bitstream/packet_info.h"
#include "video/convert/convert.h"
#include "video/decoders.h"
#include "video/ffmpeg_tool.h"
#include "video/recorded.h"

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

// What the ffmpeg program decodes from recorded packets, as the contract compositor counts it.
class ToolPictures {
public:
    explicit ToolPictures(const std::string& recording) {
        const auto streams = recorded_streams(recording);
        EXPECT_TRUE(streams.has_value());
        if (!streams) return;
        for (const auto& [rid, stream] : *streams) {
            const video::Codec codec = *video::codec_from_id(stream.codec_id);
            auto planes = decode_with_tool(codec, stream.packets);
            const auto size = video::inspect(codec, stream.packets.at(0)).size;
            EXPECT_TRUE(planes.has_value() && size.has_value());
            if (planes && size) streams_[rid] = {*size, std::move(*planes)};
        }
    }
    // As XR24 whose last byte is 0.
    [[nodiscard]] std::uint32_t crc(const Reference::Shown& shown, const Frame& frame) const {
        const Stream& stream = streams_.at(shown.rid);
        const std::size_t luma = std::size_t{stream.size.width} * stream.size.height;
        const std::size_t wide = (stream.size.width + 1) / 2, chroma = wide * ((stream.size.height + 1) / 2);
        const Bytes all = Bytes(stream.planes)
                              .subspan(static_cast<std::size_t>(shown.packet) * (luma + 2 * chroma))
                              .first(luma + 2 * chroma);
        video::Picture picture;
        picture.size = stream.size;
        picture.planes = {video::Plane{all.first(luma), stream.size.width},
                          video::Plane{all.subspan(luma, chroma), wide},
                          video::Plane{all.subspan(luma + chroma), wide}};
        const video::Size size{static_cast<std::uint32_t>(frame.width),
                               static_cast<std::uint32_t>(frame.height)};
        std::vector<std::byte> pixels(std::size_t{size.width} * size.height * 4);
        EXPECT_TRUE(video::convert(picture, {pixels, std::size_t{size.width} * 4, size,
                                             video::PixelFormat::Xrgb8888, shown.bottom_up})
                        .has_value());
        for (std::size_t at = 3; at < pixels.size(); at += 4) pixels[at] = std::byte{0};
        return crc32_of(pixels.data(), pixels.size());
    }

private:
    struct Stream {
        video::Size size;
        std::vector<std::byte> planes; // of all pictures, I420
    };
    std::map<Rid, Stream> streams_;
};

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
    // Its buffers are made with `create`, which wl_shm cannot serve: the ffmpeg program says what is right.
    const bool with_create = path.find("simple-dmabuf-egl") != path.npos;

    if (with_create && !have_ffmpeg_tool()) GTEST_SKIP() << "skipped: the ffmpeg program is not installed";

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
        const ToolPictures right(path);
        ASSERT_FALSE(HasFailure());
        for (std::size_t i = 0; i < played.frames.size(); ++i) {
            const Frame& frame = played.frames[i];
            ASSERT_GE(played.shown[i].packet, 0);
            expected.push_back(
                {frame.surface, frame.width, frame.height, "XR24", right.crc(played.shown[i], frame)});
        }
        EXPECT_GT(expected.size(), 20u);
    }
    EXPECT_EQ(compositor->commits(), expected);
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
