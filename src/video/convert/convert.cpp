#include "video/convert/convert.h"

#include <algorithm>

#include "base/fourcc.h"
#include "video/convert/rows.h"

namespace tv::video {
namespace {

const std::uint8_t* row_of(const Plane& plane, std::size_t row) {
    return reinterpret_cast<const std::uint8_t*>(plane.bytes.data()) + row * plane.stride;
}

bool fills_its_memory(const PixelTarget& target) {
    const std::size_t row_bytes = target.size.width * bytes_per_pixel(target.format);
    if (row_bytes == 0 || target.size.height == 0 || target.stride < row_bytes) return false;
    return target.pixels.size() >= row_bytes &&
           (target.pixels.size() - row_bytes) / target.stride >= target.size.height - 1;
}

} // namespace

std::optional<PixelFormat> pixel_format_from_drm(std::uint32_t code) {
    switch (code) {
    case fourcc("XR24"):
        return PixelFormat::Xrgb8888;
    case fourcc("XB24"):
        return PixelFormat::Xbgr8888;
    case fourcc("RG16"):
        return PixelFormat::Rgb565;
    case fourcc("BG16"):
        return PixelFormat::Bgr565;
    case fourcc("XR30"):
        return PixelFormat::Xrgb2101010;
    case fourcc("XB30"):
        return PixelFormat::Xbgr2101010;
    default:
        return std::nullopt;
    }
}

std::size_t bytes_per_pixel(PixelFormat format) {
    return format == PixelFormat::Rgb565 || format == PixelFormat::Bgr565 ? 2 : 4;
}

Status convert(const Picture& picture, const PixelTarget& target, RowRange rows) {
    if (!planes_cover(picture)) return fail(ErrorCategory::Corrupted, "picture lacks samples");
    if (picture.size.width < target.size.width || picture.size.height < target.size.height)
        return fail(ErrorCategory::Corrupted, "picture is smaller than its buffer");
    if (!fills_its_memory(target)) return fail(ErrorCategory::Usage, "buffer does not fit its memory");
    const bool nv12 = picture.layout == PixelLayout::Nv12;
    const RowFunction function =
        (*row_functions())->by_format[nv12 ? 1 : 0][static_cast<std::size_t>(target.format)];
    auto* pixels = reinterpret_cast<std::uint8_t*>(target.pixels.data());
    for (std::uint32_t y = rows.begin; y < std::min(rows.end, target.size.height); ++y) {
        const RowSource source{row_of(picture.planes[0], y), row_of(picture.planes[1], y / 2),
                               nv12 ? nullptr : row_of(picture.planes[2], y / 2)};
        const std::size_t row = target.bottom_up ? target.size.height - 1 - y : y;
        function(source, pixels + row * target.stride, target.size.width);
    }
    return {};
}

} // namespace tv::video
