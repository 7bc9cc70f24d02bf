#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "calls.h"
#include "cf.h"
#include "iosurface.h"
#include "media.h"
#include "picture.h"
#include "random.h"

using tv::sim::check;
using tv::sim::violation;

const tv::sim::TypeInfo __CVBuffer::kType{"CVPixelBuffer"};

const CFStringRef kCVPixelBufferPixelFormatTypeKey =
    tv::sim::constant_string("kCVPixelBufferPixelFormatTypeKey");
const CFStringRef kCVPixelBufferIOSurfacePropertiesKey =
    tv::sim::constant_string("kCVPixelBufferIOSurfacePropertiesKey");
const CFStringRef kCVPixelBufferMetalCompatibilityKey =
    tv::sim::constant_string("kCVPixelBufferMetalCompatibilityKey");

namespace tv::sim {
namespace {
constexpr int kRow = 4096; // any; the planes have their own
} // namespace

Pixels::Pixels(std::size_t size) : size_((size + kRow - 1) / kRow * kRow) {
    const CFStringRef keys[] = {kIOSurfaceWidth, kIOSurfaceHeight, kIOSurfaceBytesPerElement};
    const int values[] = {kRow, static_cast<int>(size_ / kRow), 1};
    CFMutableDictionaryRef wanted = CFDictionaryCreateMutable(nullptr, 0, &kCFTypeDictionaryKeyCallBacks,
                                                              &kCFTypeDictionaryValueCallBacks);
    for (int i = 0; i < 3; ++i) {
        CFNumberRef number = CFNumberCreate(nullptr, kCFNumberSInt32Type, &values[i]);
        CFDictionarySetValue(wanted, keys[i], number);
        CFRelease(number);
    }
    surface_ = IOSurfaceCreate(wanted);
    CFRelease(wanted);
    if (surface_ == nullptr) violation("no surface for a picture");
    own_ = static_cast<std::uint8_t*>(gpu_begin(surface_));
    gpu_end(surface_, false);
}
Pixels::~Pixels() {
    CFRelease(surface_);
}
void Pixels::poison() {
    std::memset(own_, 0xaa, size_);
}

std::shared_ptr<Pixels> PixelPool::take(std::size_t size) {
    {
        const std::lock_guard guard(lock_);
        const auto fits =
            std::find_if(free_.begin(), free_.end(), [&](const auto& p) { return p->size() >= size; });
        if (fits != free_.end()) {
            auto pixels = std::move(*fits);
            free_.erase(fits);
            return pixels;
        }
        ++allocated_;
    }
    return std::make_shared<Pixels>(size);
}
void PixelPool::give_back(std::shared_ptr<Pixels> pixels) {
    pixels->poison();
    const std::lock_guard guard(lock_);
    free_.push_back(std::move(pixels));
}

std::size_t PixelPool::in_use() {
    const std::lock_guard guard(lock_);
    return allocated_ - free_.size();
}

__CVBuffer* make_nv12(std::shared_ptr<PixelPool> pool, OSType format, std::size_t width, std::size_t height) {
    auto* buffer = new __CVBuffer;
    buffer->format = format;
    buffer->width = width;
    buffer->height = height;
    buffer->clean = {{0, 0}, {static_cast<double>(width), static_cast<double>(height)}};
    const auto padded = [](std::size_t bytes) { return (bytes + 63) / 64 * 64 + 64 * draw(3); };
    const PlaneGeometry luma{width, height, 64 * draw(4), padded(width), 1};
    const std::size_t behind = luma.offset + luma.stride * height + 64 * draw(4);
    const PlaneGeometry chroma{(width + 1) / 2, (height + 1) / 2, behind, padded((width + 1) / 2 * 2), 2};
    buffer->planes = {luma, chroma};
    buffer->pixels = pool->take(chroma.offset + chroma.stride * chroma.height);
    buffer->pool = std::move(pool);
    add_use(buffer->pixels->surface()); // the wrapper's, for as long as it lives
    return buffer;
}

PlaneMemory picture_plane(CVPixelBufferRef picture, std::size_t index) {
    const auto* buffer = check<__CVBuffer>(picture, "CVMetalTextureCacheCreateTextureFromImage");
    if (index >= buffer->planes.size() || !buffer->metal_mappable) return {};
    const PlaneGeometry& geometry = buffer->planes[index];
    return {buffer->pixels->surface(), geometry.offset, geometry.stride, geometry.width, geometry.height};
}

} // namespace tv::sim

void __CVBuffer::dispose() {
    if (!locks.empty()) violation("the last release of a pixel buffer that is still locked", this);
    if (pixels) tv::sim::remove_use(pixels->surface());
    if (pool && pixels) pool->give_back(std::move(pixels));
    pixels.reset();
    pool.reset();
}

namespace {

IOSurfaceLockOptions surface_options(CVPixelBufferLockFlags flags) {
    return (flags & kCVPixelBufferLock_ReadOnly) != 0 ? kIOSurfaceLockReadOnly : IOSurfaceLockOptions{};
}

const tv::sim::PlaneGeometry& plane(const __CVBuffer* buffer, std::size_t index) {
    if (index >= buffer->planes.size()) violation("a plane that the pixel buffer does not have", buffer);
    return buffer->planes[index];
}

} // namespace

extern "C" {

CVReturn CVPixelBufferCreate(CFAllocatorRef /*allocator*/, size_t width, size_t height,
                             OSType pixelFormatType, CFDictionaryRef pixelBufferAttributes,
                             CVPixelBufferRef* pixelBufferOut) {
    TV_SIM_CALL();
    if (pixelBufferOut == nullptr) return kCVReturnInvalidArgument;
    *pixelBufferOut = nullptr;
    if (width == 0 || height == 0) return kCVReturnInvalidArgument;
    if (pixelFormatType != kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange)
        violation("a pixel buffer of a format that nobody here asks for");
    auto* buffer = tv::sim::make_nv12(std::make_shared<tv::sim::PixelPool>(), pixelFormatType, width, height);
    buffer->written_by_decoder = false;
    buffer->metal_mappable =
        tv::sim::boolean_of(pixelBufferAttributes, kCVPixelBufferMetalCompatibilityKey, __func__)
            .value_or(false);
    buffer->in_surface =
        pixelBufferAttributes != nullptr &&
        check<__CFDictionary>(pixelBufferAttributes, __func__)->get(kCVPixelBufferIOSurfacePropertiesKey) !=
            nullptr;
    *pixelBufferOut = buffer;
    return kCVReturnSuccess;
}
CVPixelBufferRef CVPixelBufferRetain(CVPixelBufferRef texture) {
    TV_SIM_CALL();
    if (texture != nullptr) tv::sim::retain(check<__CVBuffer>(texture, __func__), __func__);
    return texture;
}
void CVPixelBufferRelease(CVPixelBufferRef texture) {
    TV_SIM_CALL();
    if (texture != nullptr) tv::sim::release(texture, __func__);
}
CVReturn CVPixelBufferLockBaseAddress(CVPixelBufferRef pixelBuffer, CVPixelBufferLockFlags lockFlags) {
    TV_SIM_CALL();
    auto* buffer = check<__CVBuffer>(pixelBuffer, __func__);
    if (buffer->planes.empty()) return kCVReturnError; // compressed formats have no address
    const bool read_only = (lockFlags & kCVPixelBufferLock_ReadOnly) != 0;
    if (!read_only && buffer->written_by_decoder) {
        violation("a picture that the decoder may still refer to is locked for writing", buffer);
    }
    const std::lock_guard guard(buffer->lock);
    buffer->locks.push_back(lockFlags);
    return IOSurfaceLock(buffer->pixels->surface(), surface_options(lockFlags), nullptr);
}
CVReturn CVPixelBufferUnlockBaseAddress(CVPixelBufferRef pixelBuffer, CVPixelBufferLockFlags unlockFlags) {
    TV_SIM_CALL();
    auto* buffer = check<__CVBuffer>(pixelBuffer, __func__);
    const std::lock_guard guard(buffer->lock);
    const auto found = std::find(buffer->locks.begin(), buffer->locks.end(), unlockFlags);
    if (found == buffer->locks.end()) violation("a pixel buffer is unlocked that was not locked so", buffer);
    buffer->locks.erase(found);
    return IOSurfaceUnlock(buffer->pixels->surface(), surface_options(unlockFlags), nullptr);
}
IOSurfaceRef CVPixelBufferGetIOSurface(CVPixelBufferRef pixelBuffer) {
    TV_SIM_CALL();
    const auto* buffer = check<__CVBuffer>(pixelBuffer, __func__);
    return buffer->in_surface ? buffer->pixels->surface() : nullptr;
}
size_t CVPixelBufferGetWidth(CVPixelBufferRef pixelBuffer) {
    TV_SIM_CALL();
    return check<__CVBuffer>(pixelBuffer, __func__)->width;
}
size_t CVPixelBufferGetHeight(CVPixelBufferRef pixelBuffer) {
    TV_SIM_CALL();
    return check<__CVBuffer>(pixelBuffer, __func__)->height;
}
OSType CVPixelBufferGetPixelFormatType(CVPixelBufferRef pixelBuffer) {
    TV_SIM_CALL();
    return check<__CVBuffer>(pixelBuffer, __func__)->format;
}
size_t CVPixelBufferGetPlaneCount(CVPixelBufferRef pixelBuffer) {
    TV_SIM_CALL();
    return check<__CVBuffer>(pixelBuffer, __func__)->planes.size();
}
size_t CVPixelBufferGetWidthOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex) {
    TV_SIM_CALL();
    return plane(check<__CVBuffer>(pixelBuffer, __func__), planeIndex).width;
}
size_t CVPixelBufferGetHeightOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex) {
    TV_SIM_CALL();
    return plane(check<__CVBuffer>(pixelBuffer, __func__), planeIndex).height;
}
void* CVPixelBufferGetBaseAddressOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex) {
    TV_SIM_CALL();
    auto* buffer = check<__CVBuffer>(pixelBuffer, __func__);
    const std::lock_guard guard(buffer->lock);
    const auto& geometry = plane(buffer, planeIndex);
    if (buffer->locks.empty()) return nullptr;
    return static_cast<std::uint8_t*>(IOSurfaceGetBaseAddress(buffer->pixels->surface())) + geometry.offset;
}
size_t CVPixelBufferGetBytesPerRowOfPlane(CVPixelBufferRef pixelBuffer, size_t planeIndex) {
    TV_SIM_CALL();
    return plane(check<__CVBuffer>(pixelBuffer, __func__), planeIndex).stride;
}
CGRect CVImageBufferGetCleanRect(CVImageBufferRef imageBuffer) {
    TV_SIM_CALL();
    return check<__CVBuffer>(imageBuffer, __func__)->clean;
}

} // extern "C"
