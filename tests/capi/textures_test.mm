// The Metal textures of a frame, on the simulated GPU.
#import <Metal/Metal.h>

#include <tunnelview/tunnelview.hpp>

#include "apple_bed.h"
#include "sim/metal.h"

namespace {

using namespace tv;
using namespace tv::test;

class CapiTextures : public CapiApple {
protected:
    void SetUp() override {
        CapiApple::SetUp();
        sim::reset_gpu();
        config_.frames = 1;
        config_.zero_pass = 1;
        decoders_ = {std::make_shared<FakeFactory>(script_)};
        @autoreleasepool {
            device_ = MTLCreateSystemDefaultDevice();
        }
    }
    void TearDown() override {
        tv_texture_maker_destroy(maker_);
        @autoreleasepool {
            device_ = nil;
        }
        CapiApple::TearDown();
    }
    tv_result make_maker() { return tv_texture_maker_create((__bridge void*)device_, &maker_); }
    tv_frame frame_of_video() {
        Video video = make_video();
        send_packet(video, true);
        present(video.buffer);
        EXPECT_TRUE(eventually([&] { return !host_.frames().empty(); }));
        tv_frame_kind kind{};
        tv_frame frame = nullptr;
        EXPECT_EQ(tv_receiver_lookup(receiver_, host_.frames().back().surface_id, &kind, &frame, nullptr),
                  TV_OK);
        return frame;
    }

    FakeScript script_;
    id<MTLDevice> device_ = nil;
    tv_texture_maker maker_ = nullptr;
    void* luma_ = nullptr;
    void* chroma_ = nullptr;
    tv_textures textures_ = nullptr;
};

TEST_F(CapiTextures, are_made_of_both_planes_and_outlive_frame_maker_and_receiver) {
    ASSERT_TRUE(start_video());
    ASSERT_EQ(make_maker(), TV_OK);
    tv_frame frame = frame_of_video();
    ASSERT_NE(frame, nullptr);
    ASSERT_EQ(tv_frame_make_textures(frame, maker_, &luma_, &chroma_, &textures_), TV_OK);
    tv_frame_release(frame);
    tv_texture_maker_destroy(std::exchange(maker_, nullptr));
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    @autoreleasepool {
        id<MTLTexture> luma = (__bridge id<MTLTexture>)luma_;
        id<MTLTexture> chroma = (__bridge id<MTLTexture>)chroma_;
        EXPECT_EQ([luma width], kSize.width);
        EXPECT_EQ([luma height], kSize.height);
        EXPECT_EQ([chroma width], kSize.width / 2);
        EXPECT_EQ([chroma height], kSize.height / 2);
    }
    EXPECT_EQ(sim::gpu_counts().cached, 2U);
    tv_textures_release(textures_);
    EXPECT_EQ(sim::gpu_counts().cached, 0U) << "the cache keeps nothing of pictures that will not come back";
}

TEST_F(CapiTextures, come_and_go_with_the_owners_of_the_cpp_header) {
    ASSERT_TRUE(start_video());
    const tunnelview::Frame frame(frame_of_video());
    tunnelview::Textures textures;
    {
        auto [result, maker] = tunnelview::TextureMaker::create((__bridge void*)device_);
        ASSERT_EQ(result, TV_OK);
        auto [made, both] = maker.make(frame);
        ASSERT_EQ(made, TV_OK);
        textures = std::move(both);
    }
    ASSERT_TRUE(textures);
    EXPECT_EQ(sim::gpu_counts().cached, 2U);
    @autoreleasepool {
        EXPECT_EQ([(__bridge id<MTLTexture>)textures.luma() width], kSize.width);
        EXPECT_EQ([(__bridge id<MTLTexture>)textures.chroma() width], kSize.width / 2);
    }
    textures = {};
    EXPECT_EQ(sim::gpu_counts().cached, 0U);
    auto [refused, none] = tunnelview::TextureMaker().make(frame);
    EXPECT_EQ(refused, TV_ERROR_ARGUMENT);
    EXPECT_FALSE(none);
    close_cleanly();
}

TEST_F(CapiTextures, that_the_device_does_not_make_are_told) {
    sim::inject(sim::GpuFault::Cache, 1);
    EXPECT_EQ(make_maker(), TV_ERROR_UNSUPPORTED);
    EXPECT_EQ(maker_, nullptr);
    ASSERT_TRUE(start_video());
    ASSERT_EQ(make_maker(), TV_OK);
    tv_frame frame = frame_of_video();
    sim::inject(sim::GpuFault::PictureTexture, 1);
    EXPECT_EQ(tv_frame_make_textures(frame, maker_, &luma_, &chroma_, &textures_), TV_ERROR_UNSUPPORTED);
    EXPECT_EQ(textures_, nullptr);
    EXPECT_EQ(tv_frame_make_textures(frame, nullptr, &luma_, &chroma_, &textures_), TV_ERROR_ARGUMENT);
    tv_frame_release(frame);
    tv_textures_release(nullptr);
    close_cleanly();
}

} // namespace
