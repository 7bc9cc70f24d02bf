// As far as Tunnelview uses it: declarations only, written from the fact tables (tests/applesim/facts).
#pragma once

#include <CoreVideo/CVMetalTexture.h>

#if defined(__OBJC__)
// NOLINTNEXTLINE(bugprone-reserved-identifier): Apple's tag name.
typedef struct __CVMetalTextureCache* CVMetalTextureCacheRef;
typedef unsigned long long CVOptionFlags;

extern "C" {
CVReturn CVMetalTextureCacheCreate(CFAllocatorRef allocator, CFDictionaryRef cacheAttributes,
                                   id<MTLDevice> metalDevice, CFDictionaryRef textureAttributes,
                                   CVMetalTextureCacheRef* cacheOut);
CVReturn CVMetalTextureCacheCreateTextureFromImage(CFAllocatorRef allocator,
                                                   CVMetalTextureCacheRef textureCache,
                                                   CVImageBufferRef sourceImage,
                                                   CFDictionaryRef textureAttributes,
                                                   MTLPixelFormat pixelFormat, size_t width, size_t height,
                                                   size_t planeIndex, CVMetalTextureRef* textureOut);
void CVMetalTextureCacheFlush(CVMetalTextureCacheRef textureCache, CVOptionFlags options);
}
#endif
