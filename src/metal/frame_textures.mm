#import <CoreVideo/CVMetalTextureCache.h>
#import <Metal/Metal.h>

#include <mutex>

#include "base/apple/cf_ref.h"
#include "metal/frame_textures.h"

namespace tv::metal {
namespace {

class Maker final : public TextureMaker, public std::enable_shared_from_this<Maker> {
public:
    Status open(id<MTLDevice> device) {
        if (const CVReturn failure =
                CVMetalTextureCacheCreate(kCFAllocatorDefault, nullptr, device, nullptr, cache_.out());
            failure != kCVReturnSuccess) {
            (void)cache_.release(); // what a failure leaves there is nobody's
            return fail(ErrorCategory::Unsupported, "there is no Metal texture cache", failure);
        }
        return {};
    }
    ~Maker() override {
        @autoreleasepool {
            cache_.reset();
        }
    }

    Result<FrameTextures> make(void* picture) override {
        @autoreleasepool {
            auto held = std::make_shared<Held>(shared_from_this());
            held->picture = CfRef<CVPixelBufferRef>::retain(static_cast<CVPixelBufferRef>(picture));
            TV_TRY(plane(held->picture.get(), MTLPixelFormatR8Unorm, 0, held->luma));
            TV_TRY(plane(held->picture.get(), MTLPixelFormatRG8Unorm, 1, held->chroma));
            FrameTextures made;
            made.luma = (__bridge void*)CVMetalTextureGetTexture(held->luma.get());
            made.chroma = (__bridge void*)CVMetalTextureGetTexture(held->chroma.get());
            if (made.luma == nullptr || made.chroma == nullptr)
                return fail(ErrorCategory::Unsupported, "Metal makes no texture of a frame");
            made.owner = std::move(held);
            return made;
        }
    }

private:
    // The texture alone would not do: CoreVideo gives the memory to the decoder again when picture and
    // CVMetalTexture are let go of.
    struct Held {
        explicit Held(std::shared_ptr<Maker> by) : maker(std::move(by)) {}
        ~Held() {
            @autoreleasepool {
                luma.reset();
                chroma.reset();
                maker->flush();
                picture.reset();
            }
        }
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;

        const std::shared_ptr<Maker> maker;
        CfRef<CVPixelBufferRef> picture;
        CfRef<CVMetalTextureRef> luma, chroma;
    };

    Status plane(CVPixelBufferRef picture, MTLPixelFormat format, std::size_t index,
                 CfRef<CVMetalTextureRef>& texture) {
        const std::lock_guard lock(mutex_);
        const CVReturn failure = CVMetalTextureCacheCreateTextureFromImage(
            kCFAllocatorDefault, cache_.get(), picture, nullptr, format,
            CVPixelBufferGetWidthOfPlane(picture, index), CVPixelBufferGetHeightOfPlane(picture, index),
            index, texture.out());
        if (failure != kCVReturnSuccess) {
            (void)texture.release();
            return fail(ErrorCategory::Unsupported, "Metal makes no texture of a frame", failure);
        }
        return {};
    }
    // Else the cache keeps textures of pictures that will not come back.
    void flush() {
        const std::lock_guard lock(mutex_);
        CVMetalTextureCacheFlush(cache_.get(), 0);
    }

    std::mutex mutex_;
    CfRef<CVMetalTextureCacheRef> cache_;
};

} // namespace

Result<std::shared_ptr<TextureMaker>> make_texture_maker(void* device) {
    @autoreleasepool {
        auto maker = std::make_shared<Maker>();
        TV_TRY(maker->open((__bridge id<MTLDevice>)device));
        return maker;
    }
}

} // namespace tv::metal
