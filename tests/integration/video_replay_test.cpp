// Recorded sessions with video, played into a session of ours: every commit's picture against what the ffmpeg
// program decodes from the same packets, converted in double precision.
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "replay_bed.h"
#include "video/decoders.h"
#include "video/exact_rgb.h"
#include "video/ffmpeg_tool.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

struct Case {
    const char* name;
    video::Size coded;  // the stream's pictures, at least the buffer's size
    std::size_t frames; // shown in the recording
    double decibels;    // at least, against the picture that was drawn
    // Looked at, from the first on; 0: all. Comparing large pictures takes long.
    std::size_t looked_at = 0;
};
void PrintTo(const Case& of, std::ostream* out) {
    *out << of.name;
}

constexpr Case kCases[] = {
    {"084-h264-xr24-640x480", {640, 482}, 21, 28.4},    {"0112-h264-xr24-333x217", {336, 224}, 30, 27.3},
    {"0112-vp9-xr24-640x480", {640, 480}, 30, 28.4},    {"0112-av1-xr24-640x480", {640, 480}, 30, 28.4},
    {"084-h264-1080p-150", {1920, 1090}, 150, 30.3, 6}, {"0112-h264-1080p", {1920, 1088}, 20, 30.5, 6},
};

class VideoReplay : public ReplayTest, public testing::WithParamInterface<Case> {
protected:
    void SetUp() override {
        ReplayTest::SetUp();
        if (video::available_decoders(true).empty()) GTEST_SKIP() << "skipped: built without libavcodec";
        if (!have_ffmpeg_tool()) GTEST_SKIP() << "skipped: the ffmpeg program is not installed";
    }
    [[nodiscard]] static std::size_t looked_at() {
        return GetParam().looked_at != 0 ? GetParam().looked_at : GetParam().frames;
    }
    // All pictures that are looked at, of all streams, by RID.
    void decode_with_ffmpeg(const std::string& path) {
        auto streams = recorded_streams(path);
        ASSERT_TRUE(streams.has_value());
        for (auto& [rid, stream] : *streams) {
            if (stream.packets.empty()) continue;
            // One of them may be what was in the buffer before.
            if (stream.packets.size() > looked_at() + 1) stream.packets.resize(looked_at() + 1);
            auto pictures = decode_with_tool(*video::codec_from_id(stream.codec_id), stream.packets);
            ASSERT_TRUE(pictures.has_value());
            ASSERT_EQ(pictures->size(), stream.packets.size() * coded_bytes());
            pictures_[rid] = std::move(*pictures);
            size_ = {stream.width, stream.height};
        }
    }
    [[nodiscard]] static std::size_t coded_bytes() { return i420_bytes(GetParam().coded); }
    // The picture of the commit `nth`, which is the last one so far.
    void check(TestCompositor& compositor, const Reference& reference, std::size_t nth) {
        const Reference::Shown shown = reference.shown[nth];
        const auto picture = compositor.picture(compositor.clients_seen(), reference.frames[nth].surface);
        ASSERT_TRUE(picture);
        ASSERT_GE(shown.packet, 0);
        const Bytes planes =
            Bytes(pictures_.at(shown.rid))
                .subspan(static_cast<std::size_t>(shown.packet) * coded_bytes(), coded_bytes());
        double worst = 0;
        for (std::size_t y = 0; y < size_.height; ++y) {
            for (std::size_t x = 0; x < size_.width; ++x) {
                const auto expected = exact_rgb(planes, GetParam().coded, x, y);
                const std::uint32_t pixel = picture->argb(static_cast<int>(x), static_cast<int>(y));
                for (unsigned channel = 0; channel < 3; ++channel)
                    worst =
                        std::max(worst, std::abs(expected[channel] - (pixel >> (16 - 8 * channel) & 0xff)));
            }
        }
        // One code value, after rounding.
        EXPECT_LE(worst, 1.5) << "commit " << nth << ", packet " << shown.packet << " of " << shown.rid;
        EXPECT_GE(psnr(*picture, nth), GetParam().decibels) << "commit " << nth;
    }
    [[nodiscard]] double psnr(const Picture& picture, std::size_t nth) const {
        const std::size_t bytes = std::size_t{size_.width} * size_.height * 4;
        double squares = 0;
        for (std::size_t i = 0; i < bytes; ++i) {
            if (i % 4 == 3) continue; // X
            const int difference =
                std::to_integer<int>(picture.pixels[i]) - std::to_integer<int>(source_[nth * bytes + i]);
            squares += difference * difference;
        }
        return 10 * std::log10(255.0 * 255.0 / (squares / (static_cast<double>(bytes) * 3 / 4)));
    }

    std::map<Rid, std::vector<std::byte>> pictures_;
    std::vector<std::byte> source_; // what the application drew
    video::Size size_{};
};

TEST_P(VideoReplay, every_commit_shows_the_picture_of_its_packet) {
    const std::filesystem::path path = fmt::format("{}/video/{}.s2c", TV_FIXTURES, GetParam().name);
    decode_with_ffmpeg(path);
    ASSERT_FALSE(HasFailure());
    auto source = pattern_pixels(size_, static_cast<int>(looked_at()));
    ASSERT_TRUE(source.has_value());
    source_ = std::move(*source);
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    Reference reference(CompressionKind::None);
    std::size_t checked = 0;
    reference.before_data = [&] {
        if (reference.frames.size() == checked || checked == looked_at() || HasFailure()) return;
        ASSERT_EQ(reference.frames.size(), checked + 1) << "a commit nobody could look at";
        ASSERT_TRUE(compositor->wait_for_commits(checked + 1, 20s));
        check(*compositor, reference, checked++);
    };
    reference.on_closing = reference.before_data;
    const ByteQueue recording = convert_fixture(path);
    const auto report = play(recording.bytes(), *compositor, fast(&reference));
    EXPECT_EQ(report.play.refusal.value_or(""), "");
    EXPECT_EQ(report.play.waits_run_out, 0u);
    EXPECT_EQ(checked, looked_at());
    EXPECT_GE(reference.frames.size(), GetParam().frames);
    EXPECT_TRUE(compositor->wait_for_commits(reference.frames.size(), 20s));
    EXPECT_TRUE(compositor->wait_until_no_clients(10s));
}
INSTANTIATE_TEST_SUITE_P(Stock, VideoReplay, testing::ValuesIn(kCases), [](const auto& info) {
    std::string name = info.param.name;
    std::ranges::replace(name, '-', '_');
    return name;
});

TEST_F(ReplayTest, dmabufs_and_video_are_left_out_where_none_are_offered) {
    for (const char* name : {"/video/0112-vp9-xr24-640x480.s2c", "/dmabuf/084-dmabuf-lz4-320x240.s2c"}) {
        SCOPED_TRACE(name);
        const auto compositor = start_compositor();
        ASSERT_TRUE(compositor);
        const ByteQueue recording = convert_fixture(std::string(TV_FIXTURES) + name);
        const auto report = play(recording.bytes(), *compositor, fast(), false);
        EXPECT_EQ(report.play.refusal.value_or(""), "");
        EXPECT_EQ(report.play.waits_run_out, 0u);
        EXPECT_EQ(report.session.end, SessionEnd::ApplicationClosed);
        EXPECT_TRUE(compositor->commits().empty());
        EXPECT_TRUE(log_.contains("no dmabufs are offered today"));
    }
}

class CountCreates : public replay::PlayObserver {
public:
    void request(const replay::PlayedRequest& request) override {
        using enum wayland::InterfaceId;
        if (request.interface == zwp_linux_buffer_params_v1 &&
            request.opcode == wayland::request_opcode(zwp_linux_buffer_params_v1, "create"))
            ++count;
    }
    std::size_t count = 0;
};

// A buffer of an unnamed modifier, asked for with `create`: it fails, and the application goes on without it.
TEST_F(ReplayTest, buffers_that_are_made_with_create_fail_and_the_session_lives) {
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    if (video::available_decoders(true).empty()) GTEST_SKIP() << "skipped: built without libavcodec";
    const ByteQueue recording = convert_fixture(TV_FIXTURES "/video/084d12-h264-simple-dmabuf-egl.s2c");
    CountCreates observer;
    const auto report = play(recording.bytes(), *compositor, fast(&observer));
    EXPECT_EQ(observer.count, 4u);
    EXPECT_EQ(report.play.refusal.value_or(""), "");
    EXPECT_EQ(report.play.waits_run_out, 0u);
    EXPECT_EQ(report.session.end, SessionEnd::ApplicationClosed);
    EXPECT_TRUE(compositor->commits().empty());
}

} // namespace
