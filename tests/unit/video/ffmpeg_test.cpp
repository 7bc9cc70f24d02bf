// Decoding by libavcodec: one picture a packet at once, planes equal to those of the ffmpeg program.
#include <cmath>

#include <fmt/format.h>

#include "channel/test_bytes.h"
#include "video/bitstream/packet_info.h"
#include "video/convert/convert.h"
#include "video/exact_rgb.h"
#include "video/ffmpeg_bed.h"
#include "video/recorded.h"

namespace tv::video {
namespace {

using test::Buffer;
using test::Ffmpeg, test::FfmpegDriver, test::planes_of;
using test::kMade, test::Made, test::StockRecording;

class RecordedPlanes : public FfmpegDriver, public testing::WithParamInterface<StockRecording> {};

TEST_P(RecordedPlanes, are_those_of_the_ffmpeg_program_from_the_decoder_and_from_the_driver) {
    const auto recorded = test::recorded_streams(GetParam());
    ASSERT_TRUE(recorded) << describe(recorded.error());
    const std::size_t picture_bytes = test::i420_bytes(GetParam().announced);
    int streams = 0;
    for (const auto& [rid, stream] : *recorded) {
        if (stream.packets.empty()) continue;
        SCOPED_TRACE(rid);
        ++streams;
        const Size buffer{stream.width, stream.height};
        const std::vector<Buffer> packets(
            stream.packets.begin(), stream.packets.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                 stream.packets.size(), GetParam().compare)));
        const auto expected = test::decode_with_tool(GetParam().codec, packets);
        ASSERT_TRUE(expected) << describe(expected.error());
        ASSERT_EQ(expected->size(), packets.size() * picture_bytes);
        expect_planes(GetParam().codec, packets, *expected, 1, buffer);
        const auto shown = show(GetParam().codec, packets, buffer);
        ASSERT_EQ(shown.size(), packets.size());
        for (std::size_t i = 0; i < shown.size(); ++i) {
            ASSERT_TRUE(shown[i]) << i;
            EXPECT_TRUE(
                std::ranges::equal(*shown[i], Bytes(*expected).subspan(i * picture_bytes, picture_bytes)))
                << "the driver's planes of packet " << i << " differ";
        }
        EXPECT_EQ(statistics.failovers + statistics.restarts + statistics.waits, 0u);
    }
    EXPECT_EQ(streams, GetParam().streams);
}
INSTANTIATE_TEST_SUITE_P(Stock, RecordedPlanes, testing::ValuesIn(test::kStockRecordings),
                         [](const auto& info) { return test::case_name(info.param); });

TEST_F(Ffmpeg, the_padding_of_c_senders_changes_no_picture) {
    for (const auto& recording : test::kStockRecordings) {
        if (recording.c_sender || recording.announced.width > 1000) continue;
        SCOPED_TRACE(recording.name);
        const auto recorded = test::recorded_streams(recording);
        ASSERT_TRUE(recorded);
        const auto& packets = recorded->begin()->second.packets;
        const auto expected = test::decode_with_tool(recording.codec, packets);
        ASSERT_TRUE(expected);
        expect_planes(recording.codec, test::padded(packets), *expected);
    }
}

// What C senders make of a buffer: coded larger, with any content there, and zeros behind each packet.
class PaddedStreams : public Ffmpeg, public testing::WithParamInterface<Made> {
protected:
    // The top left part of the picture, converted, against its planes in double precision.
    static void expect_top_left(const Picture& picture, Size buffer) {
        const std::size_t bytes = std::size_t{buffer.width} * buffer.height * 4;
        constexpr auto kGuard = std::byte{0x5a};
        Buffer pixels(bytes + 64, kGuard);
        ASSERT_TRUE(
            convert(picture, {MutableBytes(pixels).first(bytes), std::size_t{buffer.width} * 4, buffer}));
        const Buffer planes = planes_of(picture);
        double worst = 0;
        for (std::size_t y = 0; y < buffer.height; ++y) {
            for (std::size_t x = 0; x < buffer.width; ++x) {
                const auto expected = test::exact_rgb(planes, picture.size, x, y);
                const std::size_t at = (y * buffer.width + x) * 4;
                for (std::size_t channel = 0; channel < 3; ++channel)
                    worst = std::max(
                        worst, std::abs(expected[channel] - std::to_integer<int>(pixels[at + 2 - channel])));
            }
        }
        EXPECT_LE(worst, 1.5); // one code value, after rounding
        for (std::size_t i = bytes; i < pixels.size(); ++i) ASSERT_EQ(pixels[i], kGuard);
    }
};

TEST_P(PaddedStreams, decode_to_the_same_planes_and_are_cut_to_their_buffer) {
    const Made& made = GetParam();
    for (const Size size :
         {Size{1, 1}, {2, 2}, {64, 64}, {222, 129}, {257, 240}, {1919, 1079}, {3840, 2160}}) {
        SCOPED_TRACE(size.width);
        const Size coded = test::coded_by_c_senders(made.codec, size);
        const std::size_t frames = size.width < 1000 ? 8 : size.width < 3000 ? 2 : 1;
        const auto packets =
            test::encode_pattern(made.encoder, made.options, coded, static_cast<int>(frames));
        ASSERT_EQ(packets.size(), frames);
        const auto expected = test::decode_with_tool(made.codec, packets);
        ASSERT_TRUE(expected) << describe(expected.error());
        ASSERT_EQ(expected->size(), frames * test::i420_bytes(coded));
        expect_planes(made.codec, test::padded(packets), *expected, frames > 2 ? 1 : 2, size);
        ASSERT_EQ(reports->all.size(), frames);
        for (const auto& report : reports->all) {
            ASSERT_TRUE(report.outcome && *report.outcome);
            EXPECT_EQ((*report.outcome)->size, coded);
            expect_top_left(**report.outcome, size);
        }
    }
}
INSTANTIATE_TEST_SUITE_P(Encoders, PaddedStreams, testing::ValuesIn(kMade), [](const auto& info) {
    return fmt::format("{}_{}", test::case_name(info.param), info.index);
});

TEST_F(Ffmpeg, streams_of_every_codec_and_size_decode_to_the_same_planes_with_one_and_two_threads) {
    int compared = 0;
    for (const Made& made : kMade) {
        for (const Size size : {Size{1, 1}, {2, 2}, {64, 64}, {222, 129}, {257, 240}, {1919, 1079}}) {
            const Size coded = made.odd ? size
                                        : Size{std::max(32u, (size.width + 15) & ~15u),
                                               std::max(32u, (size.height + 15) & ~15u)};
            const bool large = size.width > 1000;
            SCOPED_TRACE(std::string(made.encoder) + " " + std::to_string(size.width));
            const auto packets = test::encode_pattern(made.encoder, made.options, coded, large ? 2 : 8);
            if (packets.empty() && size.width < 16) continue; // this encoder takes no such size
            expect_same_planes(made.codec, packets, large ? 2 : 1);
            ++compared;
        }
    }
    EXPECT_GE(compared, 26);
}

TEST_F(Ffmpeg, streams_of_4k_decode_to_the_same_planes) {
    for (const Made& made : kMade) {
        SCOPED_TRACE(made.encoder);
        const Size size{3840, 2160};
        const auto packets = test::encode_pattern(made.encoder, made.options, size, 2);
        ASSERT_EQ(packets.size(), 2u);
        expect_same_planes(made.codec, packets, 2, size);
    }
}

TEST_F(Ffmpeg, a_stream_that_may_reorder_gives_each_picture_at_once_after_its_sps_was_rewritten) {
    // No B frames, but nothing in the stream says so.
    const auto packets = test::encode_pattern(
        "libx264", "-preset veryfast -bf 0 -x264-params sync-lookahead=0:rc-lookahead=0", {320, 240}, 8);
    ASSERT_EQ(packets.size(), 8u);
    const auto expected = test::decode_with_tool(Codec::H264, packets);
    ASSERT_TRUE(expected);
    std::vector<Buffer> rewritten = packets;
    int changed = 0;
    for (Buffer& packet : rewritten) {
        if (const auto other = without_reordering(Codec::H264, packet); !other.empty()) {
            packet = other;
            ++changed;
        }
    }
    EXPECT_GE(changed, 1);
    const auto again = test::decode_with_tool(Codec::H264, rewritten);
    ASSERT_TRUE(again);
    EXPECT_TRUE(*again == *expected) << "rewriting changed a picture";
    expect_same_planes(Codec::H264, rewritten);
}

void expect_blames_the_stream(const Error& error) {
    EXPECT_TRUE(error.category == ErrorCategory::Corrupted || error.category == ErrorCategory::Unsupported)
        << describe(error);
}

TEST_F(Ffmpeg, garbage_is_the_streams_fault_and_not_the_decoders) {
    for (const Codec codec : {Codec::H264, Codec::Vp9, Codec::Av1, Codec::Hevc}) {
        open(codec);
        std::minstd_rand random(7);
        for (std::uint64_t ticket = 0; ticket < 50; ++ticket) {
            const Buffer packet = test::random_bytes(random, 1 + random() % 300);
            const Status status = decode(codec, packet, ticket);
            if (!status) expect_blames_the_stream(status.error());
        }
        for (const auto& report : reports->all) {
            EXPECT_FALSE(report.outcome && *report.outcome) << "a picture out of nothing";
            if (!report.outcome) expect_blames_the_stream(report.outcome.error());
        }
    }
}

TEST_F(Ffmpeg, ten_bit_pictures_are_unsupported) {
    const auto packets = test::encode_pattern(
        "libx265", "-pix_fmt yuv420p10le -preset ultrafast -x265-params log-level=none:bframes=0", {64, 64},
        2);
    if (packets.empty()) GTEST_SKIP() << "this libx265 has no 10 bit";
    open(Codec::Hevc);
    for (const std::uint64_t ticket : {0, 1}) EXPECT_TRUE(decode(Codec::Hevc, packets.at(ticket), ticket));
    decoder->wait_for_delayed();
    ASSERT_FALSE(reports->all.empty());
    ASSERT_FALSE(reports->all[0].outcome);
    EXPECT_EQ(reports->all[0].outcome.error().category, ErrorCategory::Unsupported);
}

TEST_F(Ffmpeg, streams_much_larger_than_their_buffer_are_refused_before_a_picture_is_allocated) {
    for (const Made& made : kMade) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, made.options, {640, 480}, 1);
        ASSERT_EQ(packets.size(), 1u);
        open(made.codec, 1, {512, 352});
        EXPECT_TRUE(decode(made.codec, packets[0], 0)) << "within the limit";
        open(made.codec, 1, {64, 64});
        const Status status = decode(made.codec, packets[0], 0);
        decoder->wait_for_delayed();
        const bool picture = !reports->all.empty() && reports->all[0].outcome && *reports->all[0].outcome;
        EXPECT_FALSE(status && picture);
    }
}

TEST_F(Ffmpeg, pictures_outlive_their_decoder) {
    const auto packets = test::encode_pattern("libx264", "-preset ultrafast -tune zerolatency", {64, 64}, 1);
    open(Codec::H264);
    ASSERT_TRUE(decode(Codec::H264, packets.at(0), 0));
    ASSERT_TRUE(reports->all.at(0).outcome && *reports->all[0].outcome);
    const Picture picture = **reports->all[0].outcome;
    const Buffer before = planes_of(picture);
    decoder.reset();
    EXPECT_TRUE(planes_of(picture) == before);
}

} // namespace
} // namespace tv::video
