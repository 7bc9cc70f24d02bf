// Annex B streams, emulation prevention, and the bit codes of parameter sets.
#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/bitstream/annexb.h"
#include "video/bitstream/bit_writer.h"

namespace tv::video {
namespace {

using test::Buffer;
using test::hex;

std::vector<Buffer> units(const Buffer& packet) {
    std::vector<Buffer> all;
    NalReader reader(packet);
    while (const auto unit = reader.next()) all.push_back(test::copy(*unit));
    return all;
}

TEST(AnnexB, units_behind_start_codes_of_three_and_four_bytes_are_found) {
    const std::vector<Buffer> expected{hex("67 42"), hex("68 ce"), hex("65 88 84")};
    EXPECT_EQ(units(hex("00 00 00 01 67 42 00 00 01 68 ce 00 00 00 01 65 88 84")), expected);
    EXPECT_EQ(units(hex("00 00 01 67 42 00 00 00 00 00 01 68 ce 00 00 01 65 88 84")), expected);
}

TEST(AnnexB, the_64_zero_bytes_of_c_senders_belong_to_no_unit) {
    Buffer packet = hex("00 00 00 01 65 88 84");
    packet.resize(packet.size() + 64);
    EXPECT_EQ(units(packet), std::vector<Buffer>{hex("65 88 84")});
    EXPECT_EQ(without_trailing_zeros(packet).size(), 7u);
}

TEST(AnnexB, packets_without_units_give_none) {
    EXPECT_TRUE(units({}).empty());
    EXPECT_TRUE(units(hex("00")).empty());
    EXPECT_TRUE(units(hex("00 00 01")).empty());
    EXPECT_TRUE(units(hex("00 00 01 00 00 01 00 00 00 00 01")).empty());
    EXPECT_TRUE(units(hex("65 88 84 01 02 00 01")).empty());
    EXPECT_TRUE(units(Buffer(64)).empty());
}

TEST(AnnexB, bytes_in_front_of_the_first_start_code_are_skipped) {
    EXPECT_EQ(units(hex("01 01 ff 00 00 01 09")), std::vector<Buffer>{hex("09")});
}

TEST(AnnexB, escaping_and_unescaping_are_inverse) {
    const Buffer raw = hex("00 00 00 00 00 01 00 00 03 00 00 02 00 00 04 03");
    Buffer escaped;
    append_escaped(raw, escaped);
    EXPECT_EQ(escaped, hex("00 00 03 00 00 03 00 01 00 00 03 03 00 00 03 02 00 00 04 03"));
    EXPECT_EQ(unescape(escaped, 100), raw);
    EXPECT_EQ(unescape(escaped, 5), Buffer(raw.begin(), raw.begin() + 5));
}

TEST(BitReader, exp_golomb_codes_read_back_as_written) {
    const std::uint32_t values[] = {0, 1, 2, 3, 7, 8, 254, 255, 65535, 0x7fffffff, 0xfffffffe};
    BitWriter writer;
    for (const std::uint32_t value : values) writer.ue(value);
    writer.trailing();
    BitReader reader(writer.bytes());
    for (const std::uint32_t value : values) EXPECT_EQ(reader.ue(), value);
    EXPECT_TRUE(reader.flag());
    EXPECT_TRUE(reader.ok());
}

TEST(BitReader, signed_codes_alternate_around_zero) {
    const Buffer codes = hex("a6 42 98 e2"); // 1 010 011 00100 00101 00110 00111 ...
    BitReader reader(codes);
    for (const std::int32_t value : {0, 1, -1, 2, -2, 3, -3}) EXPECT_EQ(reader.se(), value);
}

TEST(BitReader, reads_past_the_end_give_zero_and_are_not_ok) {
    const Buffer one = hex("ff");
    BitReader reader(one);
    EXPECT_EQ(reader.bits(8), 0xffu);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.bits(4), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.ue(), 0u);

    const Buffer zeros(9);
    BitReader endless(zeros);
    EXPECT_EQ(endless.ue(), 0u);
    EXPECT_FALSE(endless.ok());
}

} // namespace
} // namespace tv::video
