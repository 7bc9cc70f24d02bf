#include "channel/messages.h"

#include <functional>
#include <string_view>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"

namespace tv {
namespace {

using test::Buffer;
using test::hex;

template <typename M>
Buffer encoded(const M& message) {
    Buffer out(encoded_size(message), std::byte{0xee});
    encode(message, MutableBytes(out));
    return out;
}

template <typename M>
void expect_same(const M& a, const M& b) {
    if constexpr (requires { a.data; }) {
        EXPECT_EQ(test::copy(a.data), test::copy(b.data));
        EXPECT_EQ(encoded(a), encoded(b));
    } else {
        EXPECT_EQ(a, b);
    }
}

template <typename M>
void expect_round_trip(const M& message) {
    const Buffer bytes = encoded(message);
    auto decoded = decode<M>(bytes);
    ASSERT_TRUE(decoded) << message_name(M::kType) << ": " << describe(decoded.error());
    expect_same(*decoded, message);
    EXPECT_EQ(encoded(*decoded), bytes);

    auto frame = peek_frame(bytes);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->type, M::kType);
    EXPECT_EQ(frame->padded_size(), bytes.size());
    EXPECT_TRUE(decode<M>(Bytes(bytes).first(frame->size))) << "padding need not be present";
}

// --- the examples of the wire reference ------------------------------------------------------------------

template <typename M>
void expect_bytes(std::string_view bytes, const M& message) {
    const Buffer expected = hex(bytes);
    EXPECT_EQ(encoded(message), expected) << message_name(M::kType);
    auto decoded = decode<M>(expected);
    ASSERT_TRUE(decoded) << describe(decoded.error());
    EXPECT_EQ(encoded(*decoded), expected);
}

TEST(MessageBytes, files_and_rids_are_the_bytes_of_the_reference) {
    expect_bytes("82010000 05000000 00100000", msg::OpenFile{5, 4096});
    const Buffer rid = hex("05000000");
    expect_bytes("01010000 05000000", msg::InjectRids{rid});
    auto injected = hex("01010000 05000000");
    auto decoded = decode<msg::InjectRids>(injected);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->count(), 1u);
    EXPECT_EQ((*decoded)[0], 5);
}

TEST(MessageBytes, a_tagged_create_pool_is_the_bytes_of_the_reference) {
    const Buffer request = hex("03000000 00081000 06000000 00100000");
    expect_bytes("80020000 03000000 00081000 06000000 00100000", msg::Protocol{request});
    const std::uint32_t word2 = load_u32(request, 4);
    EXPECT_EQ(word2, 0x00100800u);
    EXPECT_EQ(fd_tag(word2), 1u);
    EXPECT_EQ(untag(word2), 0x00100000u);
    EXPECT_EQ(tag_fds(0x00100000u, 1), word2);
}

TEST(MessageBytes, a_diff_of_one_word_is_the_bytes_of_the_reference) {
    const Buffer data = hex("02000000 03000000 ddccbbaa");
    expect_bytes("86030000 05000000 0c000000 00000000 02000000 03000000 ddccbbaa",
                 msg::BufferDiff{.rid = 5, .diff_size = 12, .ntrailing = 0, .data = data});
}

TEST(MessageBytes, acks_version_and_close_are_the_bytes_of_the_reference) {
    expect_bytes("10010000 07000000", msg::AckNblocks{7});
    expect_bytes("17010000 11000000", msg::Version{17});
    expect_bytes("12010000 00000000", msg::Close{0});
}

TEST(MessageBytes, pipe_messages_are_the_bytes_of_the_reference) {
    const Buffer hello = test::text_bytes("hello");
    expect_bytes("aa010000 ffffffff 68656c6c 6f000000", msg::PipeTransfer{-1, hello});
    expect_bytes("0c010000 ffffffff", msg::PipeShutdownW{-1});
}

TEST(MessageBytes, frame_words_of_opens_are_those_of_the_reference) {
    EXPECT_EQ(test::copy(Bytes(encoded(msg::OpenDmabuf{.rid = 1})).first(4)), hex("84090000"));
    EXPECT_EQ(test::copy(Bytes(encoded(msg::OpenDmavidDstV2{.rid = 1})).first(4)), hex("140a0000"));
    EXPECT_EQ(test::copy(Bytes(encoded(msg::OpenIRPipe{1})).first(4)), hex("07010000"));
}

TEST(MessageBytes, a_slice_lies_at_its_offsets) {
    msg::Slice slice{.width = 1,
                     .height = 2,
                     .format = 3,
                     .planes = 4,
                     .offsets = {5, 6, 7, 8},
                     .strides = {9, 10, 11, 12},
                     .modifier = 0x1413121110000d0cu,
                     .using_planes = {21, 22, 23, 24},
                     .reserved = 0};
    const Buffer v1 = encoded(msg::OpenDmabuf{.rid = -2, .size = 99, .slice = slice});
    EXPECT_EQ(v1, hex("84090000 feffffff 63000000"
                      "01000000 02000000 03000000 04000000"
                      "05000000 06000000 07000000 08000000 09000000 0a000000 0b000000 0c000000"
                      "0c0d0010 11121314 15161718 00000000"));
    const Buffer v2 = encoded(msg::OpenDmavidDstV2{.rid = -2, .size = 99, .vid_flags = 1, .slice = slice});
    EXPECT_EQ(v2.size(), 80u);
    EXPECT_EQ(load_u32(v2, 12), 1u);
    EXPECT_EQ(test::copy(Bytes(v2).subspan(16)), test::copy(Bytes(v1).subspan(12)));
}

// --- round trips -----------------------------------------------------------------------------------------

using Random = std::mt19937_64;

Rid random_rid(Random& random) {
    Rid rid = 0;
    while (rid == 0) rid = static_cast<Rid>(random());
    return rid;
}

std::uint32_t random_u32(Random& random) {
    return static_cast<std::uint32_t>(random());
}

msg::Slice random_slice(Random& random) {
    msg::Slice slice{.width = random_u32(random),
                     .height = random_u32(random),
                     .format = random_u32(random),
                     .planes = static_cast<std::int32_t>(random()),
                     .offsets = {},
                     .strides = {},
                     .modifier = random(),
                     .using_planes = {},
                     .reserved = random_u32(random)};
    for (auto& offset : slice.offsets) offset = random_u32(random);
    for (auto& stride : slice.strides) stride = random_u32(random);
    for (auto& plane : slice.using_planes) plane = static_cast<std::uint8_t>(random());
    return slice;
}

TEST(MessageRoundTrip, fixed_messages_with_random_fields_come_back) {
    Random random(1);
    for (int i = 0; i < 200; ++i) {
        const Rid rid = random_rid(random);
        const std::uint32_t number = random_u32(random);
        expect_round_trip(msg::OpenFile{rid, number});
        expect_round_trip(msg::ExtendFile{rid, number});
        expect_round_trip(msg::OpenDmabuf{rid, number, random_slice(random)});
        expect_round_trip(msg::OpenIRPipe{rid});
        expect_round_trip(msg::OpenIWPipe{rid});
        expect_round_trip(msg::OpenRWPipe{rid});
        expect_round_trip(msg::PipeShutdownR{rid});
        expect_round_trip(msg::PipeShutdownW{rid});
        expect_round_trip(msg::OpenDmavidSrc{rid, number, random_slice(random)});
        expect_round_trip(msg::OpenDmavidDst{rid, number, random_slice(random)});
        expect_round_trip(msg::OpenDmavidSrcV2{rid, number, random_u32(random), random_slice(random)});
        expect_round_trip(msg::OpenDmavidDstV2{rid, number, random_u32(random), random_slice(random)});
        expect_round_trip(msg::AckNblocks{number});
        expect_round_trip(msg::Restart{number});
        expect_round_trip(msg::Close{static_cast<std::int32_t>(number)});
        expect_round_trip(msg::OpenTimeline{rid, random()});
        expect_round_trip(msg::SignalTimeline{rid, random()});
        expect_round_trip(msg::Version{number});
    }
}

TEST(MessageRoundTrip, messages_with_a_payload_of_every_length_come_back_padded_with_zeros) {
    Random random(2);
    for (std::size_t size = 0; size < 70; ++size) {
        const Buffer data = test::random_bytes(random, size);
        const Rid rid = random_rid(random);
        expect_round_trip(msg::Protocol{data});
        expect_round_trip(msg::PipeTransfer{rid, data});
        expect_round_trip(msg::SendDmavidPacket{rid, data});
        expect_round_trip(
            msg::BufferFill{.rid = rid, .start = 7, .end = 8 + random_u32(random) % 1000, .data = data});
        expect_round_trip(msg::BufferDiff{.rid = rid,
                                          .diff_size = random_u32(random) % 1000 * 4,
                                          .ntrailing = random_u32(random) % 64,
                                          .data = data});
        if (size % 4 == 0) expect_round_trip(msg::InjectRids{data});
    }
}

template <typename M>
void expect_head_equals_whole(const M& message) {
    const Buffer whole = encoded(message);
    auto head = decode_head<M>(Bytes(whole).first(M::kHeadSize));
    ASSERT_TRUE(head) << describe(head.error());
    EXPECT_EQ(head->data_size, message.data.size());

    Buffer pieces(M::kHeadSize);
    encode_head(*head, MutableBytes(pieces));
    pieces.insert(pieces.end(), message.data.begin(), message.data.end());
    pieces.insert(pieces.end(), head->padding(), std::byte{0});
    EXPECT_EQ(pieces, whole);
    for (std::size_t cut = 0; cut < M::kHeadSize; ++cut)
        EXPECT_FALSE(decode_head<M>(Bytes(whole).first(cut))) << cut;
}

TEST(MessageHead, head_and_payload_sent_apart_are_the_bytes_of_the_whole_message) {
    Random random(3);
    for (std::size_t size = 0; size < 9; ++size) {
        const Buffer data = test::random_bytes(random, size);
        expect_head_equals_whole(msg::Protocol{data});
        expect_head_equals_whole(msg::PipeTransfer{-7, data});
        expect_head_equals_whole(msg::SendDmavidPacket{7, data});
        expect_head_equals_whole(msg::BufferFill{.rid = 1, .start = 64, .end = 128, .data = data});
        expect_head_equals_whole(msg::BufferDiff{.rid = 1, .diff_size = 12, .ntrailing = 3, .data = data});
    }
}

// --- malformed -------------------------------------------------------------------------------------------

template <typename M>
void expect_every_cut_is_refused(const M& message) {
    const Buffer whole = encoded(message);
    const std::size_t size = peek_frame(whole)->size;
    for (std::size_t cut = 0; cut < size; ++cut) {
        // In a buffer of exactly that size, so that a sanitizer sees any read past it.
        const Buffer part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
        auto decoded = decode<M>(part);
        ASSERT_FALSE(decoded) << message_name(M::kType) << " cut to " << cut;
        EXPECT_EQ(decoded.error().category, ErrorCategory::PeerViolation);
        EXPECT_STREQ(decoded.error().what, "message is cut off");
    }
    Buffer longer = whole;
    longer.push_back(std::byte{0});
    auto decoded = decode<M>(longer);
    ASSERT_FALSE(decoded) << message_name(M::kType);
    EXPECT_STREQ(decoded.error().what, "bytes after the end of the message");
}

TEST(MessageDecode, a_message_cut_at_any_byte_or_followed_by_garbage_is_refused_by_name) {
    const Buffer data = hex("0102030405");
    const Buffer rids = hex("0100000002000000");
    expect_every_cut_is_refused(msg::Protocol{data});
    expect_every_cut_is_refused(msg::InjectRids{rids});
    expect_every_cut_is_refused(msg::OpenFile{1, 2});
    expect_every_cut_is_refused(msg::ExtendFile{1, 2});
    expect_every_cut_is_refused(msg::OpenDmabuf{.rid = 1});
    expect_every_cut_is_refused(msg::BufferFill{.rid = 1, .start = 0, .end = 5, .data = data});
    expect_every_cut_is_refused(msg::BufferDiff{.rid = 1, .diff_size = 4, .ntrailing = 1, .data = data});
    expect_every_cut_is_refused(msg::OpenIRPipe{1});
    expect_every_cut_is_refused(msg::OpenIWPipe{1});
    expect_every_cut_is_refused(msg::OpenRWPipe{1});
    expect_every_cut_is_refused(msg::PipeTransfer{1, data});
    expect_every_cut_is_refused(msg::PipeShutdownR{1});
    expect_every_cut_is_refused(msg::PipeShutdownW{1});
    expect_every_cut_is_refused(msg::OpenDmavidSrc{.rid = 1});
    expect_every_cut_is_refused(msg::OpenDmavidDst{.rid = 1});
    expect_every_cut_is_refused(msg::SendDmavidPacket{1, data});
    expect_every_cut_is_refused(msg::AckNblocks{1});
    expect_every_cut_is_refused(msg::Restart{1});
    expect_every_cut_is_refused(msg::Close{1});
    expect_every_cut_is_refused(msg::OpenDmavidSrcV2{.rid = 1});
    expect_every_cut_is_refused(msg::OpenDmavidDstV2{.rid = 1});
    expect_every_cut_is_refused(msg::OpenTimeline{1, 2});
    expect_every_cut_is_refused(msg::SignalTimeline{1, 2});
    expect_every_cut_is_refused(msg::Version{1});
}

TEST(MessageDecode, another_type_than_the_one_asked_for_is_refused) {
    auto decoded = decode<msg::OpenFile>(encoded(msg::ExtendFile{1, 2}));
    ASSERT_FALSE(decoded);
    EXPECT_STREQ(decoded.error().what, "message is not of the expected type");
}

TEST(MessageDecode, rid_0_is_refused) {
    EXPECT_FALSE(decode<msg::OpenFile>(encoded(msg::OpenFile{0, 2})));
    EXPECT_FALSE(decode<msg::OpenIRPipe>(encoded(msg::OpenIRPipe{0})));
    EXPECT_FALSE(
        decode<msg::BufferFill>(encoded(msg::BufferFill{.rid = 0, .start = 0, .end = 1, .data = {}})));
    EXPECT_STREQ(decode<msg::OpenTimeline>(encoded(msg::OpenTimeline{0, 2})).error().what,
                 "message names RID 0");
}

TEST(MessageDecode, a_fill_that_is_empty_or_backwards_is_refused) {
    for (std::uint32_t end : {0u, 99u, 100u}) {
        auto decoded =
            decode<msg::BufferFill>(encoded(msg::BufferFill{.rid = 1, .start = 100, .end = end, .data = {}}));
        ASSERT_FALSE(decoded) << end;
        EXPECT_STREQ(decoded.error().what, "fill ends before it starts");
    }
}

TEST(MessageDecode, a_diff_size_that_is_no_multiple_of_4_is_refused) {
    for (std::uint32_t size : {1u, 2u, 3u, 13u}) {
        const msg::BufferDiff diff{.rid = 1, .diff_size = size, .ntrailing = 0, .data = {}};
        EXPECT_STREQ(decode<msg::BufferDiff>(encoded(diff)).error().what, "diff size is not a multiple of 4");
    }
}

TEST(MessageDecode, updates_that_claim_more_than_the_limit_are_refused_before_anything_is_allocated) {
    const auto limit = static_cast<std::uint32_t>(limits::kMaxUpdateBytes);
    EXPECT_TRUE(decode<msg::BufferFill>(
        encoded(msg::BufferFill{.rid = 1, .start = 5, .end = 5 + limit, .data = {}})));
    const msg::BufferFill fill{.rid = 1, .start = 5, .end = 6 + limit, .data = {}};
    EXPECT_EQ(decode<msg::BufferFill>(encoded(fill)).error().category, ErrorCategory::Limit);
    const msg::BufferDiff diff{.rid = 1, .diff_size = limit, .ntrailing = 1, .data = {}};
    EXPECT_EQ(decode<msg::BufferDiff>(encoded(diff)).error().category, ErrorCategory::Limit);
    // Sums that overflow 32 bits.
    const msg::BufferDiff wrapped{.rid = 1, .diff_size = 0xfffffffcu, .ntrailing = 8, .data = {}};
    EXPECT_EQ(decode<msg::BufferDiff>(encoded(wrapped)).error().category, ErrorCategory::Limit);
}

TEST(MessageDecode, a_close_of_more_than_8_bytes_is_read) {
    auto decoded = decode<msg::Close>(hex("92010000 ffffffff 01020304"));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->code, -1);
}

TEST(MessageDecode, every_word_is_either_refused_or_a_size_that_its_type_allows) {
    Random random(4);
    for (unsigned type = 0; type < 32; ++type) {
        for (int i = 0; i < 3000; ++i) {
            const std::size_t size = i < 100 ? static_cast<std::size_t>(i) : random() >> (37 + random() % 20);
            const auto word = static_cast<std::uint32_t>(size << 5) | type;
            auto frame = decode_frame_word(word);
            if (type >= kMessageTypeCount) {
                ASSERT_FALSE(frame);
                EXPECT_STREQ(frame.error().what, "unknown message type");
                EXPECT_EQ(frame.error().value, type);
            } else if (size < 4) {
                ASSERT_FALSE(frame);
            } else if (frame) {
                EXPECT_EQ(encode_frame_word(*frame), word);
            }
        }
    }
}

TEST(MessageDecode, fixed_messages_are_accepted_at_exactly_one_size) {
    const std::pair<MessageType, std::size_t> sizes[] = {
        {MessageType::OpenFile, 12},        {MessageType::ExtendFile, 12},
        {MessageType::OpenDmabuf, 76},      {MessageType::OpenIRPipe, 8},
        {MessageType::OpenIWPipe, 8},       {MessageType::OpenRWPipe, 8},
        {MessageType::PipeShutdownR, 8},    {MessageType::PipeShutdownW, 8},
        {MessageType::OpenDmavidSrc, 76},   {MessageType::OpenDmavidDst, 76},
        {MessageType::AckNblocks, 8},       {MessageType::Restart, 8},
        {MessageType::OpenDmavidSrcV2, 80}, {MessageType::OpenDmavidDstV2, 80},
        {MessageType::OpenTimeline, 16},    {MessageType::SignalTimeline, 16},
        {MessageType::Version, 8},
    };
    for (auto [type, exact] : sizes)
        for (std::size_t size = 0; size < 200; ++size)
            EXPECT_EQ(decode_frame_word(encode_frame_word({size, type})).has_value(), size == exact)
                << message_name(type) << " of " << size;
}

TEST(MessageDecode, sizes_past_a_limit_are_refused_at_the_frame_word) {
    const std::pair<MessageType, std::size_t> largest[] = {
        {MessageType::Protocol, 4 + limits::kMaxProtocolBytes},
        {MessageType::InjectRids, 4 + 4 * limits::kMaxInjectedRids},
        {MessageType::PipeTransfer, 8 + limits::kMaxPipeBytes},
    };
    for (auto [type, size] : largest) {
        EXPECT_TRUE(decode_frame_word(encode_frame_word({size, type}))) << message_name(type);
        auto refused = decode_frame_word(encode_frame_word({size + 4, type}));
        ASSERT_FALSE(refused) << message_name(type);
        EXPECT_EQ(refused.error().category, ErrorCategory::Limit);
    }
}

TEST(MessageDecode, a_part_of_a_rid_is_refused) {
    for (std::size_t size : {5u, 6u, 7u, 9u})
        EXPECT_FALSE(decode_frame_word(encode_frame_word({size, MessageType::InjectRids}))) << size;
}

TEST(MessageDecode, arbitrary_bytes_never_break_a_decoder) {
    Random random(5);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        Buffer bytes = test::random_bytes(random, 4 + random() % 90);
        store_u32(bytes, 0, encode_frame_word({bytes.size(), static_cast<MessageType>(random() % 24)}));
        accepted += decode<msg::Protocol>(bytes).has_value();
        accepted += decode<msg::InjectRids>(bytes).has_value();
        accepted += decode<msg::BufferFill>(bytes).has_value();
        accepted += decode<msg::BufferDiff>(bytes).has_value();
        accepted += decode<msg::PipeTransfer>(bytes).has_value();
        accepted += decode<msg::Close>(bytes).has_value();
        accepted += decode<msg::OpenDmavidDstV2>(bytes).has_value();
    }
    EXPECT_GT(accepted, 1000);
}

// --- the fd tag ------------------------------------------------------------------------------------------

TEST(FdTag, tagging_and_untagging_keep_length_and_opcode) {
    for (std::uint32_t length : {8u, 12u, 4096u, 0xfffcu})
        for (std::uint32_t opcode : {0u, 1u, 255u, 0x7ffu})
            for (unsigned count = 0; count <= kMaxFdTag; ++count) {
                const std::uint32_t plain = length << 16 | opcode;
                const std::uint32_t tagged = tag_fds(plain, count);
                EXPECT_EQ(fd_tag(tagged), count);
                EXPECT_EQ(untag(tagged), plain);
                EXPECT_EQ(tag_fds(tagged, 0), plain);
            }
}

TEST(Acks, count_every_message_but_acks_restart_and_close) {
    unsigned counted = 0;
    for (unsigned type = 0; type < kMessageTypeCount; ++type)
        counted += counts_for_acks(static_cast<MessageType>(type));
    EXPECT_EQ(counted, kMessageTypeCount - 3);
    EXPECT_FALSE(counts_for_acks(MessageType::AckNblocks));
    EXPECT_FALSE(counts_for_acks(MessageType::Restart));
    EXPECT_FALSE(counts_for_acks(MessageType::Close));
}

} // namespace
} // namespace tv
