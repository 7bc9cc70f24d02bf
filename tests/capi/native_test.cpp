// Frames on Apple's systems, on the simulated one, of buffers that are IOSurfaces: a CVPixelBuffer for the
// host whatever decoded it, and the surface written or left alone.
#include <CoreVideo/CoreVideo.h>

#include "apple_bed.h"
#include "sim/iosurface.h"
#include "sim/metal.h"
#include "sim/vt.h"
#include "video/convert/convert.h"
#include "video/decoders.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

class CapiNative : public CapiApple {
protected:
    void SetUp() override {
        CapiApple::SetUp();
        sim::reset_gpu();
        sim::configure({});
        config_.frames = 1;
        decoders_.push_back(video::videotoolbox_decoders());
        auto streams = recorded_streams(std::string(TV_VIDEO_FIXTURES) + "/0112-h264-xr24-333x217.s2c");
        ASSERT_TRUE(streams.has_value() && !streams->empty());
        stream_ = streams->begin()->second;
        ASSERT_GE(stream_.packets.size(), 6U);
    }
    // The next packet, committed and read by the compositor.
    void show_next() {
        if (rid_ == 0) {
            rid_ = peer_->new_rid();
            constexpr std::uint32_t kXr24 = 0x34325258;
            msg::OpenDmavidDstV2 open{rid_, 0, stream_.codec_id, {}};
            open.slice = {stream_.width, stream_.height, kXr24, 1, {}, {stream_.width * 4}, 0, {1}, 0};
            peer_->send(open);
            const std::uint32_t params = peer_->request(dmabuf_, "create_params");
            peer_->request(params, "add", {FdOf{rid_}, 0U, 0U, stream_.width * 4, 0U, 0U});
            buffer_ = peer_->request(params, "create_immed", {stream_.width, stream_.height, kXr24, 0U});
        }
        peer_->send(msg::SendDmavidPacket{rid_, stream_.packets.at(next_++)});
        present(buffer_);
    }
    // The number of the surface that was shown last, as the compositor has it.
    std::uint32_t surface() {
        EXPECT_TRUE(eventually([&] { return host_.frames().size() >= presented_; }));
        return host_.frames().back().surface_id;
    }
    tv_frame look() {
        tv_frame_kind kind{};
        tv_frame frame = nullptr;
        EXPECT_EQ(tv_receiver_lookup(receiver_, surface(), &kind, &frame, nullptr), TV_OK);
        EXPECT_EQ(kind, TV_FRAME_VIDEO);
        return frame;
    }
    static tv_frame_info info_of(tv_frame frame) {
        tv_frame_info info = TV_FRAME_INFO_INIT;
        EXPECT_EQ(tv_frame_get_info(frame, &info), TV_OK);
        return info;
    }
    static std::uint32_t crc_of_frame(tv_frame frame) {
        const tv_frame_info info = info_of(frame);
        std::vector<std::uint8_t> pixels(std::size_t{info.crop_width} * info.crop_height * 4);
        EXPECT_EQ(tv_frame_copy_bgra(frame, pixels.data(), pixels.size(), info.crop_width * 4), TV_OK);
        for (std::size_t at = 3; at < pixels.size(); at += 4) pixels[at] = 0; // nobody's in XR24
        return crc32_of(reinterpret_cast<const std::byte*>(pixels.data()), pixels.size());
    }
    static std::uint32_t crc_of_black(std::size_t width, std::size_t height) {
        const std::vector<std::byte> nothing(width * height * 4);
        return crc32_of(nothing.data(), nothing.size());
    }
    static int first_luma(tv_frame frame) {
        auto* pixels = static_cast<CVPixelBufferRef>(info_of(frame).native);
        EXPECT_EQ(CVPixelBufferLockBaseAddress(pixels, kCVPixelBufferLock_ReadOnly), kCVReturnSuccess);
        const int luma = *static_cast<const std::uint8_t*>(CVPixelBufferGetBaseAddressOfPlane(pixels, 0));
        EXPECT_EQ(CVPixelBufferUnlockBaseAddress(pixels, kCVPixelBufferLock_ReadOnly), kCVReturnSuccess);
        return luma;
    }

    RecordedStream stream_;
    Rid rid_ = 0;
    std::uint32_t buffer_ = 0;
    std::size_t next_ = 0;
};

TEST_F(CapiNative, a_hardware_frame_is_a_retained_pixel_buffer_that_survives_its_receiver) {
    config_.zero_pass = 1;
    ASSERT_TRUE(start_video());
    show_next();
    tv_frame frame = look();
    ASSERT_NE(frame, nullptr);
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    const tv_frame_info info = info_of(frame);
    ASSERT_NE(info.native, nullptr);
    EXPECT_EQ(info.layout, TV_LAYOUT_NV12);
    EXPECT_EQ(info.planes[0].data, nullptr) << "only after locking";
    auto* pixels = static_cast<CVPixelBufferRef>(info.native);
    EXPECT_EQ(CVPixelBufferGetPlaneCount(pixels), 2U);
    EXPECT_GE(info.width, stream_.width);
    EXPECT_EQ(info.crop_width, stream_.width);
    EXPECT_NE(crc_of_frame(frame), 0U);
    tv_frame_release(frame);
}

TEST_F(CapiNative, a_host_that_holds_many_gets_pixel_buffers_of_ours_so_that_the_decoders_pool_lasts) {
    config_.zero_pass = 1;
    ASSERT_TRUE(start_video());
    std::vector<tv_frame> held;
    std::vector<std::uint32_t> crcs;
    for (std::size_t count = 0; count < 6; ++count) {
        show_next();
        held.push_back(look());
        crcs.push_back(crc_of_frame(held.back()));
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
        const tv_frame_info info = info_of(held[i]);
        EXPECT_EQ(info.copied, i >= capi::kMaxHeldPictures ? 1 : 0) << i;
        EXPECT_NE(info.native, nullptr) << i;
        EXPECT_EQ(info.layout, TV_LAYOUT_NV12);
        EXPECT_EQ(crc_of_frame(held[i]), crcs[i]) << "unchanged while held";
        tv_frame_release(held[i]);
    }
    tv_stats stats = TV_STATS_INIT;
    EXPECT_EQ(tv_receiver_stats(receiver_, &stats), TV_OK);
    EXPECT_EQ(stats.frames_copied, 6 - capi::kMaxHeldPictures);
    close_cleanly();
}

TEST_F(CapiNative, a_zero_pass_session_leaves_the_surface_alone_until_the_pass_is_forced) {
    config_.zero_pass = 1;
    ASSERT_TRUE(start_video());
    show_next();
    EXPECT_EQ(shown().back().crc, crc_of_black(stream_.width, stream_.height));
    tv_frame frame = look();
    EXPECT_EQ(tv_receiver_force_pass(receiver_, surface(), 5000), TV_OK);
    present(buffer_); // once more, with no new packet
    EXPECT_EQ(shown().back().crc, crc_of_frame(frame));
    EXPECT_NE(shown().back().crc, shown().front().crc);
    tv_frame_release(frame);
    close_cleanly();
}

// --- pause ---

TEST_F(CapiNative, a_pause_waits_until_the_gpu_has_done_what_it_was_given) {
    ASSERT_TRUE(start_video());
    show_next();
    ASSERT_TRUE(eventually([] { return sim::gpu_counts().pipelines > 0; })) << "the CPU did the first";
    show_next();
    const auto before = sim::gpu_counts();
    sim::hold_gpu(true);
    peer_->send(msg::SendDmavidPacket{rid_, stream_.packets.at(next_++)});
    show(buffer_);
    ASSERT_TRUE(eventually([&] { return sim::gpu_counts().commits > before.commits; }));
    EXPECT_EQ(tv_receiver_pause(receiver_, 700), TV_ERROR_TIMEOUT) << "the GPU is at it";
    sim::hold_gpu(false);
    EXPECT_EQ(tv_receiver_pause(receiver_, 10'000), TV_OK);
    const auto paused = sim::gpu_counts();
    EXPECT_EQ(paused.completed, paused.commits);
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    ++presented_;
    EXPECT_TRUE(eventually([this] { return shown().size() >= presented_; }));
    show_next();
    close_cleanly();
}

TEST_F(CapiNative, a_pause_waits_for_a_pass_that_the_host_forced) {
    config_.zero_pass = 1;
    ASSERT_TRUE(start_video());
    show_next();
    const std::uint32_t number = surface();
    ASSERT_TRUE(eventually([&] {
        EXPECT_EQ(tv_receiver_force_pass(receiver_, number, 5000), TV_OK);
        return sim::gpu_counts().commits > 0;
    })) << "the kernel is compiled";
    sim::hold_gpu(true);
    EXPECT_EQ(tv_receiver_force_pass(receiver_, number, 10), TV_ERROR_TIMEOUT);
    EXPECT_EQ(tv_receiver_pause(receiver_, 10), TV_ERROR_TIMEOUT);
    sim::hold_gpu(false);
    EXPECT_EQ(tv_receiver_pause(receiver_, 10'000), TV_OK);
    EXPECT_EQ(sim::gpu_counts().completed, sim::gpu_counts().commits);
    EXPECT_EQ(tv_receiver_force_pass(receiver_, number, 5000), TV_ERROR_STATE);
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    EXPECT_EQ(tv_receiver_force_pass(receiver_, number, 5000), TV_OK);
    close_cleanly();
}

TEST_F(CapiNative, a_picture_that_videotoolbox_withholds_outlives_a_pause_without_a_failover) {
    sim::Behaviour behaviour;
    behaviour.withhold = 1;
    behaviour.finish_emits = false;
    behaviour.promise_of_order_helps = false;
    sim::configure(behaviour);
    ASSERT_TRUE(start_video());
    show_next(); // given after asking
    peer_->send(msg::SendDmavidPacket{rid_, stream_.packets.at(next_++)});
    show(buffer_);
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_EQ(tv_receiver_pause(receiver_, 10'000), TV_OK) << "it does not wait for ever";
    const unsigned sessions = sim::sessions_made();
    std::this_thread::sleep_for(2500ms); // more than a hardware decoder may be silent for
    EXPECT_EQ(sim::sessions_made(), sessions);
    EXPECT_EQ(host_.log().find("does not answer"), std::string::npos);
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    ++presented_;
    EXPECT_TRUE(eventually([this] { return shown().size() >= presented_; }));
    close_cleanly();
}

TEST_F(CapiNative, without_zero_pass_the_surface_shows_what_the_frame_is) {
    ASSERT_TRUE(start_video());
    for (int count = 0; count < 3; ++count) {
        show_next();
        tv_frame frame = look();
        EXPECT_EQ(shown().back().crc, crc_of_frame(frame)) << count;
        tv_frame_release(frame);
    }
    close_cleanly();
}

TEST_F(CapiNative, what_software_decoded_arrives_as_a_pixel_buffer_too) {
    FakeScript script;
    decoders_ = {std::make_shared<FakeFactory>(script)};
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    tv_frame frame = look();
    const tv_frame_info info = info_of(frame);
    ASSERT_NE(info.native, nullptr);
    EXPECT_EQ(info.layout, TV_LAYOUT_NV12);
    EXPECT_EQ(info.copied, 0);
    EXPECT_EQ(info.matrix, TV_MATRIX_BT601);
    EXPECT_EQ(info.range, TV_RANGE_LIMITED);
    EXPECT_EQ(info.crop_width, kSize.width);
    EXPECT_LE(info.decoded_ns, info.forwarded_ns);
    EXPECT_EQ(first_luma(frame), video.luma);
    EXPECT_EQ(crc_of_frame(frame), shown().back().crc) << "chroma as well";
    tv_frame again = look();
    EXPECT_EQ(info_of(again).native, info.native) << "made once";
    tv_frame_release(again);
    tv_frame_release(frame);
    close_cleanly();
}

TEST_F(CapiNative, memory_pressure_gives_back_the_surfaces_that_only_wait_to_be_used_again) {
    ASSERT_TRUE(start_video());
    const Video gone = make_raw();
    present(gone.buffer);
    const Video kept = make_raw();
    present(kept.buffer);
    peer_->request(gone.buffer, "destroy");
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_EQ(sim::surfaces_alive(), 4U) << "two are shown or free, two are the probe's";
    EXPECT_EQ(tv_receiver_memory_pressure(receiver_), TV_OK);
    EXPECT_TRUE(eventually([] { return sim::surfaces_alive() == 1; })) << sim::surfaces_alive();
    present(kept.buffer); // which is as it was
    EXPECT_EQ(shown().back().crc, shown().front().crc);
    close_cleanly();
}

TEST_F(CapiNative, a_surface_that_is_raw_pixels_now_shows_no_video_any_more) {
    FakeScript script;
    decoders_ = {std::make_shared<FakeFactory>(script)};
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    const std::uint32_t number = surface();
    Video other = make_raw();
    present(other.buffer);
    peer_->request(video.buffer, "destroy");
    ASSERT_TRUE(peer_->roundtrip());
    const Video raw = make_raw(); // of the same size: the surface comes back from the pool
    present(raw.buffer);
    ASSERT_EQ(surface(), number);
    tv_frame_kind kind{};
    tv_frame frame = nullptr;
    EXPECT_EQ(tv_receiver_lookup(receiver_, number, &kind, &frame, nullptr), TV_OK);
    EXPECT_EQ(kind, TV_FRAME_BGRA_CURRENT);
    EXPECT_EQ(frame, nullptr);
    EXPECT_EQ(host_.frames().back().video, 0);
    close_cleanly();
}

} // namespace
