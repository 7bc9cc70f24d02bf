#include "picture.h"

#include <cstring>

#include <fmt/format.h>
#include <png.h>
#include <zlib.h>

#include "support/pixel_format.h"

namespace tv::test {

std::size_t pixel_bytes(std::uint32_t shm_format) {
    const PixelFormat* known = find_pixel_format(fourcc_from_shm(shm_format));
    return known == nullptr ? 4 : known->bytes;
}

std::uint32_t Picture::argb(int x, int y) const {
    const PixelFormat* known = find_pixel_format(fourcc_from_shm(format));
    if (known == nullptr) return 0xff000000U;
    return known->unpack(pixels.data() + static_cast<std::size_t>(y) * row_bytes() +
                         static_cast<std::size_t>(x) * known->bytes);
}

bool Picture::blank() const {
    const std::size_t size = pixel_bytes(format);
    for (std::size_t at = size; at + size <= pixels.size(); at += size) {
        if (std::memcmp(pixels.data(), pixels.data() + at, size) != 0) return false;
    }
    return true;
}

std::string format_name(std::uint32_t shm_format) {
    return fourcc_name(fourcc_from_shm(shm_format));
}

std::uint32_t crc32_of(const std::byte* bytes, std::size_t size, std::uint32_t start) {
    return static_cast<std::uint32_t>(crc32_z(start, reinterpret_cast<const Bytef*>(bytes), size));
}

bool write_png(const Picture& picture, const std::string& path) {
    if (picture.width <= 0 || picture.height <= 0) return false;
    std::vector<png_byte> rows;
    rows.reserve(picture.pixels.size());
    for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x) {
            const std::uint32_t pixel = picture.argb(x, y);
            const std::uint32_t alpha = pixel >> 24;
            // PNG's alpha is not premultiplied.
            const auto straight = [alpha](std::uint32_t channel) {
                if (alpha == 0) return png_byte{0};
                const std::uint32_t value = (channel * 255 + alpha / 2) / alpha;
                return static_cast<png_byte>(value > 255 ? 255 : value);
            };
            rows.push_back(straight((pixel >> 16) & 0xff));
            rows.push_back(straight((pixel >> 8) & 0xff));
            rows.push_back(straight(pixel & 0xff));
            rows.push_back(static_cast<png_byte>(alpha));
        }
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(picture.width);
    image.height = static_cast<png_uint_32>(picture.height);
    image.format = PNG_FORMAT_RGBA;
    return png_image_write_to_file(&image, path.c_str(), 0, rows.data(), 0, nullptr) != 0;
}

std::uint32_t blend(std::uint32_t below, std::uint32_t above) {
    const std::uint32_t through = 255 - (above >> 24);
    if (through == 0) return above;
    std::uint32_t result = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const std::uint32_t sum =
            ((above >> shift) & 0xff) + (((below >> shift) & 0xff) * through + 127) / 255;
        result |= (sum > 255 ? 255 : sum) << shift;
    }
    return result;
}

} // namespace tv::test
