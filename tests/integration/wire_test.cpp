// What both wire versions ask of a receiver: Version, acknowledgements, files, updates, late and wrong RIDs.
#include "raw_bed.h"

namespace {

using namespace tv;
using namespace tv::test;

INSTANTIATE_TEST_SUITE_P(Wire, EveryWire, testing::ValuesIn(every_wire()), wire_name);

using WireTest = RawTest;

// --- version and acknowledgements
// ------------------------------------------------------------------------------

TEST_F(WireTest, version_is_the_first_message_to_a_rust_peer_and_acknowledgements_never_come) {
    ASSERT_TRUE(start({17}));
    ASSERT_TRUE(peer_->read_registry());
    ASSERT_NE(peer_->open_window().surface, 0U);
    ASSERT_FALSE(peer_->messages.empty());
    EXPECT_EQ(peer_->messages.front().type, MessageType::Version);
    EXPECT_EQ(decode<msg::Version>(peer_->messages.front().bytes)->version, 17U);
    // Longer than any delay of acknowledgements.
    EXPECT_FALSE(peer_->wait([&] { return peer_->count(MessageType::AckNblocks) != 0; }, 200ms));
    EXPECT_EQ(peer_->count(MessageType::Version), 1U);
    close_cleanly();
    EXPECT_EQ(peer_->count(MessageType::AckNblocks), 0U);
}

TEST_F(WireTest, a_c_peer_gets_no_version_and_its_messages_are_acknowledged_in_time) {
    ASSERT_TRUE(start({16}));
    ASSERT_TRUE(peer_->read_registry()); // get_registry, sync
    std::uint32_t sent = 2;
    const auto last_ack = [&] {
        std::uint32_t count = 0;
        for (const ReceivedMessage& message : peer_->messages) {
            if (message.type == MessageType::AckNblocks)
                count = decode<msg::AckNblocks>(message.bytes)->count;
        }
        return count;
    };
    EXPECT_TRUE(peer_->wait([&] { return last_ack() == sent; }, 2s)) << last_ack();
    // Acknowledgements of ours do not count.
    for (std::uint32_t index = 1; index <= 5; ++index) peer_->send(msg::AckNblocks{index});
    RemoteFile file = peer_->open_file(1000); // every message counts once, whatever it is
    peer_->fill(file, 0, noise(1000, 1));
    peer_->diff(file, 0, noise(1000, 2));
    sent += 3;
    EXPECT_TRUE(peer_->wait([&] { return last_ack() == sent; }, 2s)) << last_ack();
    close_cleanly();
    EXPECT_EQ(peer_->count(MessageType::Version), 0U);
    EXPECT_LE(last_ack(), sent); // Close does not count either
}

TEST_F(WireTest, a_c_peer_that_never_rests_is_acknowledged_before_it_has_kept_many_megabytes) {
    ASSERT_TRUE(start({16}));
    RemoteFile file = peer_->open_file(1 << 20);
    const auto contents = noise(1 << 20, 3);
    std::size_t unacknowledged = 0;
    std::size_t most = 0;
    std::size_t acks = 0;
    for (int round = 0; round < 64; ++round) {
        peer_->fill(file, 0, contents);
        unacknowledged += contents.size();
        (void)peer_->wait([] { return false; }, 0ms); // take what is there
        if (peer_->count(MessageType::AckNblocks) != acks) unacknowledged = 0;
        acks = peer_->count(MessageType::AckNblocks);
        most = std::max(most, unacknowledged);
    }
    EXPECT_GT(acks, 2U);
    EXPECT_LE(most, std::size_t{32} << 20);
    close_cleanly();
}

// --- peers without a GPU driver
// --------------------------------------------------------------------------------

TEST_F(WireTest, a_rust_peer_that_leaves_as_soon_as_it_is_offered_dmabufs_is_suspected_of_having_no_gpu) {
    ASSERT_TRUE(start({17}));
    ASSERT_TRUE(peer_->read_registry());
    EXPECT_TRUE(close_cleanly().gave_up_over_gpu);
}

TEST_F(WireTest, a_rust_peer_whose_application_binds_something_is_not) {
    ASSERT_TRUE(start({17}));
    ASSERT_NE(peer_->open_window().surface, 0U);
    EXPECT_FALSE(close_cleanly().gave_up_over_gpu);
}

TEST_F(WireTest, a_c_peer_is_not_for_it_only_says_so) {
    ASSERT_TRUE(start({16}));
    ASSERT_TRUE(peer_->read_registry());
    EXPECT_FALSE(close_cleanly().gave_up_over_gpu);
}

TEST_F(WireTest, who_is_offered_no_dmabufs_is_not) {
    SessionConfig config = session_config();
    config.offer_gpu = false;
    ASSERT_TRUE(start({17}, {}, std::move(config)));
    ASSERT_TRUE(peer_->read_registry());
    EXPECT_FALSE(close_cleanly().gave_up_over_gpu);
}

// --- contents
// --------------------------------------------------------------------------------------------------

TEST_P(EveryWire, fills_and_diffs_both_make_what_the_compositor_reads) {
    ASSERT_TRUE(start_it());
    const auto window = peer_->open_window();
    ASSERT_NE(window.surface, 0U);
    Shown shown = make_buffer(100, 70);
    peer_->fill(shown.file, 0, noise(28000, 1));
    show(window.surface, shown.buffer);
    const std::uint32_t first = crc_of(shown.file);
    ASSERT_TRUE(compositor_->wait_for_commits(1, 10s)); // the buffer is the compositor's until then
    peer_->diff(shown.file, 0, noise(28000, 2));
    show(window.surface, shown.buffer);
    const std::uint32_t second = crc_of(shown.file);
    ASSERT_TRUE(compositor_->wait_for_commits(2, 10s));
    // At odd places, and the last bytes, which diffs send apart.
    peer_->fill(shown.file, 4001, noise(777, 3));
    peer_->diff(shown.file, 27001, noise(999, 4));
    show(window.surface, shown.buffer);
    const std::uint32_t last = crc_of(shown.file);
    ASSERT_TRUE(compositor_->wait_for_commits(3, 10s));
    const auto commits = compositor_->commits();
    EXPECT_EQ(commits[0].crc, first);
    EXPECT_EQ(commits[1].crc, second);
    EXPECT_EQ(commits[2].crc, last);
    close_cleanly();
}

TEST_P(EveryWire, chunks_that_workers_decompress_are_all_there_before_each_commit) {
    ASSERT_TRUE(start_it());
    const auto window = peer_->open_window();
    constexpr int kWidth = 1024;
    constexpr int kHeight = 1024;
    constexpr std::size_t kChunk = 512 * 1024; // what zstd is handed to workers for
    Shown shown = make_buffer(kWidth, kHeight);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t frame = 0; frame < 6; ++frame) {
        // All chunks and the commit without a pause.
        for (std::size_t at = 0; at < shown.file.bytes.size(); at += kChunk) {
            // Half noise, half zeros, so that compression has something to do.
            auto chunk = noise(kChunk, frame * 100 + static_cast<std::uint32_t>(at / kChunk));
            std::fill(chunk.begin() + kChunk / 2, chunk.end(), std::byte{});
            (frame + at / kChunk) % 2 == 0 ? peer_->fill(shown.file, at, chunk)
                                           : peer_->diff(shown.file, at, chunk);
        }
        show(window.surface, shown.buffer);
        expected.push_back(crc_of(shown.file));
        ASSERT_TRUE(compositor_->wait_for_commits(frame + 1, 20s));
    }
    const auto commits = compositor_->commits();
    for (std::size_t frame = 0; frame < 6; ++frame)
        EXPECT_EQ(commits[frame].crc, expected[frame]) << "frame " << frame;
    close_cleanly();
}

TEST_P(EveryWire, chunks_that_compress_and_chunks_that_do_not_may_follow_each_other) {
    ASSERT_TRUE(start_it());
    const auto window = peer_->open_window();
    Shown shown = make_buffer(1000, 700);
    // Sizes about those from which on data is read straight into the file, and some that no read takes whole.
    constexpr std::size_t kSizes[] = {16'000, 16'384, 17'004, 40'000, 262'144, 700'004};
    std::vector<std::uint32_t> expected;
    for (std::uint32_t frame = 0; frame < 4; ++frame) {
        std::size_t at = 0;
        for (std::uint32_t chunk = 0; chunk < std::size(kSizes) * 2; ++chunk) {
            auto bytes = noise(kSizes[chunk % std::size(kSizes)], frame * 100 + chunk);
            if ((chunk + frame) % 3 == 0)
                std::ranges::fill(std::span(bytes).subspan(bytes.size() / 2), std::byte(chunk));
            peer_->diff(shown.file, at, bytes);
            at += bytes.size();
        }
        show(window.surface, shown.buffer);
        expected.push_back(crc_of(shown.file));
        ASSERT_TRUE(compositor_->wait_for_commits(frame + 1, 20s));
    }
    const auto commits = compositor_->commits();
    for (std::size_t frame = 0; frame < expected.size(); ++frame)
        EXPECT_EQ(commits[frame].crc, expected[frame]) << "frame " << frame;
    close_cleanly();
}

TEST_P(EveryWire, pools_grow_before_anything_is_shown_in_the_new_part) {
    ASSERT_TRUE(start_it());
    const auto window = peer_->open_window();
    constexpr std::uint32_t kBytes = 64 * 64 * 4;
    Shown shown = make_buffer(64, 64);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t step = 1; step <= 10; ++step) {
        // The old part is shown, the file grows, the new part is filled and shown: all in a row.
        ASSERT_TRUE(compositor_->wait_for_commits(expected.size(), 10s));
        peer_->diff(shown.file, 0, noise(kBytes, step));
        show(window.surface, shown.buffer);
        expected.push_back(crc32_of(shown.file.bytes.data(), kBytes));
        peer_->extend(shown.file, kBytes * (step + 1));
        peer_->fill(shown.file, kBytes * step, noise(kBytes, 100 + step));
        peer_->request(shown.pool, "resize", {kBytes * (step + 1)});
        const std::uint32_t added =
            peer_->request(shown.pool, "create_buffer", {kBytes * step, 64U, 64U, 256U, kXrgb8888});
        show(window.surface, added);
        expected.push_back(crc32_of(shown.file.bytes.data() + kBytes * step, kBytes));
    }
    ASSERT_TRUE(compositor_->wait_for_commits(expected.size(), 10s));
    const auto commits = compositor_->commits();
    for (std::size_t index = 0; index < expected.size(); ++index)
        EXPECT_EQ(commits[index].crc, expected[index]) << index;
    close_cleanly();
}

TEST_P(EveryWire, more_descriptors_than_one_message_takes_arrive_each_with_its_own_pool) {
    ASSERT_TRUE(start_it());
    const auto window = peer_->open_window();
    constexpr std::uint32_t kPools = 100;
    std::vector<Shown> all;
    std::vector<std::uint32_t> expected;
    for (std::uint32_t index = 0; index < kPools; ++index) {
        Shown shown;
        shown.file = peer_->open_file(16 * 16 * 4);
        peer_->fill(shown.file, 0, noise(16 * 16 * 4, index));
        all.push_back(std::move(shown));
    }
    // One Protocol message with a hundred descriptors, none sent before the compositor has them all.
    peer_->begin_batch();
    for (Shown& shown : all) {
        shown.pool = peer_->request(peer_->shm, "create_pool", {FdOf{shown.file.rid}, 1024U});
        shown.buffer = peer_->request(shown.pool, "create_buffer", {0U, 16U, 16U, 64U, kXrgb8888});
    }
    peer_->end_batch();
    for (const Shown& shown : all) {
        show(window.surface, shown.buffer);
        expected.push_back(crc_of(shown.file));
    }
    ASSERT_TRUE(compositor_->wait_for_commits(kPools, 20s));
    const auto commits = compositor_->commits();
    for (std::size_t index = 0; index < kPools; ++index)
        EXPECT_EQ(commits[index].crc, expected[index]) << index;
    close_cleanly();
}

// --- late and wrong RIDs
// -----------------------------------------------------------------------------------------

TEST_P(EveryWire, updates_that_come_after_the_last_object_of_a_file_is_gone_are_ignored) {
    ASSERT_TRUE(start_it());
    const auto window = peer_->open_window();
    Shown gone = make_buffer(32, 32);
    peer_->fill(gone.file, 0, noise(4096, 1));
    show(window.surface, gone.buffer);
    peer_->request(gone.buffer, "destroy");
    peer_->request(gone.pool, "destroy");
    ASSERT_TRUE(peer_->roundtrip());
    peer_->fill(gone.file, 0, noise(4096, 2));
    peer_->diff(gone.file, 0, noise(4096, 3));
    peer_->extend(gone.file, 8192);
    peer_->fill(gone.file, 4096, noise(4096, 4));
    ASSERT_TRUE(peer_->roundtrip());
    // The connection goes on.
    Shown shown = make_buffer(32, 32);
    peer_->fill(shown.file, 0, noise(4096, 5));
    show(window.surface, shown.buffer);
    ASSERT_TRUE(compositor_->wait_for_commits(2, 10s));
    EXPECT_EQ(compositor_->commits()[1].crc, crc_of(shown.file));
    close_cleanly();
}

TEST_P(EveryWire, a_rid_that_was_never_opened_is_an_error_that_both_ends_hear_of) {
    ASSERT_TRUE(start_it());
    ASSERT_NE(peer_->open_window().surface, 0U);
    RemoteFile file{77, std::vector<std::byte>(100)};
    peer_->fill(file, 0, noise(100, 1));
    expect_refusal("never opened");
}

TEST_P(EveryWire, a_descriptor_that_was_never_opened_is_an_error) {
    ASSERT_TRUE(start_it());
    ASSERT_NE(peer_->open_window().surface, 0U);
    peer_->request(peer_->shm, "create_pool", {FdOf{5}, 4096U});
    expect_refusal("RID");
}

TEST_P(EveryWire, late_pipe_messages_are_ignored_and_unknown_ones_are_errors) {
    ASSERT_TRUE(start_it());
    ASSERT_TRUE(peer_->read_registry());
    const Rid rid = peer_->new_rid();
    peer_->send(msg::OpenIWPipe{rid});
    peer_->send(msg::PipeShutdownW{rid});
    ASSERT_TRUE(peer_->roundtrip());
    const std::byte data[3] = {};
    peer_->send(msg::PipeTransfer{rid, data});
    peer_->send(msg::PipeShutdownR{rid});
    peer_->send(msg::PipeTransfer{-3, data}); // one of the display side's, long gone
    ASSERT_TRUE(peer_->roundtrip());
    peer_->send(msg::PipeTransfer{rid + 50, data});
    expect_refusal("never opened");
}

} // namespace
