#import <CoreVideo/CVMetalTextureCache.h>
#import <Metal/Metal.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/apple/cf_ref.h"
#include "metal/converter.h"
#import "metal/device.h"
#include "metal/kernel_source.h"

// Every function that may be called from outside and every handler has an @autoreleasepool: worker threads
// and Metal's own have none.

namespace tv::metal {
namespace {

// As TvPass in nv12_to_bgra.metal.
struct Pass {
    std::uint32_t width, height, bottom_up;
};

class SurfaceTexture final : public Target {
public:
    SurfaceTexture(id<MTLTexture> texture, video::Size size) : texture_(texture), size_(size) {}
    ~SurfaceTexture() override {
        @autoreleasepool {
            texture_ = nil;
        }
    }
    [[nodiscard]] id<MTLTexture> texture() const { return texture_; }
    [[nodiscard]] video::Size size() const { return size_; }

private:
    id<MTLTexture> texture_;
    const video::Size size_;
};

// What one pass must keep until the GPU has done with it. The texture alone would not do: CoreVideo gives the
// memory to the decoder again when picture and CVMetalTexture are let go of.
struct Job {
    CfRef<CVPixelBufferRef> picture;
    CfRef<CVMetalTextureRef> luma, chroma;
    std::shared_ptr<Target> target;
    Converter::Done done;
};

Status outcome(id<MTLCommandBuffer> commands) {
    if ([commands status] == MTLCommandBufferStatusCompleted) return {};
    const auto code = [[commands error] code];
    if (device_is_gone(code)) return fail(ErrorCategory::Closed, "the GPU is gone", code);
    return fail(ErrorCategory::Io, "the GPU did not convert a picture", code);
}

class MetalConverter final : public Converter, public std::enable_shared_from_this<MetalConverter> {
public:
    Status open() {
        @autoreleasepool {
            device_ = choose_device();
            if (device_ == nil) return fail(ErrorCategory::Unsupported, "there is no Metal device");
            info_.name = [[device_ name] UTF8String];
            info_.unified_memory = [device_ hasUnifiedMemory];
            const NSUInteger rows =
                [device_ minimumLinearTextureAlignmentForPixelFormat:MTLPixelFormatBGRA8Unorm];
            info_.linear_alignment = std::max<std::size_t>(rows, 1);
            queue_ = [device_ newCommandQueue];
            if (queue_ == nil) return fail(ErrorCategory::Unsupported, "Metal gives no command queue");
            TV_TRY(compile());
            if (const CVReturn failure =
                    CVMetalTextureCacheCreate(kCFAllocatorDefault, nullptr, device_, nullptr, cache_.out());
                failure != kCVReturnSuccess) {
                (void)cache_.release(); // what a failure leaves there is nobody's
                return fail(ErrorCategory::Unsupported, "there is no Metal texture cache", failure);
            }
            return {};
        }
    }
    ~MetalConverter() override {
        @autoreleasepool {
            cache_.reset();
            pipeline_ = nil;
            queue_ = nil;
            device_ = nil;
        }
    }

    [[nodiscard]] const DeviceInfo& device() const override { return info_; }

    Result<std::shared_ptr<Target>> target(IOSurfaceRef surface, video::Size size) override {
        @autoreleasepool {
            MTLTextureDescriptor* descriptor =
                [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatBGRA8Unorm
                                                                   width:size.width
                                                                  height:size.height
                                                               mipmapped:NO];
            [descriptor setUsage:MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite];
            [descriptor setStorageMode:surface_storage(device_)];
            id<MTLTexture> texture = [device_ newTextureWithDescriptor:descriptor iosurface:surface plane:0];
            if (texture == nil)
                return fail(ErrorCategory::Unsupported, "Metal makes no texture of a surface");
            return std::make_shared<SurfaceTexture>(texture, size);
        }
    }

    void convert(CVPixelBufferRef picture, const std::shared_ptr<Target>& target, bool bottom_up,
                 Done done) override {
        @autoreleasepool {
            Job* job = take_job();
            job->picture = CfRef<CVPixelBufferRef>::retain(picture);
            job->target = target;
            job->done = std::move(done);
            if (auto begun = begin(*job, bottom_up); !begun) end(job, std::move(begun));
        }
    }

private:
    Status compile() {
        NSError* error = nil;
        id<MTLLibrary> library = [device_ newLibraryWithSource:[NSString stringWithUTF8String:kKernelSource]
                                                       options:nil
                                                         error:&error];
        if (library == nil)
            return fail(ErrorCategory::Unsupported, "Metal does not compile the kernel", [error code]);
        id<MTLFunction> function = [library newFunctionWithName:[NSString stringWithUTF8String:kKernelName]];
        if (function == nil) return fail(ErrorCategory::Unsupported, "Metal does not find the kernel");
        pipeline_ = [device_ newComputePipelineStateWithFunction:function error:&error];
        if (pipeline_ == nil)
            return fail(ErrorCategory::Unsupported, "Metal makes no pipeline of the kernel", [error code]);
        // One row of threads is a SIMD group, so that it reads and writes neighbours.
        group_.width = [pipeline_ threadExecutionWidth];
        group_.height = [pipeline_ maxTotalThreadsPerThreadgroup] / group_.width;
        group_.depth = 1;
        return {};
    }

    Status plane(const Job& job, MTLPixelFormat format, std::size_t index,
                 CfRef<CVMetalTextureRef>& texture) {
        const std::lock_guard lock(mutex_);
        const CVReturn failure = CVMetalTextureCacheCreateTextureFromImage(
            kCFAllocatorDefault, cache_.get(), job.picture.get(), nullptr, format,
            CVPixelBufferGetWidthOfPlane(job.picture.get(), index),
            CVPixelBufferGetHeightOfPlane(job.picture.get(), index), index, texture.out());
        if (failure != kCVReturnSuccess) {
            (void)texture.release();
            return fail(ErrorCategory::Unsupported, "Metal makes no texture of a decoded picture", failure);
        }
        return {};
    }

    // After success the completion handler owns the job.
    Status begin(Job& job, bool bottom_up) {
        TV_TRY(plane(job, MTLPixelFormatR8Unorm, 0, job.luma));
        TV_TRY(plane(job, MTLPixelFormatRG8Unorm, 1, job.chroma));
        id<MTLTexture> luma = CVMetalTextureGetTexture(job.luma.get());
        id<MTLTexture> chroma = CVMetalTextureGetTexture(job.chroma.get());
        const auto& target = static_cast<const SurfaceTexture&>(*job.target);
        const video::Size size = target.size();
        if (luma == nil || chroma == nil || [luma width] < size.width || [luma height] < size.height)
            return fail(ErrorCategory::Unsupported, "a decoded picture is smaller than its buffer");
        id<MTLCommandBuffer> commands = [queue_ commandBuffer];
        id<MTLComputeCommandEncoder> encoder = [commands computeCommandEncoder];
        if (encoder == nil) return fail(ErrorCategory::Closed, "Metal takes no commands");
        const Pass pass{size.width, size.height, bottom_up ? 1U : 0U};
        [encoder setComputePipelineState:pipeline_];
        [encoder setTexture:luma atIndex:0];
        [encoder setTexture:chroma atIndex:1];
        [encoder setTexture:target.texture() atIndex:2];
        [encoder setBytes:&pass length:sizeof pass atIndex:0];
        const MTLSize groups{(size.width + group_.width - 1) / group_.width,
                             (size.height + group_.height - 1) / group_.height, 1};
        [encoder dispatchThreadgroups:groups threadsPerThreadgroup:group_];
        [encoder endEncoding];
        // By value: the handler keeps this object, which the caller may have let go of by then.
        const std::shared_ptr<MetalConverter> self = shared_from_this();
        Job* const owned = &job;
        [commands addCompletedHandler:^(id<MTLCommandBuffer> finished) {
          @autoreleasepool {
              self->end(owned, outcome(finished));
          }
        }];
        [commands commit];
        return {};
    }

    // Lets go of the picture's memory before anybody hears of it.
    void end(Job* job, Status status) {
        Done done = std::move(job->done);
        job->done = nullptr;
        job->luma.reset();
        job->chroma.reset();
        job->target.reset();
        {
            const std::lock_guard lock(mutex_);
            // Else the cache keeps textures of pictures that will not come back.
            CVMetalTextureCacheFlush(cache_.get(), 0);
        }
        job->picture.reset();
        give_job(job);
        done(std::move(status));
    }

    Job* take_job() {
        const std::lock_guard lock(mutex_);
        if (spare_.empty()) return new Job;
        Job* job = spare_.back().release();
        spare_.pop_back();
        return job;
    }
    void give_job(Job* job) {
        const std::lock_guard lock(mutex_);
        spare_.emplace_back(job);
    }

    DeviceInfo info_;
    id<MTLDevice> device_ = nil;
    id<MTLCommandQueue> queue_ = nil;
    id<MTLComputePipelineState> pipeline_ = nil;
    MTLSize group_{};

    std::mutex mutex_; // of what follows: CoreVideo does not say that its cache may be shared by threads
    CfRef<CVMetalTextureCacheRef> cache_;
    std::vector<std::unique_ptr<Job>> spare_; // as many as were ever in flight at once
};

} // namespace

Result<std::shared_ptr<Converter>> make_converter() {
    @autoreleasepool {
        auto converter = std::make_shared<MetalConverter>();
        TV_TRY(converter->open());
        return converter;
    }
}

} // namespace tv::metal
