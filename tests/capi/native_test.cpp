// Frames that VideoToolbox decoded, under simulation: a CVPixelBuffer for the host, planes where it holds
// many.
#include <CoreVideo/CoreVideo.h>

#include "bed.h"
#include "sim/iosurface.h"
#include "video/convert/convert.h"
#include "video/decoders.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

class CapiNative : public CapiTest {
protected:
    void SetUp() override {
        (void)sim::surfaces_alive(); // the simulated machine begins, and stays
        CapiTest::SetUp();
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
    tv_frame look() {
        tv_frame_kind kind{};
        tv_frame frame = nullptr;
        EXPECT_EQ(tv_receiver_lookup(receiver_, static_cast<std::uint32_t>(rid_), &kind, &frame, nullptr),
                  TV_OK);
        EXPECT_EQ(kind, TV_FRAME_VIDEO);
        return frame;
    }
    static tv_frame_info info_of(tv_frame frame) {
        tv_frame_info info = TV_FRAME_INFO_INIT;
        EXPECT_EQ(tv_frame_get_info(frame, &info), TV_OK);
        return info;
    }
    std::uint32_t crc_of_frame(tv_frame frame) {
        std::vector<std::uint8_t> pixels(std::size_t{stream_.width} * stream_.height * 4);
        EXPECT_EQ(tv_frame_copy_bgra(frame, pixels.data(), pixels.size(), stream_.width * 4), TV_OK);
        return crc32_of(reinterpret_cast<const std::byte*>(pixels.data()), pixels.size());
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

TEST_F(CapiNative, a_host_that_holds_many_gets_planes_so_that_the_decoders_pool_lasts) {
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
        const bool copy = i >= capi::kMaxHeldPictures;
        EXPECT_EQ(info.copied, copy ? 1 : 0) << i;
        EXPECT_EQ(info.native == nullptr, copy) << i;
        EXPECT_EQ(info.planes[0].data != nullptr, copy) << i;
        EXPECT_EQ(crc_of_frame(held[i]), crcs[i]) << "unchanged while held";
        tv_frame_release(held[i]);
    }
    close_cleanly();
}

} // namespace
