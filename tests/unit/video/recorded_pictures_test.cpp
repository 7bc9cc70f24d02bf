// Recorded packets all the way to pixels, on real threads, against what the sender was shown.
#include <cmath>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"
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

class RecordedPictures : public testing::TestWithParam<test::StockRecording> {
protected:
    void SetUp() override {
        decoders_ = available_decoders();
        if (decoders_.empty()) GTEST_SKIP() << "built without libavcodec";
        if (!test::have_ffmpeg_tool()) GTEST_SKIP() << "the ffmpeg program is not installed";
    }
    void make_source(Size size) {
        const std::size_t frames = 2 * GetParam().compare;
        picture_bytes_ = std::size_t{size.width} * size.height * 4;
        if (GetParam().decibels == 0) return;
        auto source = test::pattern_pixels(size, static_cast<int>(frames));
        ASSERT_TRUE(source);
        ASSERT_EQ(source->size(), frames * picture_bytes_);
        source_ = std::move(*source);
    }
    // What the packet's picture must look like. Two buffers take turns; C senders first send what is in a
    // buffer before anything was drawn there.
    [[nodiscard]] Buffer drawn(std::int32_t rid, std::size_t packet) const {
        if (GetParam().c_sender && rid != 1) {
            if (packet == 0) return Buffer(picture_bytes_);
            --packet;
        }
        const std::size_t frame = static_cast<std::size_t>(rid - 1) + 2 * packet;
        return test::copy(Bytes(source_).subspan(frame * picture_bytes_, picture_bytes_));
    }
    static void wait_for(Stream& stream, std::uint64_t packet) {
        const std::int64_t give_up = system_clock().steady() + 60'000'000'000;
        while (stream.shown() <= packet && system_clock().steady() < give_up) {
            stream.service();
            std::this_thread::yield();
        }
        ASSERT_GT(stream.shown(), packet);
    }

    std::vector<std::unique_ptr<DecoderFactory>> decoders_;
    std::size_t picture_bytes_ = 0;
    Buffer source_;
};

TEST_P(RecordedPictures, are_what_the_sender_encoded) {
    const auto recorded = test::recorded_streams(GetParam());
    ASSERT_TRUE(recorded);
    WorkerPool pool(2);
    int streams = 0;
    for (const auto& [rid, recording] : *recorded) {
        if (recording.packets.empty()) continue;
        ++streams;
        const Size size{recording.width, recording.height};
        ASSERT_NO_FATAL_FAILURE(make_source(size));
        auto pixels = std::make_shared<Buffer>(picture_bytes_);
        DriverOptions options;
        options.codec = *codec_from_id(recording.codec_id);
        options.buffer = size;
        options.executor = &pool;
        for (const auto& decoder : decoders_) options.decoders.push_back(decoder.get());
        Stream stream(std::move(options), paint_pixels({*pixels, std::size_t{size.width} * 4, size}, pixels));
        const std::size_t packets = std::min(recording.packets.size(), GetParam().compare);
        for (std::size_t i = 0; i < packets; ++i) {
            ASSERT_NO_FATAL_FAILURE(
                wait_for(stream, stream.push(std::make_shared<const Packet>(Bytes(recording.packets[i])))));
            if (GetParam().decibels == 0) continue;
            EXPECT_GE(psnr(*pixels, drawn(rid, i)), GetParam().decibels)
                << "stream " << rid << ", packet " << i;
        }
        const StreamStatistics statistics = stream.statistics();
        EXPECT_EQ(statistics.painted, packets);
        EXPECT_GT(statistics.convert.p50, 0);
        EXPECT_GE(statistics.driver.decode.p99, statistics.driver.decode.p50);
        EXPECT_EQ(statistics.driver.failovers + statistics.driver.restarts + statistics.driver.waits, 0u);
    }
    EXPECT_EQ(streams, GetParam().streams);
}

INSTANTIATE_TEST_SUITE_P(Stock, RecordedPictures, testing::ValuesIn(test::kStockRecordings),
                         [](const auto& info) { return test::case_name(info.param); });

} // namespace
} // namespace tv::video
