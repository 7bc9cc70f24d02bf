// Recorded packets all the way to pixels, on real threads, against what the sender was shown.
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "video/decoders.h"
#include "video/ffmpeg_tool.h"
#include "video/recorded.h"
#include "video/stream.h"
#include "video/worker_pool.h"

namespace tv::video {
namespace {

using test::Buffer;

double psnr(Bytes a, Bytes b) {
    double squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (i % 4 == 3) continue; // X
        const int difference = std::to_integer<int>(a[i]) - std::to_integer<int>(b[i]);
        squares += difference * difference;
    }
    return 10 * std::log10(255.0 * 255.0 / (squares / (static_cast<double>(a.size()) * 3 / 4)));
}

struct Recording {
    const char* name;
    // Decibels that the recordings' notes measured for streams of this sender and size with a bilinear
    // converter.
    double at_least;
};

class RecordedPictures : public testing::TestWithParam<Recording> {};

TEST_P(RecordedPictures, are_what_the_sender_encoded) {
    const auto decoders = available_decoders();
    if (decoders.empty()) GTEST_SKIP() << "built without libavcodec";
    if (!test::have_ffmpeg_tool()) GTEST_SKIP() << "the ffmpeg program is not installed";
    const auto recorded =
        test::recorded_streams(fmt::format("{}/{}.s2c", TV_VIDEO_FIXTURES, GetParam().name));
    ASSERT_TRUE(recorded);

    WorkerPool pool(2);
    int pictures = 0;
    for (const auto& [rid, recording] : *recorded) {
        if (recording.packets.empty()) continue;
        const Size size{recording.width, recording.height};
        const std::size_t picture_bytes = std::size_t{size.width} * size.height * 4;
        const auto source = test::pattern_pixels(size, 30);
        ASSERT_TRUE(source);
        ASSERT_EQ(source->size(), 30 * picture_bytes);
        auto pixels = std::make_shared<Buffer>(picture_bytes);
        DriverOptions options;
        options.codec = *codec_from_id(recording.codec_id);
        options.buffer = size;
        options.executor = &pool;
        for (const auto& decoder : decoders) options.decoders.push_back(decoder.get());
        Stream stream(std::move(options), paint_pixels({*pixels, std::size_t{size.width} * 4, size}, pixels));
        // Two buffers take turns: the second packet of the first one is the pattern's third picture.
        std::size_t frame = static_cast<std::size_t>(rid - 1);
        for (const Buffer& packet : recording.packets) {
            const std::uint64_t number = stream.push(std::make_shared<const Packet>(Bytes(packet)));
            const std::int64_t give_up = system_clock().steady() + 60'000'000'000;
            while (stream.shown() <= number && system_clock().steady() < give_up) {
                stream.service();
                std::this_thread::yield();
            }
            ASSERT_GT(stream.shown(), number);
            EXPECT_GE(psnr(*pixels, Bytes(*source).subspan(frame * picture_bytes, picture_bytes)),
                      GetParam().at_least)
                << "stream " << rid << ", frame " << frame;
            frame += 2;
            ++pictures;
        }
        const StreamStatistics statistics = stream.statistics();
        EXPECT_EQ(statistics.painted, recording.packets.size());
        EXPECT_GT(statistics.convert.p50, 0);
        EXPECT_GE(statistics.driver.decode.p99, statistics.driver.decode.p50);
        EXPECT_EQ(statistics.driver.failovers + statistics.driver.restarts + statistics.driver.waits, 0u);
    }
    EXPECT_EQ(pictures, 30);
}

INSTANTIATE_TEST_SUITE_P(Stock, RecordedPictures,
                         testing::Values(Recording{"0112-h264-xr24-333x217", 27.3},
                                         Recording{"0112-vp9-xr24-640x480", 28.4},
                                         Recording{"0112-av1-xr24-640x480", 28.4}),
                         [](const auto& info) { return std::string(info.param.name).substr(5, 3); });

} // namespace
} // namespace tv::video
