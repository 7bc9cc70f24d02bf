// Frames that the host shows itself: when they are to be found, what they hold, how many may be held.
#include "bed.h"
#include "video/convert/convert.h"

namespace {

using namespace tv;
using namespace tv::test;

class CapiFrames : public CapiTest {
protected:
    void SetUp() override {
        CapiTest::SetUp();
        config_.frames = 1;
        decoders_.push_back(std::make_shared<FakeFactory>(script_));
    }
    struct Found {
        tv_result result = TV_OK;
        tv_frame_kind kind{};
        std::uint64_t generation = 0;
        tv_frame frame = nullptr;
        tv_frame_info info = TV_FRAME_INFO_INIT;
    };
    Found look(std::uint32_t surface) {
        Found found;
        found.result = tv_receiver_lookup(receiver_, surface, &found.kind, &found.frame, &found.generation);
        if (found.frame != nullptr) {
            EXPECT_EQ(tv_frame_get_info(found.frame, &found.info), TV_OK);
        }
        return found;
    }
    static int luma(const Found& found) { return found.frame != nullptr ? found.info.planes[0].data[0] : -1; }
    static std::uint32_t key(const Video& video) { return static_cast<std::uint32_t>(video.rid); }
    tv_stats stats() {
        tv_stats stats = TV_STATS_INIT;
        EXPECT_EQ(tv_receiver_stats(receiver_, &stats), TV_OK);
        return stats;
    }
    std::uint32_t crc_shown() { return compositor_->commits().back().crc; }

    FakeScript script_;
};

TEST_F(CapiFrames, a_frame_is_found_once_its_commit_is_forwarded_and_never_before) {
    script_.fate = [](int, std::uint64_t ticket) { return ticket == 1 ? Fate::Slow : Fate::Picture; };
    ASSERT_TRUE(start_video());
    Video video = make_video();
    EXPECT_EQ(look(key(video)).result, TV_ERROR_NOT_FOUND);
    send_packet(video, true);
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_EQ(look(key(video)).result, TV_ERROR_NOT_FOUND) << "decoded, not committed";
    present(video.buffer);
    const int first = video.luma;
    Found found = look(key(video));
    ASSERT_EQ(found.result, TV_OK);
    EXPECT_EQ(found.kind, TV_FRAME_VIDEO);
    EXPECT_EQ(found.generation, 1U);
    EXPECT_EQ(luma(found), first);
    tv_frame_release(found.frame);
    send_packet(video);
    show(video.buffer);
    ASSERT_TRUE(eventually([&] { return script_.decoded == 2; }));
    Found before = look(key(video));
    EXPECT_EQ(before.generation, 1U) << "the second is not decoded yet";
    EXPECT_EQ(luma(before), first);
    tv_frame_release(before.frame);
    script_.release();
    EXPECT_TRUE(compositor_->wait_for_commits(++presented_, 20s));
    Found after = look(key(video)); // the compositor has read the commit
    EXPECT_EQ(after.generation, 2U);
    EXPECT_EQ(luma(after), video.luma);
    tv_frame_release(after.frame);
    close_cleanly();
}

TEST_F(CapiFrames, a_frame_says_its_size_crop_colour_and_times) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    Found found = look(key(video));
    ASSERT_NE(found.frame, nullptr);
    const tv_frame_info& info = found.info;
    EXPECT_EQ(info.surface_id, key(video));
    EXPECT_GE(info.width, kSize.width);
    EXPECT_EQ(info.crop_width, kSize.width);
    EXPECT_EQ(info.crop_height, kSize.height);
    EXPECT_EQ(info.matrix, TV_MATRIX_BT601);
    EXPECT_EQ(info.range, TV_RANGE_LIMITED);
    EXPECT_EQ(info.flipped, 0);
    EXPECT_GT(info.received_ns, 0);
    EXPECT_LE(info.received_ns, info.decoded_ns);
    EXPECT_LE(info.decoded_ns, info.forwarded_ns);
    ASSERT_TRUE(eventually([&] { return !host_.frames().empty(); }));
    const tv_frame_event event = host_.frames().back();
    EXPECT_EQ(event.surface_id, key(video));
    EXPECT_EQ(event.wl_surface, window_.surface);
    EXPECT_EQ(event.generation, 1U);
    EXPECT_EQ(event.video, 1);
    // The conversion is the one that the compositor's buffer got.
    std::vector<std::uint8_t> pixels(std::size_t{kSize.width} * kSize.height * 4);
    EXPECT_EQ(tv_frame_copy_bgra(found.frame, pixels.data(), pixels.size(), kSize.width * 4), TV_OK);
    EXPECT_EQ(crc32_of(reinterpret_cast<const std::byte*>(pixels.data()), pixels.size()), crc_shown());
    EXPECT_EQ(tv_frame_copy_bgra(found.frame, pixels.data(), 16, kSize.width * 4), TV_ERROR_ARGUMENT);
    tv_frame_release(found.frame);
    close_cleanly();
}

TEST_F(CapiFrames, a_picture_that_is_committed_again_has_the_new_generation_and_the_old_frame) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    Found first = look(key(video));
    present(video.buffer);
    Found again = look(key(video));
    EXPECT_EQ(first.info.generation, 1U);
    EXPECT_EQ(again.generation, 2U);
    EXPECT_EQ(again.info.generation, 2U);
    EXPECT_EQ(again.info.planes[0].data, first.info.planes[0].data);
    EXPECT_EQ(again.info.forwarded_ns, first.info.forwarded_ns);
    tv_frame_release(first.frame);
    tv_frame_release(again.frame);
    close_cleanly();
}

TEST_F(CapiFrames, a_buffer_that_no_video_fills_is_current_in_the_compositors_own_pixels) {
    ASSERT_TRUE(start_video());
    Video raw = make_raw();
    show(raw.buffer);
    EXPECT_TRUE(compositor_->wait_for_commits(++presented_, 20s));
    const Found found = look(key(raw));
    EXPECT_EQ(found.result, TV_OK);
    EXPECT_EQ(found.kind, TV_FRAME_BGRA_CURRENT);
    EXPECT_EQ(found.frame, nullptr);
    EXPECT_EQ(found.generation, 1U);
    ASSERT_TRUE(eventually([&] { return !host_.frames().empty(); }));
    EXPECT_EQ(host_.frames().back().video, 0);
    close_cleanly();
}

TEST_F(CapiFrames, a_host_that_holds_many_gets_copies_and_none_is_taken_from_it) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    std::vector<Found> held;
    std::vector<int> lumas;
    for (int count = 0; count < 8; ++count) {
        send_packet(video, count == 0);
        present(video.buffer);
        held.push_back(look(key(video)));
        lumas.push_back(video.luma);
    }
    int copied = 0;
    for (std::size_t i = 0; i < held.size(); ++i) {
        EXPECT_EQ(luma(held[i]), lumas[i]) << i;
        copied += held[i].info.copied;
        EXPECT_TRUE(held[i].info.copied == 0 || i >= capi::kMaxHeldPictures) << i;
    }
    EXPECT_EQ(copied, 8 - static_cast<int>(capi::kMaxHeldPictures));
    EXPECT_EQ(stats().frames_copied, static_cast<std::uint64_t>(copied));
    EXPECT_EQ(stats().frames_held, 8U);
    for (Found& found : held) tv_frame_release(found.frame);
    EXPECT_EQ(stats().frames_held, 0U);
    send_packet(video);
    present(video.buffer);
    Found again = look(key(video));
    EXPECT_EQ(again.info.copied, 0) << "given back, so no copies any more";
    tv_frame_release(again.frame);
    close_cleanly();
}

TEST_F(CapiFrames, frames_survive_their_receiver) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    Found found = look(key(video));
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    EXPECT_EQ(luma(found), video.luma);
    std::vector<std::uint8_t> pixels(std::size_t{kSize.width} * kSize.height * 4);
    EXPECT_EQ(tv_frame_copy_bgra(found.frame, pixels.data(), pixels.size(), kSize.width * 4), TV_OK);
    tv_frame_release(found.frame);
}

TEST_F(CapiFrames, in_a_zero_pass_session_the_buffer_is_written_on_demand_alone) {
    config_.zero_pass = 1;
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    const std::vector<std::byte> nothing(std::size_t{kSize.width} * kSize.height * 4);
    EXPECT_EQ(crc_shown(), crc32_of(nothing.data(), nothing.size()));
    Found found = look(key(video));
    EXPECT_EQ(luma(found), video.luma);
    EXPECT_EQ(tv_receiver_force_pass(receiver_, key(video), 5000), TV_OK);
    present(video.buffer); // shown once more, with no new packet
    std::vector<std::uint8_t> pixels(nothing.size());
    EXPECT_EQ(tv_frame_copy_bgra(found.frame, pixels.data(), pixels.size(), kSize.width * 4), TV_OK);
    EXPECT_EQ(crc_shown(), crc32_of(reinterpret_cast<const std::byte*>(pixels.data()), pixels.size()));
    EXPECT_EQ(tv_receiver_force_pass(receiver_, 12345, 10), TV_ERROR_NOT_FOUND);
    tv_frame_release(found.frame);
    close_cleanly();
}

TEST_F(CapiFrames, no_pass_is_forced_while_the_receiver_is_paused) {
    config_.zero_pass = 1;
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    const std::uint32_t before = crc_shown();
    EXPECT_EQ(tv_receiver_pause(receiver_, 5000), TV_OK);
    EXPECT_EQ(tv_receiver_force_pass(receiver_, key(video), 5000), TV_ERROR_STATE);
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    present(video.buffer);
    EXPECT_EQ(crc_shown(), before) << "nothing was converted";
    EXPECT_EQ(tv_receiver_force_pass(receiver_, key(video), 5000), TV_OK);
    present(video.buffer);
    EXPECT_NE(crc_shown(), before);
    close_cleanly();
}

TEST_F(CapiFrames, a_buffer_that_is_gone_is_not_found_and_a_session_without_frames_has_none) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    peer_->request(window_.surface, "attach", {0U, 0U, 0U});
    peer_->request(video.buffer, "destroy");
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_EQ(look(key(video)).result, TV_ERROR_NOT_FOUND);
    close_cleanly();
    EXPECT_EQ(look(key(video)).result, TV_ERROR_NOT_FOUND);
}

TEST_F(CapiFrames, without_the_wish_for_frames_there_are_none) {
    config_.frames = 0;
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    EXPECT_EQ(look(key(video)).result, TV_ERROR_STATE);
    EXPECT_TRUE(host_.frames().empty());
    close_cleanly();
}

TEST_F(CapiFrames, lookups_from_a_compositors_thread_never_find_less_than_it_has_read) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> lookups{0};
    std::thread looker([&] {
        std::uint64_t last = 0;
        while (!done) {
            const std::size_t read = compositor_->commits().size();
            Found found = look(key(video));
            if (found.result == TV_OK) {
                EXPECT_GE(found.generation, read);
                EXPECT_GE(found.generation, last);
                last = found.generation;
                ++lookups;
            }
            tv_frame_release(found.frame);
        }
    });
    for (int count = 0; count < 100; ++count) {
        send_packet(video, count == 0);
        present(video.buffer);
    }
    done = true;
    looker.join();
    EXPECT_GT(lookups, 0U);
    close_cleanly();
}

} // namespace
