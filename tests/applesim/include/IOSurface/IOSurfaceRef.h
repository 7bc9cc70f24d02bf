// IOSurface as far as Tunnelview uses it: declarations only, written from the fact tables
// (tests/applesim/facts).
#pragma once

#include <CoreFoundation/CoreFoundation.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int kern_return_t;
typedef struct __IOSurface* IOSurfaceRef; // NOLINT(bugprone-reserved-identifier): Apple's tag name
typedef uint32_t IOSurfaceID;

typedef enum IOSurfaceLockOptions : uint32_t {
    kIOSurfaceLockReadOnly = 0x00000001,
} IOSurfaceLockOptions;

extern const CFStringRef kIOSurfaceWidth;
extern const CFStringRef kIOSurfaceHeight;
extern const CFStringRef kIOSurfaceBytesPerElement;
extern const CFStringRef kIOSurfaceBytesPerRow;
extern const CFStringRef kIOSurfacePixelFormat;
extern const CFStringRef kIOSurfaceIsGlobal;

IOSurfaceRef IOSurfaceCreate(CFDictionaryRef properties);
IOSurfaceRef IOSurfaceLookup(IOSurfaceID csid);
IOSurfaceID IOSurfaceGetID(IOSurfaceRef buffer);
kern_return_t IOSurfaceLock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t* seed);
kern_return_t IOSurfaceUnlock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t* seed);
size_t IOSurfaceGetAllocSize(IOSurfaceRef buffer);
size_t IOSurfaceGetWidth(IOSurfaceRef buffer);
size_t IOSurfaceGetHeight(IOSurfaceRef buffer);
size_t IOSurfaceGetBytesPerRow(IOSurfaceRef buffer);
void* IOSurfaceGetBaseAddress(IOSurfaceRef buffer);
OSType IOSurfaceGetPixelFormat(IOSurfaceRef buffer);
size_t IOSurfaceGetPlaneCount(IOSurfaceRef buffer);
Boolean IOSurfaceIsInUse(IOSurfaceRef buffer);
size_t IOSurfaceAlignProperty(CFStringRef property, size_t value);

#ifdef __cplusplus
}
#endif
