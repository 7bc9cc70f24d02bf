// A VideoToolbox picture's pixels for the CPU.
#pragma once

#include <CoreVideo/CoreVideo.h>

#include <span>
#include <utility>

#include "video/decoder.h"

namespace tv::video {

// Locked for as long as this lives; the picture outlives it. Any thread.
class LockedPicture {
public:
    // `picture.native` is set.
    static Result<LockedPicture> lock(const Picture& picture) {
        auto* pixels = static_cast<CVPixelBufferRef>(picture.native);
        if (CVPixelBufferGetPlaneCount(pixels) != 2)
            return fail(ErrorCategory::Unsupported, "a decoded picture does not have two planes");
        if (const CVReturn failure = CVPixelBufferLockBaseAddress(pixels, kCVPixelBufferLock_ReadOnly);
            failure != kCVReturnSuccess)
            return fail(ErrorCategory::Io, "a decoded picture cannot be locked", failure);
        return LockedPicture(picture, pixels);
    }
    LockedPicture(LockedPicture&& other) noexcept
        : picture_(std::move(other.picture_)), pixels_(std::exchange(other.pixels_, nullptr)) {}
    LockedPicture& operator=(LockedPicture&&) = delete;
    LockedPicture(const LockedPicture&) = delete;
    LockedPicture& operator=(const LockedPicture&) = delete;
    ~LockedPicture() {
        if (pixels_ != nullptr) CVPixelBufferUnlockBaseAddress(pixels_, kCVPixelBufferLock_ReadOnly);
    }

    // The same with planes.
    [[nodiscard]] const Picture& picture() const { return picture_; }

private:
    LockedPicture(const Picture& picture, CVPixelBufferRef pixels) : picture_(picture), pixels_(pixels) {
        picture_.layout = PixelLayout::Nv12;
        picture_.planes = {plane(0), plane(1), Plane{}};
    }
    [[nodiscard]] Plane plane(std::size_t index) const {
        const auto* bytes = static_cast<const std::byte*>(CVPixelBufferGetBaseAddressOfPlane(pixels_, index));
        const std::size_t stride = CVPixelBufferGetBytesPerRowOfPlane(pixels_, index);
        return {
            std::span(bytes, bytes == nullptr ? 0 : stride * CVPixelBufferGetHeightOfPlane(pixels_, index)),
            stride};
    }

    Picture picture_;
    CVPixelBufferRef pixels_;
};

} // namespace tv::video
