#include "video/planes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/apple/cf_ref.h"
#include "video/videotoolbox/locked_picture.h"

namespace tv::video {
namespace {

// With a surface behind it, for Metal.
Result<CfRef<CVPixelBufferRef>> make_pixels(Size size) {
    const auto none = CfRef<CFDictionaryRef>::adopt(CFDictionaryCreate(kCFAllocatorDefault, nullptr, nullptr,
                                                                       0, &kCFTypeDictionaryKeyCallBacks,
                                                                       &kCFTypeDictionaryValueCallBacks));
    std::array<const void*, 2> keys = {kCVPixelBufferIOSurfacePropertiesKey,
                                       kCVPixelBufferMetalCompatibilityKey};
    std::array<const void*, 2> values = {none.get(), kCFBooleanTrue};
    const auto attributes = CfRef<CFDictionaryRef>::adopt(
        CFDictionaryCreate(kCFAllocatorDefault, keys.data(), values.data(), keys.size(),
                           &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
    CfRef<CVPixelBufferRef> pixels;
    if (const CVReturn failure = CVPixelBufferCreate(kCFAllocatorDefault, size.width, size.height,
                                                     kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
                                                     attributes.get(), pixels.out());
        failure != kCVReturnSuccess) {
        (void)pixels.release(); // what a failure leaves there is nobody's
        return fail(ErrorCategory::Io, "the system makes no pixel buffer", failure);
    }
    return pixels;
}

struct Rows {
    std::byte* first;
    std::size_t stride;
};
// Where so many rows of so many bytes can be written.
Result<Rows> rows_of(CVPixelBufferRef pixels, std::size_t plane, std::size_t bytes, std::size_t rows) {
    const Rows found{static_cast<std::byte*>(CVPixelBufferGetBaseAddressOfPlane(pixels, plane)),
                     CVPixelBufferGetBytesPerRowOfPlane(pixels, plane)};
    if (found.first == nullptr || found.stride < bytes || CVPixelBufferGetHeightOfPlane(pixels, plane) < rows)
        return fail(ErrorCategory::Unsupported, "the system made a pixel buffer that is too small");
    return found;
}

void copy_rows(const Plane& plane, std::size_t bytes, std::size_t rows, Rows to) {
    for (std::size_t row = 0; row < rows; ++row)
        std::memcpy(to.first + row * to.stride, plane.bytes.data() + row * plane.stride, bytes);
}

void interleave_rows(const Plane& blue, const Plane& red, std::size_t samples, std::size_t rows, Rows to) {
    for (std::size_t row = 0; row < rows; ++row) {
        const std::byte* b = blue.bytes.data() + row * blue.stride;
        const std::byte* r = red.bytes.data() + row * red.stride;
        std::byte* out = to.first + row * to.stride;
        for (std::size_t at = 0; at < samples; ++at) {
            out[2 * at] = b[at];
            out[2 * at + 1] = r[at];
        }
    }
}

Status write_locked(const Picture& planar, CVPixelBufferRef pixels) {
    const std::size_t samples = (planar.size.width + 1) / 2, rows = (planar.size.height + 1) / 2;
    TV_ASSIGN(const Rows luma, rows_of(pixels, 0, planar.size.width, planar.size.height));
    TV_ASSIGN(const Rows chroma, rows_of(pixels, 1, 2 * samples, rows));
    copy_rows(planar.planes[0], planar.size.width, planar.size.height, luma);
    if (planar.layout == PixelLayout::Nv12)
        copy_rows(planar.planes[1], 2 * samples, rows, chroma);
    else
        interleave_rows(planar.planes[1], planar.planes[2], samples, rows, chroma);
    return {};
}

Status write_pixels(const Picture& planar, CVPixelBufferRef pixels) {
    constexpr CVPixelBufferLockFlags kReadAndWrite = 0;
    if (const CVReturn failure = CVPixelBufferLockBaseAddress(pixels, kReadAndWrite);
        failure != kCVReturnSuccess)
        return fail(ErrorCategory::Io, "a pixel buffer cannot be locked", failure);
    Status written = write_locked(planar, pixels);
    (void)CVPixelBufferUnlockBaseAddress(pixels, kReadAndWrite);
    return written;
}

} // namespace

Status with_planes(const Picture& picture, const std::function<Status(const Picture&)>& use) {
    if (picture.native == nullptr) {
        if (!planes_cover(picture)) return fail(ErrorCategory::Unsupported, "a picture without planes");
        return use(picture);
    }
    TV_ASSIGN(const LockedPicture locked, LockedPicture::lock(picture));
    if (!planes_cover(locked.picture())) return fail(ErrorCategory::Io, "a picture is smaller than it says");
    return use(locked.picture());
}

Result<Picture> copy_picture(const Picture& picture) {
    TV_ASSIGN(CfRef<CVPixelBufferRef> pixels, make_pixels(picture.size));
    TV_TRY(with_planes(picture, [&](const Picture& planar) { return write_pixels(planar, pixels.get()); }));
    Picture copy;
    copy.layout = PixelLayout::Nv12;
    copy.size = picture.size;
    copy.native = pixels.get();
    copy.owner = std::shared_ptr<const void>(pixels.release(), [](const void* image) {
        CVPixelBufferRelease(static_cast<CVPixelBufferRef>(const_cast<void*>(image)));
    });
    return copy;
}

bool has_system_form(const Picture& picture) {
    return picture.native != nullptr;
}

} // namespace tv::video
