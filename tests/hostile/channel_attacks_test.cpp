// Channel messages that are malformed, out of place, or about things that do not exist.
#include "arena.h"

namespace tv::test {
namespace {

using ChannelAttack = Arena;

constexpr Rid kRid = 1;
constexpr std::uint32_t kXr24 = 0x34325258;

TEST_F(ChannelAttack, an_unknown_message_type_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(8, 24));
    expect_refused(peer, "unknown message type (24)");
}

TEST_F(ChannelAttack, a_message_shorter_than_its_frame_word_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(3, 0));
    expect_refused(peer, "(3)");
}

TEST_F(ChannelAttack, a_fixed_message_of_the_wrong_size_is_refused_before_its_payload_comes) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(1 << 20, static_cast<unsigned>(MessageType::OpenFile)));
    expect_refused(peer, "message is longer than its type allows (1048576)");
}

TEST_F(ChannelAttack, a_protocol_message_longer_than_a_mebibyte_is_refused_before_its_payload_comes) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(static_cast<std::uint32_t>(limits::kMaxProtocolBytes + 8), 0));
    expect_refused(peer, "kMaxProtocolBytes");
}

TEST_F(ChannelAttack, too_many_rids_for_one_protocol_message_are_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(4 + 4 * (limits::kMaxInjectedRids + 1), 1));
    expect_refused(peer, "kMaxInjectedRids");
}

TEST_F(ChannelAttack, rids_that_are_not_whole_numbers_are_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(7, 1));
    ASSERT_TRUE(peer.raw(ByteVector(4)));
    expect_refused(peer, "InjectRIDs");
}

TEST_F(ChannelAttack, a_stream_that_ends_inside_a_message_ends_the_connection_quietly) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.frame_word(4096, 0));
    ASSERT_TRUE(peer.raw(ByteVector(100)));
    peer.stop_sending();
    expect_ended(peer);
}

TEST_F(ChannelAttack, a_stream_that_ends_inside_an_uncompressed_diff_ends_the_connection_quietly) {
    Peer peer = attacker();
    constexpr std::uint32_t kSize = 1 << 20;
    ASSERT_TRUE(peer.pool(kFirstFree, kRid, kSize));
    ByteVector diff;
    append_u32(diff, 0);
    append_u32(diff, kSize / 4);
    msg::BufferDiff head{kRid, kSize + 8, 0, {}};
    ByteVector start(msg::BufferDiff::kHeadSize);
    encode_head(Head<msg::BufferDiff>{head, kSize + 8}, start);
    ASSERT_TRUE(peer.raw(start) && peer.raw(diff) && peer.raw(ByteVector(kSize / 2)));
    peer.stop_sending();
    expect_ended(peer);
}

TEST_F(ChannelAttack, a_diff_for_a_rid_that_was_never_opened_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::BufferDiff{7, 0, 4, ByteVector(4)}));
    expect_refused(peer, "never opened (7)");
}

TEST_F(ChannelAttack, a_fill_for_a_rid_that_was_never_opened_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::BufferFill{7, 0, 4, ByteVector(4)}));
    expect_refused(peer, "never opened (7)");
}

TEST_F(ChannelAttack, an_extension_of_a_rid_that_was_never_opened_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::ExtendFile{7, 4096}));
    expect_refused(peer, "never opened (7)");
}

TEST_F(ChannelAttack, pipe_data_for_a_rid_that_was_never_opened_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::PipeTransfer{7, ByteVector(4)}));
    expect_refused(peer, "never opened (7)");
}

TEST_F(ChannelAttack, shutting_down_a_pipe_that_was_never_opened_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::PipeShutdownW{7}));
    expect_refused(peer, "never opened (7)");
}

TEST_F(ChannelAttack, a_rid_of_the_display_side_cannot_be_opened) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{-5, 4096}));
    expect_refused(peer, "RID opened outside of the remote side's range (-5)");
}

TEST_F(ChannelAttack, rid_0_cannot_be_opened) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenIRPipe{0}));
    expect_refused(peer, "message names RID 0");
}

TEST_F(ChannelAttack, a_rid_cannot_be_opened_twice) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.send(msg::OpenIRPipe{kRid}));
    expect_refused(peer, "RID opened twice (1)");
}

TEST_F(ChannelAttack, late_updates_for_a_dropped_file_are_ignored) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.pool(kFirstFree, kRid, 4096));
    ASSERT_TRUE(peer.protocol(Words(kFirstFree, 1))); // wl_shm_pool.destroy
    ASSERT_TRUE(peer.send(msg::BufferDiff{kRid, 0, 4, ByteVector(4)}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 4, ByteVector(4)}));
    ASSERT_TRUE(peer.send(msg::ExtendFile{kRid, 8192}));
    expect_served(peer, kFirstFree + 1);
}

// --- contents ---

TEST_F(ChannelAttack, a_fill_behind_the_file_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 4090, 4100, ByteVector(10)}));
    expect_refused(peer, "fill ends behind the buffer");
}

TEST_F(ChannelAttack, a_fill_that_ends_before_it_starts_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 8, 4, ByteVector(4)}));
    expect_refused(peer, "fill ends before it starts (4)");
}

TEST_F(ChannelAttack, a_diff_span_behind_the_file_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(
        peer.send(msg::BufferDiff{kRid, 12, 0, together(Words(1024, 0).u(0)) /* spans [1024, ...) */}));
    expect_refused(peer, "diff span");
}

TEST_F(ChannelAttack, more_trailing_bytes_than_the_file_has_are_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 16}));
    ASSERT_TRUE(peer.send(msg::BufferDiff{kRid, 0, 32, ByteVector(32)}));
    expect_refused(peer, "more trailing bytes than the buffer");
}

TEST_F(ChannelAttack, any_contents_for_an_empty_file_are_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 0}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 4, ByteVector(4)}));
    expect_refused(peer, "fill starts behind the buffer");
}

TEST_F(ChannelAttack, a_large_uncompressed_diff_whose_second_span_leaves_the_file_is_refused) {
    Peer peer = attacker();
    constexpr std::uint32_t kSize = 256 * 1024; // read span by span, straight into the file
    ASSERT_TRUE(peer.pool(kFirstFree, kRid, kSize));
    ByteVector diff;
    append_u32(diff, 0);
    append_u32(diff, kSize / 8);
    diff.resize(diff.size() + kSize / 2);
    append_u32(diff, kSize / 8);
    append_u32(diff, kSize / 4 + 1);
    diff.resize(diff.size() + kSize / 2 + 4);
    ASSERT_TRUE(peer.send(msg::BufferDiff{kRid, static_cast<std::uint32_t>(diff.size()), 0, diff}));
    expect_refused(peer, "diff span ends behind the buffer");
}

TEST_F(ChannelAttack, a_large_diff_that_lz4_left_as_it_is_and_that_leaves_the_file_is_refused) {
    Peer peer = attacker(CompressionKind::Lz4);
    constexpr std::uint32_t kSize = 256 * 1024;
    ASSERT_TRUE(peer.pool(kFirstFree, kRid, kSize));
    ByteVector block; // one run of literals: the token, then the rest of the length
    constexpr std::uint32_t kLength = 8 + kSize + 4;
    block.push_back(std::byte{0xf0});
    for (std::uint32_t left = kLength - 15;; left -= 255) {
        block.push_back(std::byte(std::min(left, 255U)));
        if (left < 255) break;
    }
    append_u32(block, 0);
    append_u32(block, kSize / 4 + 1);
    block.resize(block.size() + kSize + 4);
    ASSERT_TRUE(peer.send(msg::BufferDiff{kRid, kLength, 0, block}));
    expect_refused(peer, "diff span ends behind the buffer");
}

TEST_F(ChannelAttack, a_file_cannot_be_made_smaller) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 8192}) && peer.send(msg::ExtendFile{kRid, 4096}));
    expect_refused(peer, "file made smaller (4096)");
}

TEST_F(ChannelAttack, an_uncompressed_update_of_another_size_than_it_says_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 4096, ByteVector(100)}));
    expect_refused(peer, "not of its announced size");
}

TEST_F(ChannelAttack, damaged_lz4_data_is_refused) {
    Peer peer = attacker(CompressionKind::Lz4);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 4096, ByteVector(100, std::byte{0xff})}));
    expect_refused(peer, "lz4");
}

TEST_F(ChannelAttack, damaged_zstd_data_is_refused) {
    Peer peer = attacker(CompressionKind::Zstd);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 4096, ByteVector(100, std::byte{0xff})}));
    expect_refused(peer, "zstd");
}

TEST_F(ChannelAttack, damaged_zstd_data_that_a_worker_decompresses_is_refused) {
    Peer peer = attacker(CompressionKind::Zstd);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 1 << 20}));
    // A frame of one compressed block of 4 KiB of nonsense.
    ByteVector frame{std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f}, std::byte{0xfd}, std::byte{0x00},
                     std::byte{0x50}, std::byte{0x05}, std::byte{0x80}, std::byte{0x00}};
    frame.resize(frame.size() + 4096, std::byte{0xa5});
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 1 << 20, frame}));
    expect_refused(peer, "zstd data does not decompress");
}

// --- messages that have no place ---

TEST_F(ChannelAttack, a_dmabuf_is_refused_while_none_is_offered) {
    Peer peer = connect();
    ASSERT_TRUE(peer.header());
    ASSERT_TRUE(peer.send(msg::OpenDmabuf{kRid, 4096, {}}));
    expect_refused(peer, "dmabuf opened although none was offered");
}

TEST_F(ChannelAttack, a_video_buffer_is_refused_while_no_dmabuf_is_offered) {
    Peer peer = connect();
    ASSERT_TRUE(peer.header());
    ASSERT_TRUE(peer.send(msg::OpenDmavidDstV2{kRid, 4096, 0, {}}));
    expect_refused(peer, "dmabuf opened although none was offered");
}

TEST_F(ChannelAttack, images_of_impossible_sizes_are_refused) {
    struct Attack {
        std::uint32_t width, height, stride;
        const char* words;
    };
    for (const Attack& attack :
         {Attack{0, 16, 64, "image without pixels"}, Attack{16, 0, 64, "image without pixels"},
          Attack{1u << 30, 16, 64, "kMaxImageSide"}, Attack{16, ~0u, 64, "kMaxImageSide"},
          Attack{16, 16, 60, "rows are shorter"}, Attack{16, 16, 0, "rows are shorter"}}) {
        Peer peer = attacker();
        msg::OpenDmabuf open{kRid, 4096, {}};
        open.slice = {attack.width, attack.height, kXr24, 1, {}, {attack.stride}, 0};
        ASSERT_TRUE(peer.send(open));
        expect_refused(peer, attack.words);
    }
}

TEST_F(ChannelAttack, videos_of_impossible_sizes_are_refused) {
    for (const auto& [width, height, words] :
         {std::tuple{0u, 16u, "image without pixels"}, std::tuple{16u, 0u, "image without pixels"},
          std::tuple{~0u, 16u, "kMaxImageSide"}, std::tuple{0x4000'0001u, 1u, "kMaxImageSide"}}) {
        Peer peer = attacker();
        msg::OpenDmavidDstV2 open{kRid, 4096, 0, {}};
        open.slice = {width, height, kXr24, 1, {}, {}, 0};
        ASSERT_TRUE(peer.send(open));
        expect_refused(peer, words);
    }
}

TEST_F(ChannelAttack, a_thousand_video_streams_are_bounded) {
    Peer peer = attacker();
    msg::OpenDmavidDstV2 open{kRid, 4096, 0, {}};
    open.slice = {1920, 1080, kXr24, 1, {}, {7680}, 0};
    // Refused in the midst of them: what comes after it is not taken.
    for (int stream = 0; stream < 1000; ++stream) {
        open.rid = kRid + stream;
        if (!peer.send(open)) break;
    }
    expect_refused(peer, "kMaxWrittenBytes");
}

TEST_F(ChannelAttack, a_request_to_encode_video_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenDmavidSrcV2{kRid, 4096, 0, {}}));
    expect_refused(peer, "asked to encode video although nothing to export was offered");
}

TEST_F(ChannelAttack, a_video_packet_for_a_rid_that_was_never_opened_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::SendDmavidPacket{kRid, ByteVector(100)}));
    expect_refused(peer, "update for a RID that was never opened");
}

TEST_F(ChannelAttack, a_video_packet_for_a_file_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::SendDmavidPacket{kRid, ByteVector(100)}));
    expect_refused(peer, "video packet for something that is no video");
}

TEST_F(ChannelAttack, a_timeline_is_refused_while_none_is_offered) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenTimeline{kRid, 0}));
    expect_refused(peer, "timeline message although none was offered");
}

TEST_F(ChannelAttack, a_timeline_signal_from_the_remote_side_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::SignalTimeline{kRid, 1}));
    expect_refused(peer, "timeline message although none was offered");
}

TEST_F(ChannelAttack, restart_is_refused_and_says_how_to_avoid_it) {
    Peer peer = attacker(CompressionKind::None, 16);
    ASSERT_TRUE(peer.send(msg::Restart{0}));
    expect_refused(peer, "without --control");
}

TEST_F(ChannelAttack, version_from_the_remote_side_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::Version{17}));
    expect_refused(peer, "Version message in the wrong direction");
}

TEST_F(ChannelAttack, a_million_acknowledgements_cost_nothing) {
    Peer peer = attacker(CompressionKind::None, 16);
    const pid_t process = attacked_process();
    ByteVector acks;
    ByteVector one(8);
    for (std::uint32_t i = 0; i < 1 << 14; ++i) {
        encode(msg::AckNblocks{i * 77}, one);
        append(acks, one);
    }
    for (int i = 0; i < 64; ++i) ASSERT_TRUE(peer.raw(acks));
    expect_served(peer, kFirstFree);
    if (!kSanitized) {
        EXPECT_LE(peak_resident_kib(process), kPeakKib);
    }
}

TEST_F(ChannelAttack, messages_behind_close_are_not_looked_at) {
    Peer peer = attacker();
    ByteVector close(8);
    encode(msg::Close{-1}, close);
    append_u32(close, 8 << 5 | 31);
    ASSERT_TRUE(peer.raw(close));
    expect_ended(peer);
}

} // namespace
} // namespace tv::test
