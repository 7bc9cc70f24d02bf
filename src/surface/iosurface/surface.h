// One IOSurface of our own: what a Wayland buffer is made of on macOS.
//
// Plain C++ over IOSurface's C API. Included only from files that are built for Apple systems (and, in the
// tests, on the simulation).
#pragma once

#include <IOSurface/IOSurfaceRef.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/apple/cf_ref.h"
#include "surface/surface.h"

namespace tv::surface {

struct IOSurfaceOptions {
    // The compositor is another process, and finds surfaces by their IDs: then they have to be global.
    bool other_process = true;
    // Of the Metal device, for textures over linear memory (minimumLinearTextureAlignmentForPixelFormat:);
    // a power of two. Read whenever a surface is made: there is no device before the first video. nullptr: 1.
    std::shared_ptr<const std::atomic<std::size_t>> linear_alignment{};
};

// BGRA, exactly width x height, one plane, the first row on top. Made for us alone: never one of a decoder's
// pool, and never wrapped in a CVPixelBuffer, because the wrapper would count as a use.
class IOSurface final : public Surface {
public:
    // Checked before it is given out. Unsupported when the system makes none, or none that would pass.
    [[nodiscard]] static Result<std::shared_ptr<IOSurface>> create(std::uint32_t width, std::uint32_t height,
                                                                   const IOSurfaceOptions& options);

    // Borrowed, for Metal textures.
    [[nodiscard]] IOSurfaceRef ref() const { return ref_.get(); }
    [[nodiscard]] std::uint32_t width() const { return width_; }
    [[nodiscard]] std::uint32_t height() const { return height_; }
    [[nodiscard]] std::size_t byte_size() const { return stride_ * height_; }

    [[nodiscard]] std::uint32_t id() const override { return id_; }
    [[nodiscard]] std::size_t stride() const override { return stride_; }
    [[nodiscard]] Status check() const override;
    [[nodiscard]] bool in_use() const override;
    [[nodiscard]] Result<MutableBytes> begin_write() override;
    void end_write() override;

private:
    IOSurface(CfRef<IOSurfaceRef> ref, std::uint32_t width, std::uint32_t height);

    CfRef<IOSurfaceRef> ref_;
    std::uint32_t width_;
    std::uint32_t height_;
    std::uint32_t id_;
    std::size_t stride_;
};

} // namespace tv::surface
