// Attacks on memory, descriptors and tables: every limit of limits.h that a remote side can reach.
#include <sys/resource.h>

#include "arena.h"
#include "base/limits.h"
#include "channel/compression.h"

namespace tv::test {
namespace {

using ResourceAttack = Arena;

constexpr Rid kRid = 1;
constexpr auto kGiB = static_cast<std::uint32_t>(limits::kGiB);

// --- files ---

TEST_F(ResourceAttack, a_file_beyond_a_gibibyte_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, kGiB + 1}));
    expect_refused(peer, "bytes of one file (kMaxFileBytes)");
}

TEST_F(ResourceAttack, a_file_extended_beyond_a_gibibyte_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.send(msg::ExtendFile{kRid, 0xffffffff}));
    expect_refused(peer, "bytes of one file (kMaxFileBytes)");
}

TEST_F(ResourceAttack, files_beyond_the_address_space_limit_are_refused) {
    Peer peer = attacker();
    constexpr auto kFitting = static_cast<Rid>(limits::kMaxMappedBytes / limits::kMaxFileBytes);
    for (Rid rid = 1; rid <= kFitting; ++rid) ASSERT_TRUE(peer.send(msg::OpenFile{rid, kGiB}));
    expect_served(peer, kFirstFree);
    ASSERT_TRUE(peer.send(msg::OpenFile{kFitting + 1, 4096}));
    expect_refused(peer, "bytes of all files (kMaxMappedBytes)");
}

TEST_F(ResourceAttack, more_files_than_the_limit_are_refused) {
    rlimit descriptors{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
    if (descriptors.rlim_max < limits::kMaxFiles + 64) GTEST_SKIP() << "too few descriptors are allowed here";
    Peer peer = attacker();
    for (Rid rid = 1; rid <= static_cast<Rid>(limits::kMaxFiles); ++rid)
        ASSERT_TRUE(peer.send(msg::OpenFile{rid, 4096}));
    expect_served(peer, kFirstFree);
    ASSERT_TRUE(peer.send(msg::OpenFile{static_cast<Rid>(limits::kMaxFiles) + 1, 4096}));
    expect_refused(peer, "replicated files (kMaxFiles)");
}

// A diff that writes one word into every block of 64 KiB: all of a gibibyte counts as written, a sixteenth of
// it really takes memory.
ByteVector sparse_diff() {
    ByteVector diff;
    for (std::uint32_t word = 0; word < kGiB / 4; word += 16 * 1024) {
        append_u32(diff, word);
        append_u32(diff, word + 1);
        append_u32(diff, 0x5a5a5a5a);
    }
    return diff;
}

TEST_F(ResourceAttack, written_bytes_beyond_the_limit_are_refused) {
    Peer peer = attacker();
    const ByteVector diff = sparse_diff();
    constexpr auto kFitting = static_cast<Rid>(limits::kMaxWrittenBytes / limits::kMaxFileBytes);
    for (Rid rid = 1; rid <= kFitting; ++rid) {
        ASSERT_TRUE(peer.send(msg::OpenFile{rid, kGiB}));
        ASSERT_TRUE(peer.send(msg::BufferDiff{rid, static_cast<std::uint32_t>(diff.size()), 0, diff}));
    }
    expect_served(peer, kFirstFree);
    ASSERT_TRUE(peer.send(msg::OpenFile{kFitting + 1, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kFitting + 1, 0, 4, ByteVector(4)}));
    expect_refused(peer, "bytes written into files (kMaxWrittenBytes)", 256 * 1024);
}

// The compositor reads what it is shown, and reading a hole of a memory file takes memory, too.
TEST_F(ResourceAttack, showing_more_than_the_written_limit_without_writing_it_is_refused) {
    Peer peer = attacker();
    constexpr auto kFitting = static_cast<Rid>(limits::kMaxWrittenBytes / limits::kMaxFileBytes);
    const std::uint32_t surface = kFirstFree;
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(surface)));
    std::uint32_t id = surface + 1;
    for (Rid rid = 1; rid <= kFitting + 1; ++rid, id += 2) {
        ASSERT_TRUE(peer.pool(id, rid, kGiB));
        // create_buffer(id, offset, width, height, stride, format), then attach; never a commit
        const ByteVector show = together(Words(id, 0).u(id + 1).i(0).i(16384).i(16384).i(65536).u(0),
                                         Words(surface, 1).u(id + 1).i(0).i(0));
        ASSERT_TRUE(peer.protocol(show));
    }
    expect_refused(peer, "bytes written into files (kMaxWrittenBytes)");
}

// --- updates ---

TEST_F(ResourceAttack, an_update_of_more_bytes_than_the_limit_is_refused) {
    Peer peer = attacker(CompressionKind::Zstd);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, kGiB}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, kGiB, ByteVector(1 << 20)}));
    expect_refused(peer, "bytes of one fill or diff (kMaxUpdateBytes)");
}

TEST_F(ResourceAttack, a_zstd_bomb_is_refused_by_its_ratio_before_memory_is_set_aside) {
    Peer peer = attacker(CompressionKind::Zstd);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, kGiB}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 200 << 20, ByteVector(4096)}));
    expect_refused(peer, "decompression ratio (kMaxExpansion)");
}

TEST_F(ResourceAttack, an_lz4_claim_that_no_block_can_keep_is_refused) {
    Peer peer = attacker(CompressionKind::Lz4);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, kGiB}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 200 << 20, ByteVector(4096)}));
    expect_refused(peer, "decompression ratio beyond what lz4 can do");
}

// A zstd frame that asks for a window of 2^log bytes and holds 16 bytes as they are.
ByteVector zstd_frame_with_window(unsigned log) {
    ByteVector frame;
    append_u32(frame, 0xfd2fb528);
    for (unsigned byte : {0x00u, (log - 10) << 3, 0x01u | 16u << 3, 0x00u, 0x00u})
        frame.push_back(std::byte(byte));
    frame.resize(frame.size() + 16);
    return frame;
}

TEST_F(ResourceAttack, a_zstd_window_beyond_the_limit_is_refused) {
    Peer peer = attacker(CompressionKind::Zstd);
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 16, zstd_frame_with_window(24)}));
    expect_served(peer, kFirstFree);
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 16, zstd_frame_with_window(25)}));
    expect_refused(peer, "zstd window (kMaxZstdWindowLog) (25)");
}

// Decompressions go on while their file is gone already; what they take counts until they end.
TEST_F(ResourceAttack, updates_whose_file_is_dropped_at_once_do_not_pile_up) {
    Peer peer = attacker(CompressionKind::Zstd);
    constexpr std::uint32_t kSize = 32 << 20;
    ByteVector contents(kSize);
    // Just enough noise to stay below the ratio that is refused.
    for (std::size_t i = 0; i < 8192; ++i) contents[i] = std::byte(i * i * 2654435761u >> 13);
    ByteVector bomb;
    ASSERT_TRUE(Compressor().compress(CompressionKind::Zstd, contents, bomb));
    for (Rid rid = 1; rid <= 100; ++rid) {
        ASSERT_TRUE(peer.pool(kFirstFree, rid, kSize));
        ASSERT_TRUE(peer.send(msg::BufferFill{rid, 0, kSize, bomb}));
        ASSERT_TRUE(peer.protocol(Words(kFirstFree, 1)));
        ASSERT_TRUE(peer.round_trip(kFirstFree + 1));
    }
    if (!kSanitized) {
        // Two over the limit, which is looked at before each, and the ones that workers are at.
        EXPECT_LE(peak_resident_kib(attacked_process()), 256 * 1024);
    }
    expect_served(peer, kFirstFree);
}

// --- pipes ---

TEST_F(ResourceAttack, a_pipe_flood_that_nobody_reads_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenIWPipe{kRid}));
    constexpr std::size_t kChunk = 1 << 20;
    const ByteVector chunk(kChunk);
    bool sending = true;
    for (std::size_t sent = 0; sending && sent <= limits::kMaxPipeBytes; sent += kChunk)
        sending = peer.send(msg::PipeTransfer{kRid, chunk});
    // The queue doubles as it grows; for a moment there are the old and the new one.
    expect_refused(peer, "pipe data that nobody reads (kMaxPipeBytes)",
                   static_cast<long>(4 * limits::kMaxPipeBytes / 1024));
}

TEST_F(ResourceAttack, a_flood_over_many_pipes_is_counted_together) {
    Peer peer = attacker();
    const ByteVector chunk(1 << 20);
    bool sending = true;
    for (Rid rid = 1; rid <= 100 && sending; ++rid)
        sending = peer.send(msg::OpenIWPipe{rid}) && peer.send(msg::PipeTransfer{rid, chunk});
    expect_refused(peer, "pipe data that nobody reads (kMaxPipeBytes)",
                   static_cast<long>(4 * limits::kMaxPipeBytes / 1024));
}

TEST_F(ResourceAttack, more_pipes_than_the_limit_are_refused) {
    Peer peer = attacker();
    for (Rid rid = 1; rid <= static_cast<Rid>(limits::kMaxPipes); ++rid)
        ASSERT_TRUE(peer.send(msg::OpenIRPipe{rid}));
    expect_served(peer, kFirstFree);
    ASSERT_TRUE(peer.send(msg::OpenRWPipe{1000}));
    expect_refused(peer, "open pipes (kMaxPipes)");
}

TEST_F(ResourceAttack, pipes_that_are_closed_again_do_not_count) {
    Peer peer = attacker();
    for (Rid rid = 1; rid <= 10 * static_cast<Rid>(limits::kMaxPipes); ++rid)
        ASSERT_TRUE(peer.send(msg::OpenIRPipe{rid}) && peer.send(msg::PipeShutdownR{rid}));
    expect_served(peer, kFirstFree);
}

// --- objects ---

TEST_F(ResourceAttack, ten_thousand_objects_are_refused) {
    Peer peer = attacker();
    // wl_display, registry, compositor, shm are objects, too.
    const auto last = static_cast<std::uint32_t>(limits::kMaxObjects);
    ByteVector regions;
    for (std::uint32_t id = kFirstFree; id <= last; ++id)
        append(regions, ByteVector(Words(kCompositor, 1).u(id)));
    ASSERT_TRUE(peer.protocol(regions));
    expect_honest_is_served();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 1).u(last + 1)));
    expect_refused(peer, "objects of one application (kMaxObjects)");
}

TEST_F(ResourceAttack, an_object_id_far_away_is_refused_without_a_table_that_reaches_there) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 1).u(0xfeffffff)));
    expect_refused(peer, "objects of one application (kMaxObjects)");
}

TEST_F(ResourceAttack, objects_that_come_and_go_do_not_count) {
    Peer peer = attacker();
    for (int round = 0; round < 40; ++round) {
        ByteVector messages;
        for (std::uint32_t id = kFirstFree; id < kFirstFree + 500; ++id)
            append(messages, together(Words(kCompositor, 1).u(id), Words(id, 0)));
        ASSERT_TRUE(peer.protocol(messages));
        ASSERT_TRUE(peer.round_trip(kFirstFree + 500)); // until the ids are free again
    }
    expect_served(peer, kFirstFree);
}

TEST_F(ResourceAttack, pools_that_come_and_go_leave_no_descriptor_and_no_memory) {
    Peer peer = attacker();
    const int before = count_descriptors(attacked_process());
    for (Rid rid = 1; rid <= 1000; ++rid) {
        ASSERT_TRUE(peer.pool(kFirstFree, rid, kGiB));
        ASSERT_TRUE(peer.send(msg::BufferFill{rid, 0, 4096, ByteVector(4096)}));
        ASSERT_TRUE(peer.protocol(Words(kFirstFree, 1)));
        ASSERT_TRUE(peer.round_trip(kFirstFree + 1)); // the id is free again
    }
    EXPECT_EQ(count_descriptors(attacked_process()), before);
    if (!kSanitized) {
        EXPECT_LE(peak_resident_kib(attacked_process()), kPeakKib);
    }
    expect_served(peer, kFirstFree);
}

} // namespace
} // namespace tv::test
