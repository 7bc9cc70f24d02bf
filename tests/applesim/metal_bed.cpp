#include "metal_bed.h"

#include <CoreVideo/CoreVideo.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "sim/calls.h"
#include "sim/cf.h"
#include "sim/iosurface.h"
#include "sim/object.h"
#include "sim/picture.h"
#include "video/convert/convert.h"

// The pixel buffers of these tests: as much of CoreVideo's as the conversion asks for.
// NOLINTBEGIN(bugprone-reserved-identifier)
struct __CVBuffer : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    explicit __CVBuffer(tv::video::Size s) : Object(kType), size(s) {
        stride = (size.width + 1) / 2 * 2 + 64;
        const std::size_t rows = size.height + (size.height + 1) / 2;
        const CFStringRef keys[] = {kIOSurfaceWidth, kIOSurfaceHeight, kIOSurfaceBytesPerElement};
        const int values[] = {static_cast<int>(stride), static_cast<int>(rows), 1};
        CFMutableDictionaryRef wanted = CFDictionaryCreateMutable(nullptr, 0, &kCFTypeDictionaryKeyCallBacks,
                                                                  &kCFTypeDictionaryValueCallBacks);
        for (int i = 0; i < 3; ++i) {
            CFNumberRef number = CFNumberCreate(nullptr, kCFNumberSInt32Type, &values[i]);
            CFDictionarySetValue(wanted, keys[i], number);
            CFRelease(number);
        }
        surface = IOSurfaceCreate(wanted);
        CFRelease(wanted);
        stride = IOSurfaceGetBytesPerRow(surface);
    }
    void dispose() override { CFRelease(surface); }
    tv::video::Size size;
    std::size_t stride = 0;
    IOSurfaceRef surface = nullptr;
    int locks = 0;
};
const tv::sim::TypeInfo __CVBuffer::kType{"CVPixelBuffer"};
// NOLINTEND(bugprone-reserved-identifier)

namespace {

__CVBuffer& checked(CVPixelBufferRef buffer) {
    return *tv::sim::check<__CVBuffer>(buffer, "CVPixelBuffer...");
}

} // namespace

tv::sim::PlaneMemory tv::sim::picture_plane(CVPixelBufferRef picture, std::size_t plane) {
    __CVBuffer& buffer = checked(picture);
    if (plane > 1) return {};
    if (plane == 0) return {buffer.surface, 0, buffer.stride, buffer.size.width, buffer.size.height};
    return {buffer.surface, buffer.stride * buffer.size.height, buffer.stride, (buffer.size.width + 1) / 2,
            (buffer.size.height + 1) / 2};
}

extern "C" {
size_t CVPixelBufferGetPlaneCount(CVPixelBufferRef buffer) {
    TV_SIM_CALL();
    return checked(buffer).locks >= 0 ? 2 : 0;
}
size_t CVPixelBufferGetWidthOfPlane(CVPixelBufferRef buffer, size_t plane) {
    TV_SIM_CALL();
    return tv::sim::picture_plane(buffer, plane).width;
}
size_t CVPixelBufferGetHeightOfPlane(CVPixelBufferRef buffer, size_t plane) {
    TV_SIM_CALL();
    return tv::sim::picture_plane(buffer, plane).height;
}
size_t CVPixelBufferGetBytesPerRowOfPlane(CVPixelBufferRef buffer, size_t plane) {
    TV_SIM_CALL();
    return tv::sim::picture_plane(buffer, plane).stride;
}
CVReturn CVPixelBufferLockBaseAddress(CVPixelBufferRef buffer, CVPixelBufferLockFlags flags) {
    TV_SIM_CALL();
    EXPECT_EQ(flags, kCVPixelBufferLock_ReadOnly);
    ++checked(buffer).locks;
    return IOSurfaceLock(checked(buffer).surface, kIOSurfaceLockReadOnly, nullptr);
}
CVReturn CVPixelBufferUnlockBaseAddress(CVPixelBufferRef buffer, CVPixelBufferLockFlags flags) {
    TV_SIM_CALL();
    EXPECT_EQ(flags, kCVPixelBufferLock_ReadOnly);
    --checked(buffer).locks;
    return IOSurfaceUnlock(checked(buffer).surface, kIOSurfaceLockReadOnly, nullptr);
}
void* CVPixelBufferGetBaseAddressOfPlane(CVPixelBufferRef buffer, size_t plane) {
    TV_SIM_CALL();
    if (checked(buffer).locks == 0) return nullptr;
    return static_cast<std::uint8_t*>(IOSurfaceGetBaseAddress(checked(buffer).surface)) +
           tv::sim::picture_plane(buffer, plane).offset;
}
}

namespace tv::test {
namespace {

constexpr IOSurfaceLockOptions kWrite{};

void poison(__CVBuffer& buffer) {
    IOSurfaceLock(buffer.surface, kWrite, nullptr);
    std::memset(IOSurfaceGetBaseAddress(buffer.surface), 0xee, IOSurfaceGetAllocSize(buffer.surface));
    IOSurfaceUnlock(buffer.surface, kWrite, nullptr);
}

} // namespace

PixelBuffer::PixelBuffer(video::Size size, unsigned seed) : size_(size), buffer_(new __CVBuffer(size)) {
    fill(seed);
}
PixelBuffer::PixelBuffer(video::Size size, unsigned seed, __CVBuffer* pooled) : size_(size), buffer_(pooled) {
    CFRetain(buffer_);
    fill(seed);
}
PixelBuffer::~PixelBuffer() {
    CFRelease(buffer_);
}

void PixelBuffer::fill(unsigned seed) {
    std::minstd_rand random(seed + 1);
    const std::size_t chroma_width = (size_.width + 1) / 2, chroma_height = (size_.height + 1) / 2;
    for (std::size_t i = 0; i < std::size_t{size_.width} * size_.height; ++i)
        luma_.push_back(static_cast<std::uint8_t>(random() >> 9));
    for (std::size_t i = 0; i < 2 * chroma_width * chroma_height; ++i)
        chroma_.push_back(static_cast<std::uint8_t>(random() >> 9));
    poison(*buffer_);
    IOSurfaceLock(buffer_->surface, kWrite, nullptr);
    auto* base = static_cast<std::uint8_t*>(IOSurfaceGetBaseAddress(buffer_->surface));
    for (std::size_t y = 0; y < size_.height; ++y)
        std::memcpy(base + y * buffer_->stride, &luma_[y * size_.width], size_.width);
    base += buffer_->stride * size_.height;
    for (std::size_t y = 0; y < chroma_height; ++y)
        std::memcpy(base + y * buffer_->stride, &chroma_[y * 2 * chroma_width], 2 * chroma_width);
    IOSurfaceUnlock(buffer_->surface, kWrite, nullptr);
}

video::Picture PixelBuffer::picture() const {
    video::Picture picture;
    picture.layout = video::PixelLayout::Nv12;
    picture.size = size_;
    CFRetain(buffer_);
    picture.owner = std::shared_ptr<const void>(buffer_, [](const void* buffer) { CFRelease(buffer); });
    picture.native = buffer_;
    return picture;
}

video::Picture PixelBuffer::planar() const {
    video::Picture picture;
    picture.layout = video::PixelLayout::Nv12;
    picture.size = size_;
    picture.planes[0] = {std::as_bytes(std::span(luma_)), size_.width};
    picture.planes[1] = {std::as_bytes(std::span(chroma_)), (size_.width + 1) / 2 * std::size_t{2}};
    return picture;
}

std::vector<std::uint8_t> PixelBuffer::expected(video::Size size, bool bottom_up) const {
    std::vector<std::uint8_t> pixels(std::size_t{4} * size.width * size.height);
    EXPECT_TRUE(
        video::convert(planar(), {std::as_writable_bytes(std::span(pixels)), std::size_t{4} * size.width,
                                  size, video::PixelFormat::Xrgb8888, bottom_up}));
    return pixels;
}

Pool::Pool(video::Size size) : size_(size), buffer_(new __CVBuffer(size)) {}
Pool::~Pool() {
    CFRelease(buffer_);
}
std::unique_ptr<PixelBuffer> Pool::take(unsigned seed) {
    return std::make_unique<PixelBuffer>(size_, seed, buffer_);
}
std::size_t Pool::poison_free() {
    if (CFGetRetainCount(buffer_) != 1) return 0;
    poison(*buffer_);
    return 1;
}

std::vector<std::uint8_t> shown(surface::IOSurface& surface) {
    std::vector<std::uint8_t> rows;
    IOSurfaceLock(surface.ref(), kIOSurfaceLockReadOnly, nullptr);
    const auto* base = static_cast<const std::uint8_t*>(IOSurfaceGetBaseAddress(surface.ref()));
    for (std::uint32_t y = 0; y < surface.height(); ++y)
        rows.insert(rows.end(), base + y * surface.stride(),
                    base + y * surface.stride() + std::size_t{4} * surface.width());
    IOSurfaceUnlock(surface.ref(), kIOSurfaceLockReadOnly, nullptr);
    return rows;
}

Status QueuedExecutor::post(video::Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    return {};
}
void QueuedExecutor::run() {
    for (;;) {
        video::Task task;
        {
            const std::lock_guard lock(mutex_);
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

Log KeptLog::log() {
    return {LogLevel::Info, [this](LogLevel, std::string_view line) {
                const std::lock_guard lock(mutex_);
                text_ += std::string(line) + "\n";
            }};
}

} // namespace tv::test
