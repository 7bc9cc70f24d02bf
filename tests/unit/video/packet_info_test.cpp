// What the driver learns of a packet: where streams can start, their size, and padding.
#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/bitstream/av1.h"
#include "video/bitstream/bit_writer.h"
#include "video/bitstream/packet_info.h"
#include "video/bitstream/vp9.h"
#include "video/recorded.h"

namespace tv::video {
namespace {

using test::Buffer;
using test::hex;

using test::StockRecording;

class RecordedPackets : public testing::TestWithParam<StockRecording> {};

TEST_P(RecordedPackets, only_the_first_of_each_buffer_is_a_key_frame_and_says_its_size) {
    const auto streams = test::recorded_streams(GetParam());
    ASSERT_TRUE(streams) << describe(streams.error());
    int packets = 0;
    const std::size_t padding = GetParam().c_sender ? 64 : 0;
    for (const auto& [rid, stream] : *streams) {
        EXPECT_EQ(codec_from_id(stream.codec_id), GetParam().codec);
        for (std::size_t i = 0; i < stream.packets.size(); ++i, ++packets) {
            const PacketInfo info = inspect(GetParam().codec, stream.packets[i]);
            EXPECT_TRUE(info.has_picture) << i;
            EXPECT_EQ(info.key_frame, i == 0) << i;
            if (i == 0) {
                EXPECT_EQ(info.size, GetParam().announced);
            }
            EXPECT_EQ(info.bytes.size() + padding, stream.packets[i].size());
        }
    }
    EXPECT_EQ(packets, GetParam().packets);
}

TEST_P(RecordedPackets, sixty_four_zero_bytes_at_the_end_change_nothing) {
    const auto streams = test::recorded_streams(GetParam());
    ASSERT_TRUE(streams);
    for (const auto& [rid, stream] : *streams) {
        for (const Buffer& packet : stream.packets) {
            Buffer padded = packet;
            padded.resize(packet.size() + 64);
            const PacketInfo before = inspect(GetParam().codec, packet),
                             after = inspect(GetParam().codec, padded);
            EXPECT_EQ(after.key_frame, before.key_frame);
            EXPECT_EQ(after.has_picture, before.has_picture);
            EXPECT_EQ(after.size, before.size);
            if (GetParam().codec != Codec::Vp9) {
                EXPECT_EQ(after.bytes.size(), before.bytes.size());
            }
        }
    }
}

TEST_P(RecordedPackets, no_cut_and_no_flipped_byte_is_read_past_the_end) {
    const auto streams = test::recorded_streams(GetParam());
    ASSERT_TRUE(streams);
    int inspected = 0;
    for (const auto& [rid, stream] : *streams) {
        if (stream.packets.empty()) continue;
        const Buffer& first = stream.packets[0];
        const std::size_t head = std::min<std::size_t>(first.size(), 160);
        for (std::size_t size = 0; size < head; ++size, ++inspected)
            EXPECT_LE(inspect(GetParam().codec, Bytes(first).first(size)).bytes.size(), size);
        for (std::size_t at = 0; at < head; ++at, ++inspected) {
            Buffer changed(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(head));
            changed[at] ^= std::byte{0xff};
            EXPECT_LE(inspect(GetParam().codec, changed).bytes.size(), head);
        }
    }
    EXPECT_GE(inspected, 2 * 160);
}

INSTANTIATE_TEST_SUITE_P(Stock, RecordedPackets, testing::ValuesIn(test::kStockRecordings),
                         [](const auto& info) { return test::case_name(info.param); });

TEST(CodecIds, those_of_the_wire_are_known_and_no_others) {
    EXPECT_EQ(codec_from_id(0), Codec::H264);
    EXPECT_EQ(codec_from_id(1), Codec::Vp9);
    EXPECT_EQ(codec_from_id(2), Codec::Av1);
    EXPECT_EQ(codec_from_id(3), Codec::Hevc);
    EXPECT_EQ(codec_from_id(4), std::nullopt);
    EXPECT_EQ(codec_from_id(255), std::nullopt);
}

TEST(H264Packets, an_idr_without_its_parameter_sets_is_no_place_to_start) {
    const Buffer sps = hex("00000001 6742c020da05476840000003004000003223c60ca8"),
                 pps = hex("000001 68ce3c80"), idr = hex("000001 6588842700");
    Buffer packet = sps;
    packet.insert(packet.end(), idr.begin(), idr.end());
    EXPECT_FALSE(inspect(Codec::H264, packet).key_frame);
    EXPECT_TRUE(inspect(Codec::H264, packet).has_picture);
    packet.insert(packet.begin(), pps.begin(), pps.end());
    EXPECT_TRUE(inspect(Codec::H264, packet).key_frame);
    EXPECT_FALSE(inspect(Codec::H264, sps).has_picture);
}

TEST(HevcPackets, an_irap_picture_with_its_three_parameter_sets_is_a_key_frame) {
    const Buffer sets = hex("00000001 40010c01ffff01600000030090000003000003003c959809 00000001 "
                            "42010101600000030090000003000003003ca01c202275265959a4932bc05a0200000300020000"
                            "03003c10 00000001 4401c172b46240");
    Buffer packet = sets;
    const Buffer idr = hex("000001 2801af12"), trailing = hex("000001 0201d012");
    packet.insert(packet.end(), idr.begin(), idr.end());
    const PacketInfo info = inspect(Codec::Hevc, packet);
    EXPECT_TRUE(info.key_frame);
    EXPECT_EQ(info.size, (Size{222, 130}));
    EXPECT_FALSE(inspect(Codec::Hevc, trailing).key_frame);
    EXPECT_TRUE(inspect(Codec::Hevc, trailing).has_picture);
    EXPECT_FALSE(inspect(Codec::Hevc, sets).has_picture);
}

TEST(Vp9Packets, the_first_frame_of_a_superframe_counts) {
    // Two frames of 10 and 3 bytes, sizes of one byte: marker 110 00 001.
    const Buffer frames = hex("8249834200 27f01df608 860102 c1 0a 03 c1");
    EXPECT_EQ(vp9_first_frame(frames).size(), 10u);
    const PacketInfo info = inspect(Codec::Vp9, frames);
    EXPECT_TRUE(info.key_frame);
    EXPECT_EQ(info.size, (Size{640, 480}));
    // An index that claims more than there is is no index.
    EXPECT_EQ(vp9_first_frame(hex("82 498342 c1 ff 03 c1")).size(), 8u);
}

TEST(Vp9Packets, inter_frames_and_repeats_are_no_key_frames) {
    const auto inter = parse_vp9_frame_header(hex("86 00 40"));
    ASSERT_TRUE(inter);
    EXPECT_FALSE(inter->key_frame);
    const auto repeat = parse_vp9_frame_header(hex("88"));
    ASSERT_TRUE(repeat);
    EXPECT_TRUE(repeat->shows_existing);
    EXPECT_FALSE(parse_vp9_frame_header(hex("42 498342")));
    EXPECT_FALSE(parse_vp9_frame_header(hex("82 498343 00 00 00 00 00 00")));
    EXPECT_FALSE(parse_vp9_frame_header({}));
}

TEST(Av1Packets, a_unit_that_leaves_its_packet_is_an_error) {
    for (const char* text : {"12 01", "0a ff ff ff ff ff ff ff ff 01", "0a 0b 00", "0e", "80", "0a 80"}) {
        const Buffer packet = hex(text);
        ObuReader units(packet);
        const auto unit = units.next();
        ASSERT_FALSE(unit) << text;
        EXPECT_EQ(unit.error().category, ErrorCategory::Corrupted);
    }
}

TEST(Av1Packets, units_without_a_size_reach_to_the_end) {
    const Buffer packet = hex("12 00 30 01 02");
    ObuReader units(packet);
    auto unit = units.next();
    ASSERT_TRUE(unit && *unit);
    EXPECT_EQ((*unit)->type, ObuType::TemporalDelimiter);
    unit = units.next();
    ASSERT_TRUE(unit && *unit);
    EXPECT_EQ((*unit)->type, ObuType::Frame);
    EXPECT_EQ((*unit)->payload.size(), 2u);
    unit = units.next();
    ASSERT_TRUE(unit);
    EXPECT_FALSE(*unit);
}

TEST(Av1Packets, a_sequence_header_with_timing_and_decoder_model_gives_its_size) {
    BitWriter bits;
    bits.bits(0, 5); // profile 0, not still, not reduced
    bits.bit(1);     // timing info
    bits.bits(1, 32);
    bits.bits(30, 32);
    bits.bit(1);
    bits.ue(0);      // equal pictures, one tick
    bits.bit(1);     // decoder model
    bits.bits(9, 5); // delays of 10 bits
    bits.bits(0, 32);
    bits.bits(0, 10);
    bits.bit(1);     // display delays
    bits.bits(1, 5); // two operating points
    for (int i = 0; i < 2; ++i) {
        bits.bits(0, 12);
        bits.bits(8, 5); // level with a tier
        bits.bit(0);
        bits.bit(1);
        bits.bits(0, 21);
        bits.bit(1);
        bits.bits(3, 4);
    }
    bits.bits(11, 4);
    bits.bits(11, 4);
    bits.bits(1918, 12);
    bits.bits(1078, 12);
    bits.trailing();
    const auto header = parse_av1_sequence_header(bits.bytes());
    ASSERT_TRUE(header) << describe(header.error());
    EXPECT_EQ(header->size, (Size{1919, 1079}));
    EXPECT_FALSE(header->reduced);
}

} // namespace
} // namespace tv::video
