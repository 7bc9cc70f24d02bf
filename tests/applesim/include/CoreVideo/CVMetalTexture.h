// As far as Tunnelview uses it: declarations only, written from the fact tables (tests/applesim/facts).
#pragma once

#include <CoreVideo/CoreVideo.h>

#if defined(__OBJC__)
#include <Metal/Metal.h>

typedef CVImageBufferRef CVMetalTextureRef;

extern "C" {
// Borrowed: lives as long as the CVMetalTexture.
id<MTLTexture> CVMetalTextureGetTexture(CVMetalTextureRef image);
}
#endif
