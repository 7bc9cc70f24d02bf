#include "proxy/image_format.h"

#include <algorithm>
#include <array>

#include "base/limits.h"

namespace tv::proxy {
namespace {

struct Format {
    std::uint32_t code;
    std::uint32_t bytes;
};

// What both kinds of peers know a single number of bytes per pixel for.
constexpr Format kFormats[] = {
    {fourcc("AR24"), 4}, {fourcc("XR24"), 4}, {fourcc("AB24"), 4}, {fourcc("XB24"), 4}, {fourcc("RA24"), 4},
    {fourcc("RX24"), 4}, {fourcc("BA24"), 4}, {fourcc("BX24"), 4}, {fourcc("AR30"), 4}, {fourcc("XR30"), 4},
    {fourcc("AB30"), 4}, {fourcc("XB30"), 4}, {fourcc("RA30"), 4}, {fourcc("RX30"), 4}, {fourcc("BA30"), 4},
    {fourcc("BX30"), 4}, {fourcc("GR32"), 4}, {fourcc("RG32"), 4}, {fourcc("AR4H"), 8}, {fourcc("XR4H"), 8},
    {fourcc("AB4H"), 8}, {fourcc("XB4H"), 8}, {fourcc("AB48"), 8}, {fourcc("XB48"), 8}, {fourcc("RG24"), 3},
    {fourcc("BG24"), 3}, {fourcc("RG16"), 2}, {fourcc("BG16"), 2}, {fourcc("GR88"), 2}, {fourcc("RG88"), 2},
    {fourcc("R16 "), 2}, {fourcc("AR12"), 2}, {fourcc("XR12"), 2}, {fourcc("AB12"), 2}, {fourcc("XB12"), 2},
    {fourcc("RA12"), 2}, {fourcc("RX12"), 2}, {fourcc("BA12"), 2}, {fourcc("BX12"), 2}, {fourcc("AR15"), 2},
    {fourcc("XR15"), 2}, {fourcc("AB15"), 2}, {fourcc("XB15"), 2}, {fourcc("RA15"), 2}, {fourcc("RX15"), 2},
    {fourcc("BA15"), 2}, {fourcc("BX15"), 2}, {fourcc("R8  "), 1}, {fourcc("C8  "), 1}, {fourcc("RGB8"), 1},
};

constexpr std::uint32_t kShmArgb8888 = 0;
constexpr std::uint32_t kShmXrgb8888 = 1;

// Renderers read rows as words (pixman refuses other strides).
constexpr std::size_t kStrideAlignment = 4;

} // namespace

std::optional<std::uint32_t> bytes_per_pixel(std::uint32_t drm_format) {
    auto found = std::ranges::find(kFormats, drm_format, &Format::code);
    if (found == std::end(kFormats)) return std::nullopt;
    return found->bytes;
}

std::uint32_t drm_from_shm(std::uint32_t shm_format) {
    if (shm_format == kShmArgb8888) return kArgb8888;
    return shm_format == kShmXrgb8888 ? kXrgb8888 : shm_format;
}

std::uint32_t shm_from_drm(std::uint32_t drm_format) {
    if (drm_format == kArgb8888) return kShmArgb8888;
    return drm_format == kXrgb8888 ? kShmXrgb8888 : drm_format;
}

Result<mirror::ImageLayout> image_layout(const msg::Slice& slice) {
    if (slice.width == 0 || slice.height == 0)
        return fail(ErrorCategory::PeerViolation, "image without pixels");
    if (slice.width > limits::kMaxImageSide || slice.height > limits::kMaxImageSide)
        return fail(ErrorCategory::Limit, "width or height of an image (kMaxImageSide)",
                    std::max(slice.width, slice.height));
    mirror::ImageLayout layout;
    layout.width = slice.width;
    layout.height = slice.height;
    layout.format = slice.format;
    layout.view_stride = slice.strides[0];
    auto bytes = bytes_per_pixel(slice.format);
    layout.row_bytes = bytes ? std::size_t{slice.width} * *bytes : layout.view_stride;
    if (layout.view_stride == 0 || layout.view_stride < layout.row_bytes)
        return fail(ErrorCategory::PeerViolation, "image whose rows are shorter than its pixels",
                    slice.strides[0]);
    bool aligned = layout.view_stride % kStrideAlignment == 0;
    layout.file_stride =
        aligned ? layout.view_stride
                : (layout.row_bytes + kStrideAlignment - 1) / kStrideAlignment * kStrideAlignment;
    return layout;
}

} // namespace tv::proxy
