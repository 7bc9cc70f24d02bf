// Pixels as a client drew them, and canvases that they are drawn onto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tv::test {

// wl_shm's format codes: 0 and 1, all others are fourcc codes.
inline constexpr std::uint32_t kArgb8888 = 0;
inline constexpr std::uint32_t kXrgb8888 = 1;

// Of wl_shm's formats; 4 where pixel_format.h does not know it.
[[nodiscard]] std::size_t pixel_bytes(std::uint32_t shm_format);

// Rows of `width` pixels without padding, byte for byte what the buffer held.
struct Picture {
    int width = 0;
    int height = 0;
    std::uint32_t format = kXrgb8888;
    std::vector<std::byte> pixels;
    std::uint32_t crc = 0; // CRC-32 (zlib's) of `pixels`

    [[nodiscard]] std::size_t row_bytes() const {
        return static_cast<std::size_t>(width) * pixel_bytes(format);
    }
    // A pixel as 0xAARRGGBB, alpha premultiplied; opaque where the format has no alpha.
    [[nodiscard]] std::uint32_t argb(int x, int y) const;
    // True when all pixels are equal, and of an empty picture.
    [[nodiscard]] bool blank() const;
};

// "AR24", "XR24", ...
[[nodiscard]] std::string format_name(std::uint32_t shm_format);
[[nodiscard]] std::uint32_t crc32_of(const std::byte* bytes, std::size_t size, std::uint32_t start = 0);
[[nodiscard]] bool write_png(const Picture& picture, const std::string& path);
// The source pixel over the canvas pixel, both premultiplied 0xAARRGGBB.
[[nodiscard]] std::uint32_t blend(std::uint32_t below, std::uint32_t above);

} // namespace tv::test
