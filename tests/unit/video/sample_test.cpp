// Packets taken apart for decoders that want them as files hold them.
#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/bitstream/packet_info.h"
#include "video/bitstream/sample.h"
#include "video/recorded.h"

namespace tv::video {
namespace {

using test::hex;
using Buffer = std::vector<std::byte>;

Buffer sample_of(const SampleParts& parts) {
    Buffer out(parts.sample_size());
    write_sample(parts, out);
    return out;
}

Buffer first_packet(const char* name) {
    const auto streams = test::recorded_streams(std::string(TV_VIDEO_FIXTURES "/") + name + ".s2c");
    if (!streams) return {};
    for (const auto& [rid, stream] : *streams)
        if (!stream.packets.empty()) return stream.packets.front();
    return {};
}

TEST(Sample, an_h264_packet_leaves_lengths_and_slices_and_gives_its_sets_apart) {
    // Delimiter, SPS, PPS, filler, SEI, IDR; start codes of both lengths.
    const Buffer packet =
        hex("0000000109f0 00000001674200 0000000168ce 0000010cff80 000001060580 00000165888440");
    SampleParts parts;
    split_for_sample(Codec::H264, packet, parts);
    ASSERT_EQ(parts.sets.size(), 2U);
    EXPECT_EQ(Buffer(parts.sets[1].begin(), parts.sets[1].end()), hex("68ce"));
    EXPECT_TRUE(parts.has_picture);
    EXPECT_EQ(sample_of(parts), hex("00000003 060580 00000004 65888440"));
}

TEST(Sample, an_hevc_packet_loses_delimiters_ends_and_filler) {
    // VPS, SPS, PPS, delimiter, end of sequence, filler, IDR.
    const Buffer packet =
        hex("0000014001aa 0000014201bb 0000014401cc 000001460150 0000014801ff 0000014c01ff 0000012601dd");
    SampleParts parts;
    split_for_sample(Codec::Hevc, packet, parts);
    EXPECT_EQ(parts.sets.size(), 3U);
    EXPECT_EQ(sample_of(parts), hex("00000003 2601dd"));
}

TEST(Sample, sets_alone_are_no_picture) {
    SampleParts parts;
    split_for_sample(Codec::H264, hex("00000001674200 0000000168ce 000001060580"), parts);
    EXPECT_FALSE(parts.has_picture);
}

TEST(Sample, an_av1_temporal_unit_loses_its_delimiter_and_the_zeros_behind_it) {
    const Buffer packet = first_packet("0112-av1-xr24-640x480");
    ASSERT_FALSE(packet.empty());
    Buffer padded = packet;
    padded.resize(packet.size() + 64);
    SampleParts parts;
    split_for_sample(Codec::Av1, padded, parts);
    ASSERT_EQ(parts.sets.size(), 1U);
    const Buffer sample = sample_of(parts);
    const PacketInfo info = inspect(Codec::Av1, sample);
    EXPECT_TRUE(info.key_frame);
    EXPECT_EQ(info.bytes.size(), sample.size());
    EXPECT_NE(std::to_integer<int>(sample[0]) >> 3 & 15, static_cast<int>(ObuType::TemporalDelimiter));
}

TEST(ParameterSets, a_key_frame_replaces_all_and_other_packets_replace_by_id) {
    const Buffer packet = first_packet("0112-h264-xr24-333x217");
    SampleParts parts;
    split_for_sample(Codec::H264, inspect(Codec::H264, packet).bytes, parts);
    ParameterSets sets(Codec::H264);
    EXPECT_TRUE(sets.update(parts.sets, true));
    ASSERT_EQ(sets.all().size(), 2U);
    EXPECT_FALSE(sets.update(parts.sets, true)) << "the same again";
    EXPECT_EQ(sets.are_8_bit_420().value_or(false), true);

    // Another PPS of the same id, without a key frame; the SPS stays.
    Buffer other(parts.sets[1].begin(), parts.sets[1].end());
    other.push_back(std::byte{0x55});
    const Bytes changed[] = {other};
    EXPECT_TRUE(sets.update(changed, false));
    ASSERT_EQ(sets.all().size(), 2U);
    EXPECT_EQ(sets.all()[1], other);
    EXPECT_TRUE(sets.update(parts.sets, true));
    EXPECT_NE(sets.all()[1], other);
}

TEST(ParameterSets, without_an_sps_nothing_is_known_of_the_pictures) {
    const ParameterSets sets(Codec::H264);
    ASSERT_FALSE(sets.are_8_bit_420());
    EXPECT_EQ(sets.are_8_bit_420().error().category, ErrorCategory::Corrupted);
}

TEST(Configuration, of_vp9_is_a_full_box_of_twelve_bytes) {
    Vp9FrameHeader header;
    header.size = {1920, 1080};
    EXPECT_EQ(vp9_configuration(header), hex("01000000 00 29 82 02 02 02 0000"));
}

TEST(Configuration, of_av1_says_what_its_sequence_header_says_and_holds_it_with_its_size) {
    const Buffer packet = first_packet("0112-av1-xr24-640x480");
    SampleParts parts;
    split_for_sample(Codec::Av1, packet, parts);
    ASSERT_EQ(parts.sets.size(), 1U);
    ObuReader reader(parts.sets[0]);
    const auto obu = reader.next();
    ASSERT_TRUE(obu && *obu);
    const auto header = parse_av1_sequence_header((*obu)->payload);
    ASSERT_TRUE(header && header->complete);
    EXPECT_FALSE(header->high_bit_depth);
    EXPECT_TRUE(header->subsampling_x && header->subsampling_y);
    const auto record = av1_configuration(**obu, *header);
    ASSERT_TRUE(record);
    EXPECT_EQ((*record)[0], std::byte{0x81});
    EXPECT_EQ((*record)[1], static_cast<std::byte>(header->profile << 5 | header->level));
    EXPECT_EQ(std::to_integer<int>((*record)[2]) & 0x7c, 0x0c); // 8 bit, colour, 4:2:0
    EXPECT_EQ((*record)[4], std::byte{0x0a});                   // a sequence header with a size
    EXPECT_EQ(std::to_integer<std::size_t>((*record)[5]), (*obu)->payload.size());
    EXPECT_EQ(Buffer(record->begin() + 6, record->end()),
              Buffer((*obu)->payload.begin(), (*obu)->payload.end()));
}

TEST(Configuration, of_an_av1_sequence_header_that_is_cut_off_is_refused) {
    EXPECT_FALSE(av1_configuration(Obu{}, Av1SequenceHeader{}));
}

} // namespace
} // namespace tv::video
