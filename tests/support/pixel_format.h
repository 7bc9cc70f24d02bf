// Single-plane pixel formats of tests: how pixels go into them and what they look like. Written apart from
// the product's own table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tv::test {

// A little-endian word per pixel.
struct PixelFormat {
    enum class Kind { Unsigned, HalfFloat };
    struct Channel {
        unsigned shift = 0;
        unsigned bits = 0; // 0: the format has not got it
    };
    std::string_view name; // the four characters of its DRM code
    std::size_t bytes = 0;
    Channel red, green, blue, alpha;
    Kind kind = Kind::Unsigned;

    [[nodiscard]] std::uint32_t fourcc() const;
    [[nodiscard]] bool has_alpha() const { return alpha.bits != 0; }
    // 0xAARRGGBB; what the format has not got is opaque alpha or black.
    void pack(std::uint32_t argb, std::byte* pixel) const;
    [[nodiscard]] std::uint32_t unpack(const std::byte* pixel) const;
};

[[nodiscard]] std::span<const PixelFormat> pixel_formats();
[[nodiscard]] const PixelFormat* find_pixel_format(std::string_view name);
[[nodiscard]] const PixelFormat* find_pixel_format(std::uint32_t fourcc);

[[nodiscard]] std::uint32_t fourcc_of(std::string_view name);
[[nodiscard]] std::string fourcc_name(std::uint32_t fourcc);

// wl_shm has numbers of its own for ARGB8888 and XRGB8888.
[[nodiscard]] std::uint32_t shm_from_fourcc(std::uint32_t fourcc);
[[nodiscard]] std::uint32_t fourcc_from_shm(std::uint32_t shm_format);

} // namespace tv::test
