// Video of a stock waypipe server, encoded as it plays, through the real program: every frame arrives, in
// order, and looks like what was drawn.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "frames.h"
#include "live_bed.h"
#include "support/pixel_format.h"

namespace {

using namespace tv;
using namespace tv::test;

Frame pixels_of(const Picture& picture) {
    Frame pixels;
    for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x) pixels.push_back(picture.argb(x, y));
    }
    return pixels;
}

// Peak signal to noise ratio over red, green and blue.
double psnr(const Frame& shown, const Frame& drawn) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < std::min(shown.size(), drawn.size()); ++i) {
        for (unsigned shift = 0; shift < 24; shift += 8) {
            const int difference =
                static_cast<int>(shown[i] >> shift & 0xff) - static_cast<int>(drawn[i] >> shift & 0xff);
            sum += static_cast<std::uint64_t>(difference * difference);
        }
    }
    const double mean = static_cast<double>(sum) / (3.0 * static_cast<double>(shown.size()));
    return mean == 0 ? 100 : 10 * std::log10(255 * 255 / mean);
}

// A film of FFmpeg's, and how good its pictures must be: dB against the source, the mean of the first 8
// pictures of a stream of every second frame. For H.264 that is what recordings of waypipe 0.8.4 and 0.11.2
// have. The same command line tools (libx264, libvpx-vp9 and libaom with waypipe's settings, swscale) that
// give 0.8.4's figures again give those of the other codecs.
struct Film {
    const char* film_size; // testsrc2 has even sizes alone
    const char* size;
    double h264, h264_rust, vp9, av1;

    [[nodiscard]] double bound(const std::string& codec) const {
        if (codec == "h264") return live_peer().rust() ? h264_rust : h264;
        return codec == "vp9" ? vp9 : av1;
    }
};
constexpr Film kFilms[] = {
    {"640x480", "640x480", 28.4, 29.4, 28.1, 27.3},
    {"334x218", "333x217", 25.9, 27.3, 25.7, 25.1},
    {"1920x1080", "1920x1080", 30.3, 30.5, 29.8, 29.6},
};
// Our own frames are smoother than the film, and have more bits for each pixel: at least as good as the worst
// of the film at 640x480.
constexpr double kOwnFrames = 27.3;

class VideoLive : public LiveTest {
protected:
    void SetUp() override {
        LiveTest::SetUp();
        if (IsSkipped()) return;
#ifndef TV_FFMPEG
        GTEST_SKIP() << "skipped: built without libavcodec";
#endif
        if (!live_peer().has_video)
            GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " was built without video";
    }

    // Raw frames in a file of the test's folder; empty where there is no ffmpeg.
    [[nodiscard]] std::string make_film(const std::string& size, int frames) const {
        std::string path = dir() / "film";
        auto made =
            run(command({"ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=rate=30:size=" + size,
                         "-frames:v", std::to_string(frames), "-pix_fmt", "bgr0", "-f", "rawvideo", path}),
                60s);
        return made && made->exit.ok() ? path : "";
    }

    // Of one surface: as many pictures as frames were drawn, of their sizes, each more like its own frame
    // than like the one before and the one after. Returns their PSNRs.
    static std::vector<double> expect_pictures(const LiveOutcome& outcome, const FrameSource& source,
                                               const std::string& surface = "wl_surface#1") {
        const auto drawn = LiveOutcome::of(outcome.drawn, surface);
        const auto shown = LiveOutcome::of(outcome.shown, surface);
        EXPECT_EQ(shown.size(), drawn.size()) << surface;
        EXPECT_FALSE(drawn.empty()) << surface;
        std::vector<double> values;
        for (std::size_t i = 0; i < std::min(shown.size(), drawn.size()); ++i) {
            SCOPED_TRACE(surface + " frame " + std::to_string(i));
            EXPECT_EQ(shown[i].width, drawn[i].width);
            EXPECT_EQ(shown[i].height, drawn[i].height);
            const Frame pixels = pixels_of(*shown[i].picture);
            const auto at = [&](int number) {
                return psnr(pixels, source.frame(static_cast<std::uint32_t>(number), shown[i].width,
                                                 shown[i].height));
            };
            values.push_back(at(drawn[i].number));
            EXPECT_GT(values.back(), at(drawn[i].number + 1));
            if (drawn[i].number > 0) {
                EXPECT_GT(values.back(), at(drawn[i].number - 1));
            }
        }
        return values;
    }
    // Of our own frames, also: the number that each picture says, and how good it is.
    static void expect_own_pictures(const LiveOutcome& outcome, const std::string& surface = "wl_surface#1") {
        const std::vector<double> values = expect_pictures(outcome, FrameSource(Pattern::Smooth), surface);
        EXPECT_GE(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()),
                  kOwnFrames)
            << surface;
        const auto shown = LiveOutcome::of(outcome.shown, surface);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            if (shown[i].width < kNumberWidth || shown[i].height < kNumberBlock) continue;
            EXPECT_EQ(read_frame_number(pixels_of(*shown[i].picture), shown[i].width),
                      static_cast<int>(i % 256))
                << surface;
        }
    }
    static LiveOptions video(const std::string& codec) {
        return {.codec = codec, .keep_pictures = true, .release_when_replaced = true};
    }
};

TEST_F(VideoLive, a_film_looks_at_least_as_good_as_in_recordings) {
    for (const std::string& codec : live_peer().codecs()) {
        for (const Film& film : kFilms) {
            SCOPED_TRACE(codec + " " + film.size);
            const std::string path = make_film(film.film_size, 16);
            if (path.empty()) GTEST_SKIP() << "skipped: no ffmpeg is installed that makes testsrc2";
            const LiveOutcome outcome = play(video(codec), {"--file", path, "--file-size", film.film_size,
                                                            "--size", film.size, "--frames", "16"});
            expect_good_end(outcome);
            const std::string size = film.film_size;
            const auto source =
                FrameSource::from_file(path, std::stoi(size), std::stoi(size.substr(size.find('x') + 1)));
            ASSERT_TRUE(source.has_value());
            const std::vector<double> values = expect_pictures(outcome, *source);
            ASSERT_EQ(values.size(), 16u);
            double sum = 0;
            int count = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (outcome.drawn[i].buffer != 0) continue;
                sum += values[i];
                ++count;
            }
            EXPECT_EQ(count, 8);
            EXPECT_GE(sum / count, film.bound(codec));
        }
    }
}

TEST_F(VideoLive, every_frame_is_shown_in_its_turn_with_each_compression) {
    for (const std::string& codec : live_peer().codecs()) {
        for (const std::string compression : {"none", "lz4", "zstd"}) {
            SCOPED_TRACE(codec + " " + compression);
            LiveOptions options = video(codec);
            options.compression = compression;
            const LiveOutcome outcome = play(options, {"--frames", "20"});
            expect_good_end(outcome);
            expect_own_pictures(outcome);
            // Lossy indeed.
            EXPECT_NE(describe(outcome.shown), describe(outcome.drawn));
        }
    }
}

// Formats without alpha, of which C peers encode all but BG16, and Rust ones those that their device has got.
class VideoLiveFormat : public VideoLive, public testing::WithParamInterface<const char*> {};

TEST_P(VideoLiveFormat, is_encoded_and_shown) {
    const std::string format = GetParam();
    const bool always = format == "XR24" || format == "XB24";
    if (format == "BG16" && !live_peer().rust())
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " does not encode BG16";
    bool any = false;
    for (const std::string& codec : live_peer().codecs()) {
        SCOPED_TRACE(codec);
        LiveOptions options = video(codec);
        if (!always) options.shm_formats.push_back(fourcc_of(format));
        const auto offered = std::ranges::count(offered_formats(options), format);
        if (offered == 0 && !always && live_peer().rust()) continue;
        any = true;
        EXPECT_EQ(offered, 1);
        const LiveOutcome outcome = play(options, {"--frames", "6", "--format", format});
        expect_good_end(outcome);
        expect_own_pictures(outcome);
        EXPECT_EQ(outcome.shown.size(), 6u);
        for (const LiveFrame& frame : outcome.shown) EXPECT_EQ(frame.format, format);
        for (std::size_t i = 0; i < outcome.shown.size(); ++i)
            EXPECT_NE(describe(outcome.shown[i]), describe(outcome.drawn.at(i))) << "not encoded";
    }
    if (!any)
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " does not offer " << format
                     << " on this device";
}
INSTANTIATE_TEST_SUITE_P(Encoded, VideoLiveFormat,
                         testing::Values("XR24", "XB24", "RG16", "BG16", "XR30", "XB30"),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(VideoLive, a_format_that_c_peers_do_not_encode_is_shown_exactly) {
    if (live_peer().rust()) GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " encodes it";
    for (const std::string& codec : live_peer().codecs()) {
        SCOPED_TRACE(codec);
        LiveOptions options = video(codec);
        options.shm_formats.push_back(fourcc_of("BG16"));
        EXPECT_EQ(std::ranges::count(offered_formats(options), "BG16"), 1);
        expect_exact(play(options, {"--frames", "6", "--format", "BG16"}));
    }
}

TEST_F(VideoLive, one_to_four_buffers_are_as_many_streams) {
    for (const std::string& codec : live_peer().codecs()) {
        for (const std::string buffers : {"1", "2", "4"}) {
            SCOPED_TRACE(codec + " " + buffers);
            LiveOptions options = video(codec);
            options.release_when_replaced = buffers != "1"; // its release would never come
            const LiveOutcome outcome = play(options, {"--frames", "12", "--buffers", buffers});
            expect_good_end(outcome);
            expect_own_pictures(outcome);
        }
    }
}

TEST_F(VideoLive, windows_are_resized_while_they_play) {
    for (const std::string& codec : live_peer().codecs()) {
        SCOPED_TRACE(codec);
        const LiveOutcome outcome =
            play(video(codec), {"--frames", "20", "--resize", "4:641x479", "--resize", "8:65x33", "--resize",
                                "12:200x16", "--resize", "16:320x240"});
        expect_good_end(outcome);
        expect_own_pictures(outcome);
        EXPECT_EQ(outcome.shown.size(), 20u);
    }
}

TEST_F(VideoLive, several_windows_play_at_once) {
    for (const std::string& codec : live_peer().codecs()) {
        SCOPED_TRACE(codec);
        const int windows = live_peer().encoded_windows(codec);
        const LiveOutcome outcome = play(
            video(codec), {"--windows", std::to_string(windows), "--frames", "15", "--resize", "10:256x128"});
        expect_good_end(outcome);
        for (int number = 1; number <= windows; ++number)
            expect_own_pictures(outcome, "wl_surface#" + std::to_string(number));
    }
}

TEST_F(VideoLive, formats_with_alpha_are_never_encoded) {
    for (const std::string& codec : live_peer().codecs()) {
        for (const std::string format : {"AR24", "AB24"}) {
            SCOPED_TRACE(codec + " " + format);
            expect_exact(play(video(codec), {"--format", format, "--frames", "8"}));
        }
    }
}

TEST_F(VideoLive, encoded_and_raw_windows_share_a_connection) {
    for (const std::string& codec : live_peer().codecs()) {
        if (live_peer().encoded_windows(codec) < 2) continue;
        SCOPED_TRACE(codec);
        const LiveOutcome outcome =
            play(video(codec), {"--windows", "3", "--format", "XR24", "--format", "AR24", "--format", "XB24",
                                "--frames", "15", "--resize", "8:200x100"});
        expect_good_end(outcome);
        expect_own_pictures(outcome, "wl_surface#1");
        expect_own_pictures(outcome, "wl_surface#3");
        EXPECT_EQ(describe(LiveOutcome::of(outcome.shown, "wl_surface#2")),
                  describe(LiveOutcome::of(outcome.drawn, "wl_surface#2")));
    }
}

TEST_F(VideoLive, encoded_buffers_with_the_lowest_row_first_are_shown_upright) {
    if (live_peer().rust())
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " refuses flags itself";
    for (const std::string& codec : live_peer().codecs()) {
        SCOPED_TRACE(codec);
        const LiveOutcome outcome =
            play(video(codec), {"--y-invert", "--frames", "6", "--stride-padding", "68"});
        expect_good_end(outcome);
        expect_own_pictures(outcome);
    }
}

// libx264 makes a key frame every 250 pictures of a buffer, libvpx every 128.
TEST_F(VideoLive, a_stream_goes_on_past_its_next_key_frame) {
    for (const std::string& codec : live_peer().codecs()) {
        SCOPED_TRACE(codec);
        LiveOptions options = video(codec);
        options.release_when_replaced = false;
        const LiveOutcome outcome = play(options, {"--size", "192x96", "--frames", "280", "--buffers", "1"});
        expect_good_end(outcome);
        expect_own_pictures(outcome);
        EXPECT_EQ(outcome.shown.size(), 280u);
    }
}

TEST_F(VideoLive, version_3_is_enough) {
    const LiveOutcome outcome = play(video("h264"), {"--bind", "3", "--frames", "6"});
    expect_good_end(outcome);
    EXPECT_TRUE(outcome.has_line("bound version 3"));
    expect_own_pictures(outcome);
}

} // namespace
