// Parameter sets as encoders in use write them, and what no encoder writes.
#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/bitstream/annexb.h"
#include "video/bitstream/bit_writer.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"

namespace tv::video {
namespace {

using test::Buffer;
using test::hex;

// From recordings of waypipe 0.11.2 and 0.8.4 with libx264.
const Buffer kSpsOfRust333x217 = hex("6742c020da05476840000003004000003223c60ca8");
const Buffer kSpsOfC640x480 = hex("6742c01eda0280ffe221000003000100000300328f162ea0");
// libx264: High, scaling lists, cropping, HRD, reordering.
const Buffer kSpsHigh1918x1078 =
    hex("67640028acd940780227a9b0110000030001000003003c604000f424001e84a4c30078c18cb0");
const Buffer kPps = hex("68ce3c80");
// libx265.
const Buffer kHevcVps = hex("40010c01ffff01600000030090000003000003003c959809");
const Buffer kHevcSps222x130 =
    hex("42010101600000030090000003000003003ca01c202275265959a4932bc05a0200000300020000030 03c10");
const Buffer kHevcSps1918x1078InOrder =
    hex("420101016000000300900000030000030078a003c08010e755964a924caf01680800000300080000030 0f040");
const Buffer kHevcPps = hex("4401c172b46240");

TEST(H264Sps, the_recorded_ones_announce_whole_macroblocks_and_two_lines_more_from_c) {
    const auto rust = parse_h264_sps(kSpsOfRust333x217);
    ASSERT_TRUE(rust) << describe(rust.error());
    EXPECT_EQ(rust->size, (Size{336, 224}));
    EXPECT_EQ(rust->coded, (Size{336, 224}));
    EXPECT_EQ(rust->profile, 66);
    EXPECT_EQ(rust->level, 32);
    EXPECT_EQ(rust->id, 0u);
    EXPECT_EQ(rust->chroma_format, 1u);
    EXPECT_EQ(rust->reference_frames, 1u);
    EXPECT_TRUE(rust->no_reordering);

    const auto c = parse_h264_sps(kSpsOfC640x480);
    ASSERT_TRUE(c) << describe(c.error());
    EXPECT_EQ(c->size, (Size{640, 482}));
    EXPECT_EQ(c->coded, (Size{640, 496}));
}

TEST(H264Sps, high_profile_with_scaling_lists_cropping_and_hrd_parses) {
    const auto sps = parse_h264_sps(kSpsHigh1918x1078);
    ASSERT_TRUE(sps) << describe(sps.error());
    EXPECT_EQ(sps->profile, 100);
    EXPECT_EQ(sps->coded, (Size{1920, 1088}));
    EXPECT_EQ(sps->size, (Size{1918, 1078}));
    EXPECT_FALSE(sps->no_reordering);
}

TEST(H264Sps, every_cut_is_refused_and_none_is_read_past_its_end) {
    for (const Buffer& whole : {kSpsOfRust333x217, kSpsHigh1918x1078}) {
        const std::size_t least = 9; // before that the size is not complete
        for (std::size_t size = 0; size < least; ++size)
            EXPECT_FALSE(parse_h264_sps(Bytes(whole).first(size))) << size;
        for (std::size_t size = least; size < whole.size(); ++size)
            (void)parse_h264_sps(Bytes(whole).first(size));
    }
}

TEST(H264Sps, another_units_type_is_refused) {
    EXPECT_FALSE(parse_h264_sps(kPps));
    EXPECT_FALSE(parse_h264_pps(kSpsOfC640x480));
    EXPECT_FALSE(parse_h264_sps({}));
}

TEST(H264Sps, sizes_beyond_the_limit_are_refused_without_overflow) {
    for (const std::uint32_t macroblocks : {1024u, 0xfffffffdu}) {
        BitWriter bits;
        bits.bits(66, 8);
        bits.bits(0, 8);
        bits.bits(30, 8);
        for (const std::uint32_t value : {0u, 0u, 2u, 1u})
            bits.ue(value); // id, frame_num, poc type, references
        bits.bit(0);
        bits.ue(macroblocks);
        bits.ue(10);
        bits.bit(1); // frames only
        bits.bit(1);
        bits.bit(0); // no cropping
        bits.bit(0);
        bits.trailing();
        Buffer unit = hex("67");
        append_escaped(bits.bytes(), unit);
        const auto sps = parse_h264_sps(unit);
        ASSERT_FALSE(sps);
        EXPECT_EQ(sps.error().category, ErrorCategory::Limit) << describe(sps.error());
    }
}

TEST(H264Sps, without_reordering_it_says_so_and_nothing_else_changes) {
    for (const Buffer& unit : {kSpsOfRust333x217, kSpsOfC640x480, kSpsHigh1918x1078}) {
        const auto before = parse_h264_sps(unit);
        const auto rewritten = h264_sps_without_reordering(unit);
        ASSERT_TRUE(before && rewritten);
        const auto after = parse_h264_sps(*rewritten);
        ASSERT_TRUE(after) << describe(after.error());
        EXPECT_TRUE(after->no_reordering);
        EXPECT_EQ(after->size, before->size);
        EXPECT_EQ(after->coded, before->coded);
        EXPECT_EQ(after->profile, before->profile);
        EXPECT_EQ(after->level, before->level);
        EXPECT_EQ(after->reference_frames, before->reference_frames);
        EXPECT_EQ(h264_sps_without_reordering(*rewritten).value_or(Buffer{}), *rewritten)
            << "rewriting again changes nothing";
    }
}

TEST(H264Sps, one_that_has_no_vui_gets_one) {
    BitWriter bits;
    bits.bits(66, 8);
    bits.bits(0, 8);
    bits.bits(30, 8);
    for (const std::uint32_t value : {0u, 0u, 0u, 0u, 4u}) bits.ue(value); // poc type 0, four references
    bits.bit(0);
    bits.ue(39);
    bits.ue(29);
    bits.bits(0b1100, 4); // frames only, direct 8x8, no cropping, no VUI
    bits.trailing();
    Buffer unit = hex("67");
    append_escaped(bits.bytes(), unit);
    const auto before = parse_h264_sps(unit);
    ASSERT_TRUE(before) << describe(before.error());
    EXPECT_FALSE(before->no_reordering);
    const auto rewritten = h264_sps_without_reordering(unit);
    ASSERT_TRUE(rewritten);
    const auto after = parse_h264_sps(*rewritten);
    ASSERT_TRUE(after);
    EXPECT_TRUE(after->no_reordering);
    EXPECT_EQ(after->size, (Size{640, 480}));
}

TEST(H264Pps, ids_are_read) {
    const auto pps = parse_h264_pps(kPps);
    ASSERT_TRUE(pps);
    EXPECT_EQ(pps->id, 0u);
    EXPECT_EQ(pps->sps_id, 0u);
}

TEST(HevcSps, the_conformance_window_is_cut_off) {
    const auto sps = parse_hevc_sps(kHevcSps222x130);
    ASSERT_TRUE(sps) << describe(sps.error());
    EXPECT_EQ(sps->coded, (Size{224, 136}));
    EXPECT_EQ(sps->size, (Size{222, 130}));
    EXPECT_EQ(sps->bit_depth, 8u);
    EXPECT_FALSE(sps->no_reordering);

    const auto in_order = parse_hevc_sps(kHevcSps1918x1078InOrder);
    ASSERT_TRUE(in_order) << describe(in_order.error());
    EXPECT_EQ(in_order->size, (Size{1918, 1078}));
    EXPECT_TRUE(in_order->no_reordering);
}

TEST(HevcSps, without_reordering_it_says_so_and_nothing_else_changes) {
    const auto rewritten = hevc_sps_without_reordering(kHevcSps222x130);
    ASSERT_TRUE(rewritten) << describe(rewritten.error());
    const auto after = parse_hevc_sps(*rewritten);
    ASSERT_TRUE(after) << describe(after.error());
    EXPECT_TRUE(after->no_reordering);
    EXPECT_EQ(after->size, (Size{222, 130}));
    EXPECT_EQ(hevc_sps_without_reordering(*rewritten).value_or(Buffer{}), *rewritten)
        << "rewriting again changes nothing";
}

TEST(HevcSps, every_cut_is_refused_and_none_is_read_past_its_end) {
    for (std::size_t size = 0; size < 22; ++size)
        EXPECT_FALSE(parse_hevc_sps(Bytes(kHevcSps222x130).first(size))) << size;
    for (std::size_t size = 22; size < kHevcSps222x130.size(); ++size) {
        (void)parse_hevc_sps(Bytes(kHevcSps222x130).first(size));
        (void)hevc_sps_without_reordering(Bytes(kHevcSps222x130).first(size));
    }
}

TEST(HevcParameterSets, ids_are_read) {
    EXPECT_EQ(parse_hevc_vps_id(kHevcVps).value_or(99), 0u);
    const auto pps = parse_hevc_pps(kHevcPps);
    ASSERT_TRUE(pps);
    EXPECT_EQ(pps->id, 0u);
    EXPECT_EQ(pps->sps_id, 0u);
    EXPECT_FALSE(parse_hevc_pps(kHevcVps));
}

} // namespace
} // namespace tv::video
