// Decoded pictures to the pixels of a buffer: BT.601, limited range, whatever the stream says of itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "video/decoder.h"

namespace tv::video {

// DRM's names: little-endian words, the first letter in the highest bits. X bits are written as ones.
enum class PixelFormat : std::uint8_t { Xrgb8888, Xbgr8888, Rgb565, Bgr565, Xrgb2101010, Xbgr2101010 };
inline constexpr unsigned kPixelFormatCount = 6;

// nullopt: no format that pictures can be converted to.
[[nodiscard]] std::optional<PixelFormat> pixel_format_from_drm(std::uint32_t fourcc);
[[nodiscard]] std::size_t bytes_per_pixel(PixelFormat format);

// Where a picture goes. Rows may be padded; the padding is not touched.
struct PixelTarget {
    MutableBytes pixels{};
    std::size_t stride = 0; // bytes from row to row
    Size size{};            // the picture's top left part of this size is converted
    PixelFormat format = PixelFormat::Xrgb8888;
    bool bottom_up = false; // the first row in memory is the lowest
};

// Rows of the target, counted from the picture's top.
struct RowRange {
    std::uint32_t begin = 0;
    std::uint32_t end = UINT32_MAX; // cut to the target's height
};

// Several threads may convert different rows of one picture. Fails, having written nothing, when the picture
// is smaller than the target or either does not fill its memory.
[[nodiscard]] Status convert(const Picture& picture, const PixelTarget& target, RowRange rows = {});

} // namespace tv::video
