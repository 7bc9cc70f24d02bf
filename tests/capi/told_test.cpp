// What a host hears: the numbers, the first frame, and on which thread.
#include "bed.h"

namespace {

using namespace tv;
using namespace tv::test;

class CapiTold : public CapiTest {
protected:
    // Hardware that fails at its second packet, and software for the rest.
    void SetUp() override {
        CapiTest::SetUp();
        hard_.hardware = true;
        hard_.fate = [](int, std::uint64_t ticket) {
            return ticket == 1 ? Fate::Unsupported : Fate::Picture;
        };
        decoders_ = {std::make_shared<FakeFactory>(hard_), std::make_shared<FakeFactory>(soft_)};
        config_.frames = 1;
    }
    void show_pictures(int count) {
        Video video = make_video();
        for (int i = 0; i < count; ++i) {
            send_packet(video, i == 0);
            present(video.buffer);
        }
    }
    tv_stats stats() {
        tv_stats stats = TV_STATS_INIT;
        EXPECT_EQ(tv_receiver_stats(receiver_, &stats), TV_OK);
        return stats;
    }

    FakeScript hard_, soft_;
};

TEST_F(CapiTold, the_numbers_are_what_went_through_and_the_callback_tells_the_same_as_the_function) {
    ASSERT_TRUE(start_video());
    show_pictures(4);
    // A second later, and once more because of what goes on then.
    ASSERT_TRUE(eventually([&] { return !host_.stats().empty() && host_.stats().back().frames == 4; }));
    const tv_stats told = host_.stats().back();
    EXPECT_EQ(told.size, sizeof(tv_stats));
    EXPECT_GT(told.bytes, 4 * 16U);
    EXPECT_GT(told.frames_per_second, 0.0);
    EXPECT_LE(told.frames_per_second, 8.0) << "four within about a second";
    EXPECT_GT(told.bytes_per_second, 0.0);
    EXPECT_EQ(told.surfaces, 1U);
    EXPECT_EQ(told.wire_version, 17U);
    EXPECT_EQ(told.failovers, 1U);
    EXPECT_EQ(told.without_picture, 0U);
    EXPECT_EQ(told.frames_published, 4U);
    EXPECT_EQ(told.frames_held, 0U);
    EXPECT_EQ(told.abandoned_threads, 0U);
    EXPECT_EQ(told.paused, 0U);
    const tv_stats asked = stats();
    EXPECT_EQ(asked.frames, told.frames);
    EXPECT_EQ(asked.bytes, told.bytes);
    EXPECT_EQ(asked.frames_per_second, told.frames_per_second);
    EXPECT_EQ(asked.failovers, told.failovers);
    close_cleanly();
    const tv_stats last = host_.stats().back();
    EXPECT_EQ(last.frames, 4U);
    EXPECT_GT(last.bytes, told.bytes) << "the last ones, too";
    EXPECT_EQ(stats().bytes, last.bytes) << "also when it has ended";
}

TEST_F(CapiTold, a_receiver_that_has_not_begun_has_no_numbers) {
    ASSERT_TRUE(prepare());
    receiver_ = make_receiver();
    const tv_stats before = stats();
    EXPECT_EQ(before.frames, 0U);
    EXPECT_EQ(before.bytes, 0U);
    EXPECT_EQ(before.wire_version, 0U);
    EXPECT_EQ(before.surfaces, 0U);
}

TEST_F(CapiTold, the_first_frame_is_told_once_and_not_before_it_is_forwarded) {
    config_.frames = 0; // needs no frames
    hard_.fate = [](int, std::uint64_t) { return Fate::Slow; };
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    show(video.buffer);
    ASSERT_TRUE(eventually([&] { return hard_.decoded == 1; }));
    EXPECT_FALSE(host_.last(TV_STATE_FIRST_FRAME)) << "its picture is not there yet";
    hard_.release();
    EXPECT_TRUE(compositor_->wait_for_commits(++presented_, 20s));
    EXPECT_TRUE(eventually([&] { return host_.last(TV_STATE_FIRST_FRAME).has_value(); }));
    show_pictures(2);
    close_cleanly();
    const auto states = host_.states();
    EXPECT_EQ(std::ranges::count(states, TV_STATE_FIRST_FRAME, &Host::State::state), 1);
    EXPECT_EQ(states.back().state, TV_STATE_CLOSED);
}

TEST_F(CapiTold, run_calls_back_on_the_callers_thread_alone) {
    ASSERT_TRUE(prepare());
    receiver_ = make_receiver();
    std::thread::id runner;
    std::thread host([&] {
        runner = std::this_thread::get_id();
        EXPECT_EQ(tv_receiver_run(receiver_), TV_OK);
    });
    channel_.reset(); // it has its own
    display_.reset();
    peer_.emplace(std::move(peer_end_), 17, CompressionKind::Lz4, VideoKind::Vp9);
    window_ = peer_->open_window();
    dmabuf_ = peer_->bind("zwp_linux_dmabuf_v1", 3);
    EXPECT_TRUE(peer_->roundtrip());
    show_pictures(2);
    close_cleanly();
    host.join();
    EXPECT_FALSE(host_.stats().empty());
    EXPECT_EQ(host_.frames().size(), 2U);
    EXPECT_EQ(host_.threads(), std::set{runner});
}

TEST_F(CapiTold, start_calls_back_on_one_thread_of_the_receivers) {
    ASSERT_TRUE(start_video());
    show_pictures(2);
    close_cleanly();
    EXPECT_EQ(host_.threads().size(), 1U);
    EXPECT_FALSE(host_.threads().contains(std::this_thread::get_id()));
}

} // namespace
