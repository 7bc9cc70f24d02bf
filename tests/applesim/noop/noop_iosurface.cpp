// IOSurface doing nothing: one surface of 1080p, whose memory nobody looks at.
#include "noop.h"

#include <IOSurface/IOSurfaceRef.h>

#include <vector>

namespace {

using tv::noop::object;

constexpr std::size_t kWidth = 1920, kHeight = 1080, kStride = kWidth * 4;
std::vector<char> g_pixels(kStride* kHeight);

const CFStringRef kAnyKey = object<CFStringRef>();

} // namespace

const CFAllocatorRef kCFAllocatorDefault = nullptr;
const CFStringRef kIOSurfaceWidth = kAnyKey;
const CFStringRef kIOSurfaceHeight = kAnyKey;
const CFStringRef kIOSurfaceBytesPerElement = kAnyKey;
const CFStringRef kIOSurfaceBytesPerRow = kAnyKey;
const CFStringRef kIOSurfacePixelFormat = kAnyKey;
const CFStringRef kIOSurfaceIsGlobal = kAnyKey;

extern "C" {

IOSurfaceRef IOSurfaceCreate(CFDictionaryRef) {
    COUNTED();
    return object<IOSurfaceRef>();
}
IOSurfaceRef IOSurfaceLookup(IOSurfaceID) {
    COUNTED();
    return object<IOSurfaceRef>();
}
IOSurfaceID IOSurfaceGetID(IOSurfaceRef) {
    COUNTED();
    return 1;
}
kern_return_t IOSurfaceLock(IOSurfaceRef, IOSurfaceLockOptions, uint32_t*) {
    COUNTED();
    return 0;
}
kern_return_t IOSurfaceUnlock(IOSurfaceRef, IOSurfaceLockOptions, uint32_t*) {
    COUNTED();
    return 0;
}
size_t IOSurfaceGetAllocSize(IOSurfaceRef) {
    COUNTED();
    return g_pixels.size();
}
size_t IOSurfaceGetWidth(IOSurfaceRef) {
    COUNTED();
    return kWidth;
}
size_t IOSurfaceGetHeight(IOSurfaceRef) {
    COUNTED();
    return kHeight;
}
size_t IOSurfaceGetBytesPerRow(IOSurfaceRef) {
    COUNTED();
    return kStride;
}
void* IOSurfaceGetBaseAddress(IOSurfaceRef) {
    COUNTED();
    return g_pixels.data();
}
OSType IOSurfaceGetPixelFormat(IOSurfaceRef) {
    COUNTED();
    return 0x42475241; // 'BGRA'
}
size_t IOSurfaceGetPlaneCount(IOSurfaceRef) {
    COUNTED();
    return 0;
}
Boolean IOSurfaceIsInUse(IOSurfaceRef) {
    COUNTED();
    return 0;
}
size_t IOSurfaceAlignProperty(CFStringRef, size_t value) {
    return value;
}

} // extern "C"
