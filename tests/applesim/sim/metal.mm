#import <CoreVideo/CVMetalTextureCache.h>
#import <Metal/Metal.h>

#include "sim/metal.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "kernel_twin.h"
#include "metal/kernel_source.h"
#import "objc/foundation.h"
#include "sim/apples.h"
#include "sim/calls.h"
#include "sim/iosurface.h"
#include "sim/object.h"
#include "sim/picture.h"
#include "sim/random.h"

namespace {

using tv::sim::violation;

struct Machine {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<tv::sim::GpuDevice> devices{{}};
    tv::sim::GpuCounts counts;
    tv::sim::GpuFault fault = tv::sim::GpuFault::None;
    unsigned fault_times = 0;
    bool held = false;
    unsigned fail_skip = 0, fail_times = 0;
    long fail_code = 0;
    std::uint64_t generation = 1; // of devices; those of lost generations work no more
    std::deque<id> committed;     // SimCommandBuffer
    bool busy = false;
    bool running = false;
};
Machine& machine() {
    static auto* the = new Machine; // its thread may outlive everything
    return *the;
}

bool faulty(tv::sim::GpuFault fault) {
    const std::lock_guard lock(machine().mutex);
    if (machine().fault != fault || machine().fault_times == 0) return false;
    --machine().fault_times;
    return true;
}
template <typename Count>
void count(Count tv::sim::GpuCounts::* which, int by = 1) {
    const std::lock_guard lock(machine().mutex);
    machine().counts.*which += static_cast<Count>(by);
}
bool is_lost(std::uint64_t generation) {
    const std::lock_guard lock(machine().mutex);
    return generation < machine().generation;
}
void expect(bool holds, const char* rule) {
    if (!holds) violation(std::string("Metal: ") + rule);
}

metal::Format metal_format(MTLPixelFormat format) {
    return static_cast<metal::Format>(format);
}

} // namespace

// --- objects -----------------------------------------------------------------------------------------------

@interface MTLTextureDescriptor () {
@public
    MTLPixelFormat format_;
    NSUInteger width_, height_;
    MTLTextureUsage usage_;
    MTLStorageMode storage_;
}
@end
@implementation MTLTextureDescriptor
+ (MTLTextureDescriptor*)texture2DDescriptorWithPixelFormat:(MTLPixelFormat)pixelFormat
                                                      width:(NSUInteger)width
                                                     height:(NSUInteger)height
                                                  mipmapped:(BOOL)mipmapped {
    TV_SIM_CALL();
    expect(width > 0 && height > 0 && width <= 16384 && height <= 16384,
           "a texture of 1 to 16384 pixels a side");
    expect(!mipmapped, "no mipmaps of surfaces");
    MTLTextureDescriptor* descriptor = [[MTLTextureDescriptor alloc] init];
    descriptor->format_ = pixelFormat;
    descriptor->width_ = width;
    descriptor->height_ = height;
    descriptor->usage_ = MTLTextureUsageShaderRead;
    descriptor->storage_ = MTLStorageModeManaged;
    return descriptor;
}
- (void)setUsage:(MTLTextureUsage)usage {
    TV_SIM_CALL();
    usage_ = usage;
}
- (void)setStorageMode:(MTLStorageMode)storageMode {
    TV_SIM_CALL();
    storage_ = storageMode;
}
@end

@interface SimTexture : NSObject <MTLTexture> {
@public
    std::uint64_t generation_;
    MTLPixelFormat format_;
    NSUInteger width_, height_;
    MTLTextureUsage usage_;
    // Retained. Only the surface is: a decoder may be given its memory again.
    IOSurfaceRef surface_;
    std::size_t offset_, stride_;
}
@end
@implementation SimTexture
- (void)dealloc {
    tv::sim::release(surface_, "the end of an MTLTexture");
}
- (NSUInteger)width {
    TV_SIM_CALL();
    return width_;
}
- (NSUInteger)height {
    TV_SIM_CALL();
    return height_;
}
@end

@interface SimFunction : NSObject <MTLFunction>
@end
@implementation SimFunction
@end

@interface SimLibrary : NSObject <MTLLibrary>
@end
@implementation SimLibrary
- (id<MTLFunction>)newFunctionWithName:(NSString*)functionName {
    TV_SIM_CALL();
    if (faulty(tv::sim::GpuFault::Function)) return nil;
    if (std::strcmp([functionName UTF8String], "tv_nv12_to_bgra") != 0) return nil;
    return [[SimFunction alloc] init];
}
@end

@interface SimPipeline : NSObject <MTLComputePipelineState> {
@public
    NSUInteger width_, threads_;
}
@end
@implementation SimPipeline
- (NSUInteger)threadExecutionWidth {
    TV_SIM_CALL();
    return width_;
}
- (NSUInteger)maxTotalThreadsPerThreadgroup {
    TV_SIM_CALL();
    return threads_;
}
@end

@class SimCommandBuffer;

@interface SimEncoder : NSObject <MTLComputeCommandEncoder> {
@public
    SimCommandBuffer* commands_; // which does not hold this one
    SimPipeline* pipeline_;
    SimTexture* textures_[3];
    std::vector<std::uint8_t> bytes_;
    bool ended_;
}
@end

@interface SimCommandBuffer : NSObject <MTLCommandBuffer> {
@public
    std::uint64_t generation_;
    SimTexture* textures_[3];
    std::vector<std::uint8_t> bytes_;
    MTLSize groups_, threads_;
    bool encoding_, dispatched_, committed_;
    std::vector<MTLCommandBufferHandler> handlers_;
    MTLCommandBufferStatus status_;
    NSError* error_;
}
- (void)execute;
@end

@implementation SimEncoder
- (void)setComputePipelineState:(id<MTLComputePipelineState>)state {
    TV_SIM_CALL();
    expect(!ended_, "no commands after endEncoding");
    pipeline_ = static_cast<SimPipeline*>(state);
}
- (void)setTexture:(id<MTLTexture>)texture atIndex:(NSUInteger)index {
    TV_SIM_CALL();
    expect(!ended_, "no commands after endEncoding");
    expect(index < 3, "the kernel has three textures");
    SimTexture* own = static_cast<SimTexture*>(texture);
    expect(own == nil || own->generation_ == commands_->generation_,
           "textures are of the command buffer's device");
    textures_[index] = own;
}
- (void)setBytes:(const void*)bytes length:(NSUInteger)length atIndex:(NSUInteger)index {
    TV_SIM_CALL();
    expect(!ended_, "no commands after endEncoding");
    const tv::sim::Apples apples;
    expect(index == 0 && length == 12, "the kernel's one buffer has 12 bytes");
    bytes_.assign(static_cast<const std::uint8_t*>(bytes), static_cast<const std::uint8_t*>(bytes) + length);
}
- (void)dispatchThreadgroups:(MTLSize)groups threadsPerThreadgroup:(MTLSize)threads {
    TV_SIM_CALL();
    expect(!ended_ && !commands_->dispatched_, "one pass, before endEncoding");
    expect(pipeline_ != nil && textures_[0] != nil && textures_[1] != nil && textures_[2] != nil &&
               !bytes_.empty(),
           "pipeline, textures and bytes are set before the dispatch");
    expect(groups.width > 0 && groups.height > 0 && groups.depth == 1, "a grid is not empty");
    expect(threads.width > 0 && threads.height > 0 && threads.depth == 1 &&
               threads.width * threads.height <= pipeline_->threads_,
           "a threadgroup has at most maxTotalThreadsPerThreadgroup threads");
    const tv::sim::Apples apples;
    for (int i = 0; i < 3; ++i) {
        const MTLTextureUsage needed = i == 2 ? MTLTextureUsageShaderWrite : MTLTextureUsageShaderRead;
        expect((textures_[i]->usage_ & needed) != 0, "a texture is used as its usage says");
        commands_->textures_[i] = textures_[i];
    }
    commands_->bytes_ = bytes_;
    commands_->groups_ = groups;
    commands_->threads_ = threads;
    commands_->dispatched_ = true;
}
- (void)endEncoding {
    TV_SIM_CALL();
    expect(!ended_, "endEncoding once");
    ended_ = true;
    commands_->encoding_ = false;
}
- (void)dealloc {
    expect(ended_, "an encoder ends with endEncoding");
}
@end

@implementation SimCommandBuffer
- (void)presentDrawable:(id<MTLDrawable>)drawable {
    TV_SIM_CALL();
    (void)drawable;
    expect(false, "the example for Macs alone presents");
}
- (id<MTLComputeCommandEncoder>)computeCommandEncoder {
    TV_SIM_CALL();
    expect(!committed_ && !encoding_, "one encoder at a time, before the commit");
    encoding_ = true;
    SimEncoder* encoder = [[SimEncoder alloc] init];
    encoder->commands_ = self;
    return encoder;
}
- (void)addCompletedHandler:(MTLCommandBufferHandler)block {
    TV_SIM_CALL();
    const tv::sim::Apples apples;
    expect(!committed_, "handlers are added before the commit");
    handlers_.push_back(block);
}
- (void)commit {
    TV_SIM_CALL();
    const tv::sim::Apples apples;
    expect(!committed_, "commit once");
    expect(!encoding_, "commit after endEncoding");
    committed_ = true;
    if (dispatched_)
        for (SimTexture* texture : textures_) (void)tv::sim::gpu_begin(texture->surface_);
    const std::lock_guard lock(machine().mutex);
    ++machine().counts.commits;
    machine().committed.push_back(self);
    machine().changed.notify_all();
}
- (MTLCommandBufferStatus)status {
    TV_SIM_CALL();
    return status_;
}
- (NSError*)error {
    TV_SIM_CALL();
    return error_;
}
- (void)run:(std::size_t)rows {
    metal::Texels texels[3];
    for (int i = 0; i < 3; ++i) {
        SimTexture* texture = textures_[i];
        void* memory = tv::sim::gpu_begin(texture->surface_);
        texels[i] = {metal_format(texture->format_), static_cast<std::uint8_t*>(memory) + texture->offset_,
                     texture->stride_, static_cast<uint>(texture->width_),
                     static_cast<uint>(texture->height_)};
    }
    for (std::size_t y = 0; y < rows; ++y)
        for (std::size_t x = 0; x < groups_.width * threads_.width; ++x)
            tv::applesim::run_nv12_to_bgra(texels[0], texels[1], texels[2], bytes_.data(), bytes_.size(),
                                           static_cast<uint>(x), static_cast<uint>(y));
    for (int i = 0; i < 3; ++i) {
        tv::sim::gpu_end(textures_[i]->surface_, i == 2);
        expect(texels[i].outside == 0, "the kernel stays inside its textures");
    }
}
- (void)execute {
    long code = 0;
    {
        const std::lock_guard lock(machine().mutex);
        if (generation_ < machine().generation)
            code = MTLCommandBufferErrorDeviceRemoved;
        else if (machine().fail_skip > 0)
            --machine().fail_skip;
        else if (machine().fail_times > 0) {
            --machine().fail_times;
            code = machine().fail_code;
        }
    }
    if (dispatched_) {
        const std::size_t rows = groups_.height * threads_.height;
        [self run:code == 0 ? rows : tv::sim::draw(rows)];
        for (SimTexture* texture : textures_) tv::sim::gpu_end(texture->surface_, false);
    }
    status_ = code == 0 ? MTLCommandBufferStatusCompleted : MTLCommandBufferStatusError;
    if (code != 0) error_ = sim_error(code);
    {
        const std::lock_guard lock(machine().mutex);
        ++(code == 0 ? machine().counts.completed : machine().counts.failed);
    }
    for (MTLCommandBufferHandler handler : handlers_) {
        const tv::sim::NotApples product;
        handler(self);
    }
    handlers_.clear();
}
- (void)dealloc {
    expect(committed_ || !dispatched_, "what was encoded is committed");
}
@end

namespace {

void gpu_thread() {
    const tv::sim::Apples apples;
    for (;;) {
        std::unique_lock lock(machine().mutex);
        machine().busy = false;
        machine().changed.notify_all();
        machine().changed.wait(lock, [] { return !machine().held && !machine().committed.empty(); });
        machine().busy = true;
        lock.unlock();
        std::this_thread::sleep_for(std::chrono::microseconds(tv::sim::draw(3000)));
        lock.lock();
        SimCommandBuffer* commands = machine().committed.front();
        machine().committed.pop_front();
        lock.unlock();
        [commands execute];
        commands = nil;
    }
}

} // namespace

@interface SimQueue : NSObject <MTLCommandQueue> {
@public
    std::uint64_t generation_;
}
@end
@implementation SimQueue
- (id<MTLCommandBuffer>)commandBuffer {
    TV_SIM_CALL();
    if (faulty(tv::sim::GpuFault::CommandBuffer)) return nil;
    SimCommandBuffer* commands = [[SimCommandBuffer alloc] init];
    commands->generation_ = generation_;
    return commands;
}
@end

@interface SimDevice : NSObject <MTLDevice> {
@public
    std::uint64_t generation_;
    tv::sim::GpuDevice what_;
}
@end
@implementation SimDevice
- (NSString*)name {
    TV_SIM_CALL();
    return [NSString stringWithUTF8String:what_.name.c_str()];
}
- (BOOL)isLowPower {
    TV_SIM_CALL();
    return what_.low_power;
}
- (BOOL)isRemovable {
    TV_SIM_CALL();
    return what_.removable;
}
- (BOOL)hasUnifiedMemory {
    TV_SIM_CALL();
    return what_.unified_memory;
}
- (NSUInteger)minimumLinearTextureAlignmentForPixelFormat:(MTLPixelFormat)format {
    TV_SIM_CALL();
    expect(format == MTLPixelFormatBGRA8Unorm, "the alignment is asked for the surfaces' format");
    return what_.linear_alignment;
}
- (id<MTLCommandQueue>)newCommandQueue {
    TV_SIM_CALL();
    count(&tv::sim::GpuCounts::queues);
    SimQueue* queue = [[SimQueue alloc] init];
    queue->generation_ = generation_;
    {
        const std::lock_guard lock(machine().mutex);
        machine().counts.last_device = what_.name;
    }
    return queue;
}
- (id<MTLLibrary>)newLibraryWithSource:(NSString*)source
                               options:(MTLCompileOptions*)options
                                 error:(NSError* __autoreleasing*)error {
    TV_SIM_CALL();
    (void)options;
    count(&tv::sim::GpuCounts::libraries);
    // There is no compiler here; what runs is the text that C++ compiled.
    if (std::strcmp([source UTF8String], tv::metal::kKernelSource) != 0 ||
        faulty(tv::sim::GpuFault::Compile)) {
        *error = sim_error(3);
        return nil;
    }
    return [[SimLibrary alloc] init];
}
- (id<MTLComputePipelineState>)newComputePipelineStateWithFunction:(id<MTLFunction>)computeFunction
                                                             error:(NSError* __autoreleasing*)error {
    TV_SIM_CALL();
    count(&tv::sim::GpuCounts::pipelines);
    expect(computeFunction != nil, "a pipeline is made of a function");
    if (faulty(tv::sim::GpuFault::Pipeline)) {
        *error = sim_error(2);
        return nil;
    }
    SimPipeline* pipeline = [[SimPipeline alloc] init];
    // Both are the device's business.
    pipeline->width_ = std::size_t{8} << tv::sim::draw(4);
    pipeline->threads_ = pipeline->width_ * (1 + tv::sim::draw(16));
    return pipeline;
}
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor*)descriptor
                                 iosurface:(IOSurfaceRef)iosurface
                                     plane:(NSUInteger)plane {
    TV_SIM_CALL();
    count(&tv::sim::GpuCounts::surface_textures);
    if (is_lost(generation_) || faulty(tv::sim::GpuFault::SurfaceTexture)) return nil;
    expect(plane == 0 && descriptor->format_ == MTLPixelFormatBGRA8Unorm &&
               IOSurfaceGetPixelFormat(iosurface) == 0x42475241,
           "a published surface has one plane, BGRA");
    expect(descriptor->width_ == IOSurfaceGetWidth(iosurface) &&
               descriptor->height_ == IOSurfaceGetHeight(iosurface),
           "a surface's texture has the surface's size");
    if (IOSurfaceGetBytesPerRow(iosurface) % what_.linear_alignment != 0) return nil;
    expect(descriptor->storage_ == (what_.unified_memory ? MTLStorageModeShared : MTLStorageModeManaged),
           "a surface's texture is shared where memory is unified, else managed");
    SimTexture* texture = [[SimTexture alloc] init];
    tv::sim::retain(iosurface, "newTextureWithDescriptor:iosurface:plane:");
    texture->generation_ = generation_;
    texture->format_ = descriptor->format_;
    texture->width_ = descriptor->width_;
    texture->height_ = descriptor->height_;
    texture->usage_ = descriptor->usage_;
    texture->surface_ = iosurface;
    texture->offset_ = 0;
    texture->stride_ = IOSurfaceGetBytesPerRow(iosurface);
    return texture;
}
@end

namespace {

id<MTLDevice> make_device(const tv::sim::GpuDevice& what) {
    SimDevice* device = [[SimDevice alloc] init];
    device->what_ = what;
    const std::lock_guard lock(machine().mutex);
    device->generation_ = machine().generation;
    ++machine().counts.devices;
    return device;
}

std::vector<tv::sim::GpuDevice> present() {
    const bool none = faulty(tv::sim::GpuFault::NoDevice);
    const std::lock_guard lock(machine().mutex);
    return none ? std::vector<tv::sim::GpuDevice>{} : machine().devices;
}

} // namespace

id<MTLDevice> MTLCreateSystemDefaultDevice() {
    TV_SIM_CALL();
    const auto devices = present();
    return devices.empty() ? nil : make_device(devices.front());
}

NSArray<id<MTLDevice>>* MTLCopyAllDevices() {
    TV_SIM_CALL();
    SimArray* array = [[SimArray alloc] init];
    for (const tv::sim::GpuDevice& device : present()) array->items_.push_back(make_device(device));
    return array;
}

// --- the texture cache -------------------------------------------------------------------------------------

// NOLINTBEGIN(bugprone-reserved-identifier)
// What a cache keeps of a picture's plane until it is flushed: the texture, with it the decoder's surface.
struct __CVMetalTextureCache : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    explicit __CVMetalTextureCache(SimDevice* device) : Object(kType), device_(device) {}
    void dispose() override {
        forget();
        device_ = nil;
    }
    void forget();
    SimDevice* device_;
    std::vector<SimTexture*> kept_;
    std::thread::id inside_;
};
// NOLINTEND(bugprone-reserved-identifier)
const tv::sim::TypeInfo __CVMetalTextureCache::kType{"CVMetalTextureCache"};

namespace {

// Holds the picture; the MTLTexture does not.
struct PictureTexture : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    PictureTexture(SimTexture* texture, CVImageBufferRef picture)
        : Object(kType), texture_(texture), picture_(picture) {
        tv::sim::retain(picture_, "CVMetalTextureCacheCreateTextureFromImage");
    }
    void dispose() override {
        texture_ = nil;
        tv::sim::release(picture_, "the end of a CVMetalTexture");
    }
    SimTexture* texture_;
    CVImageBufferRef picture_;
};
const tv::sim::TypeInfo PictureTexture::kType{"CVMetalTexture"};

} // namespace

void __CVMetalTextureCache::forget() {
    count(&tv::sim::GpuCounts::cached, -static_cast<int>(kept_.size()));
    kept_.clear();
}

CVReturn CVMetalTextureCacheCreate(CFAllocatorRef allocator, CFDictionaryRef cacheAttributes,
                                   id<MTLDevice> metalDevice, CFDictionaryRef textureAttributes,
                                   CVMetalTextureCacheRef* cacheOut) {
    TV_SIM_CALL();
    (void)allocator, (void)cacheAttributes, (void)textureAttributes;
    expect(metalDevice != nil && cacheOut != nullptr, "a texture cache needs a device");
    *cacheOut = reinterpret_cast<CVMetalTextureCacheRef>(0x10); // not to be used after a failure
    if (faulty(tv::sim::GpuFault::Cache)) return kCVReturnError;
    count(&tv::sim::GpuCounts::caches);
    *cacheOut = new __CVMetalTextureCache(static_cast<SimDevice*>(metalDevice));
    return kCVReturnSuccess;
}

CVReturn CVMetalTextureCacheCreateTextureFromImage(CFAllocatorRef allocator,
                                                   CVMetalTextureCacheRef textureCache,
                                                   CVImageBufferRef sourceImage,
                                                   CFDictionaryRef textureAttributes,
                                                   MTLPixelFormat pixelFormat, size_t width, size_t height,
                                                   size_t planeIndex, CVMetalTextureRef* textureOut) {
    TV_SIM_CALL();
    (void)allocator, (void)textureAttributes;
    const tv::sim::Apples apples;
    auto* cache =
        tv::sim::check<__CVMetalTextureCache>(textureCache, "CVMetalTextureCacheCreateTextureFromImage");
    *textureOut = reinterpret_cast<CVMetalTextureRef>(0x10); // not to be used after a failure
    const auto memory = tv::sim::picture_plane(sourceImage, planeIndex);
    if (memory.surface == nullptr || faulty(tv::sim::GpuFault::PictureTexture) ||
        is_lost(cache->device_->generation_))
        return kCVReturnError;
    expect(pixelFormat == (planeIndex == 0 ? MTLPixelFormatR8Unorm : MTLPixelFormatRG8Unorm) &&
               planeIndex < 2,
           "luma is one byte a sample, chroma two");
    expect(width == memory.width && height == memory.height, "a plane's texture has the plane's size");
    SimTexture* texture = [[SimTexture alloc] init];
    tv::sim::retain(memory.surface, "CVMetalTextureCacheCreateTextureFromImage");
    texture->generation_ = cache->device_->generation_;
    texture->format_ = pixelFormat;
    texture->width_ = width;
    texture->height_ = height;
    texture->usage_ = MTLTextureUsageShaderRead;
    texture->surface_ = memory.surface;
    texture->offset_ = memory.offset;
    texture->stride_ = memory.stride;
    cache->kept_.push_back(texture);
    count(&tv::sim::GpuCounts::cached);
    count(&tv::sim::GpuCounts::picture_textures);
    *textureOut = reinterpret_cast<CVMetalTextureRef>(new PictureTexture(texture, sourceImage));
    return kCVReturnSuccess;
}

id<MTLTexture> CVMetalTextureGetTexture(CVMetalTextureRef image) {
    TV_SIM_CALL();
    return tv::sim::check<PictureTexture>(image, "CVMetalTextureGetTexture")->texture_;
}

void CVMetalTextureCacheFlush(CVMetalTextureCacheRef textureCache, CVOptionFlags options) {
    TV_SIM_CALL();
    expect(options == 0, "flush has no options");
    auto* cache = tv::sim::check<__CVMetalTextureCache>(textureCache, "CVMetalTextureCacheFlush");
    count(&tv::sim::GpuCounts::flushes);
    cache->forget();
}

// --- what tests set ----------------------------------------------------------------------------------------

namespace tv::sim {

void set_gpus(std::vector<GpuDevice> devices) {
    const std::lock_guard lock(machine().mutex);
    machine().devices = std::move(devices);
}
void hold_gpu(bool held) {
    const std::lock_guard lock(machine().mutex);
    machine().held = held;
    machine().changed.notify_all();
}
void drain_gpu() {
    std::unique_lock lock(machine().mutex);
    machine().changed.wait(lock, [] { return machine().committed.empty() && !machine().busy; });
}
void fail_gpu(unsigned skip, unsigned times, long code) {
    const std::lock_guard lock(machine().mutex);
    machine().fail_skip = skip;
    machine().fail_times = times;
    machine().fail_code = code;
}
void lose_gpus() {
    const std::lock_guard lock(machine().mutex);
    ++machine().generation;
}
void inject(GpuFault fault, unsigned times) {
    const std::lock_guard lock(machine().mutex);
    machine().fault = fault;
    machine().fault_times = times;
}
GpuCounts gpu_counts() {
    const std::lock_guard lock(machine().mutex);
    return machine().counts;
}
void reset_gpu() {
    const std::lock_guard lock(machine().mutex);
    machine().devices = {{}};
    const std::size_t cached = machine().counts.cached;
    machine().counts = {};
    machine().counts.cached = cached;
    machine().fault_times = machine().fail_skip = machine().fail_times = 0;
    machine().held = false;
    machine().changed.notify_all();
}

namespace {
[[maybe_unused]] const bool started = [] {
    std::thread(gpu_thread).detach();
    return true;
}();
} // namespace

} // namespace tv::sim
