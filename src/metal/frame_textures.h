// A host's Metal textures of decoded pictures. Plain C++; what is behind it is Objective-C++.
#pragma once

#include <memory>

#include "base/result.h"

namespace tv::metal {

// id<MTLTexture>s, borrowed from `owner`, which keeps the picture's memory from being used again.
struct FrameTextures {
    void* luma = nullptr;   // R8Unorm
    void* chroma = nullptr; // RG8Unorm, Cb and Cr
    std::shared_ptr<const void> owner;
};

// One device's. Thread-safe. Its textures may outlive it.
class TextureMaker {
public:
    virtual ~TextureMaker() = default;
    // `picture`: a CVPixelBufferRef of NV12, held by the textures. Unsupported: the device makes none of it.
    [[nodiscard]] virtual Result<FrameTextures> make(void* picture) = 0;
};

// `device`: an id<MTLDevice>, retained. Unsupported: there is no Metal.
[[nodiscard]] Result<std::shared_ptr<TextureMaker>> make_texture_maker(void* device);

} // namespace tv::metal
