#include "support/pixel_format.h"

#include <algorithm>
#include <cmath>

namespace tv::test {

namespace {

constexpr PixelFormat kFormats[] = {
    // name, bytes, red, green, blue, alpha
    {"AR24", 4, {16, 8}, {8, 8}, {0, 8}, {24, 8}},
    {"XR24", 4, {16, 8}, {8, 8}, {0, 8}, {}},
    {"AB24", 4, {0, 8}, {8, 8}, {16, 8}, {24, 8}},
    {"XB24", 4, {0, 8}, {8, 8}, {16, 8}, {}},
    {"AR30", 4, {20, 10}, {10, 10}, {0, 10}, {30, 2}},
    {"XR30", 4, {20, 10}, {10, 10}, {0, 10}, {}},
    {"AB30", 4, {0, 10}, {10, 10}, {20, 10}, {30, 2}},
    {"XB30", 4, {0, 10}, {10, 10}, {20, 10}, {}},
    {"RG24", 3, {16, 8}, {8, 8}, {0, 8}, {}},
    {"BG24", 3, {0, 8}, {8, 8}, {16, 8}, {}},
    {"RG16", 2, {11, 5}, {5, 6}, {0, 5}, {}},
    {"BG16", 2, {0, 5}, {5, 6}, {11, 5}, {}},
    {"AR15", 2, {10, 5}, {5, 5}, {0, 5}, {15, 1}},
    {"R8  ", 1, {0, 8}, {}, {}, {}},
    {"AB48", 8, {0, 16}, {16, 16}, {32, 16}, {48, 16}},
    {"XB48", 8, {0, 16}, {16, 16}, {32, 16}, {}},
    {"AB4H", 8, {0, 16}, {16, 16}, {32, 16}, {48, 16}, PixelFormat::Kind::HalfFloat},
    {"XB4H", 8, {0, 16}, {16, 16}, {32, 16}, {}, PixelFormat::Kind::HalfFloat},
};

// Of 0..1 alone: no signs, infinities or denormals.
std::uint64_t to_half(std::uint32_t value) {
    if (value == 0) return 0;
    int exponent = 0;
    const double mantissa = std::frexp(value / 255.0, &exponent); // 0.5 <= mantissa < 1
    const auto fraction = static_cast<std::uint64_t>((mantissa * 2 - 1) * 1024);
    return static_cast<std::uint64_t>(exponent + 14) << 10 | fraction;
}
std::uint32_t from_half(std::uint64_t half) {
    if (half == 0) return 0;
    const double value =
        std::ldexp(1 + static_cast<double>(half & 0x3ff) / 1024, static_cast<int>(half >> 10) - 15);
    return static_cast<std::uint32_t>(std::clamp(std::lround(value * 255), 0L, 255L));
}

std::uint64_t largest(unsigned bits) {
    return (std::uint64_t{1} << bits) - 1;
}

std::uint64_t put(std::uint32_t argb, unsigned shift, PixelFormat::Channel channel, PixelFormat::Kind kind) {
    if (channel.bits == 0) return 0;
    const std::uint32_t value = argb >> shift & 0xff;
    const std::uint64_t converted =
        kind == PixelFormat::Kind::HalfFloat ? to_half(value) : (value * largest(channel.bits) + 127) / 255;
    return converted << channel.shift;
}

std::uint32_t take(std::uint64_t word, PixelFormat::Channel channel, PixelFormat::Kind kind,
                   std::uint32_t otherwise) {
    if (channel.bits == 0) return otherwise;
    const std::uint64_t most = largest(channel.bits);
    const std::uint64_t value = word >> channel.shift & most;
    return kind == PixelFormat::Kind::HalfFloat ? from_half(value)
                                                : static_cast<std::uint32_t>((value * 255 + most / 2) / most);
}

} // namespace

std::uint32_t PixelFormat::fourcc() const {
    return fourcc_of(name);
}

void PixelFormat::pack(std::uint32_t argb, std::byte* pixel) const {
    const std::uint64_t word = put(argb, 16, red, kind) | put(argb, 8, green, kind) |
                               put(argb, 0, blue, kind) | put(argb, 24, alpha, kind);
    for (std::size_t i = 0; i < bytes; ++i) pixel[i] = static_cast<std::byte>(word >> (8 * i));
}

std::uint32_t PixelFormat::unpack(const std::byte* pixel) const {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes; ++i) word |= std::to_integer<std::uint64_t>(pixel[i]) << (8 * i);
    return take(word, alpha, kind, 0xff) << 24 | take(word, red, kind, 0) << 16 |
           take(word, green, kind, 0) << 8 | take(word, blue, kind, 0);
}

std::span<const PixelFormat> pixel_formats() {
    return kFormats;
}

const PixelFormat* find_pixel_format(std::string_view name) {
    const auto* found = std::ranges::find(kFormats, name, &PixelFormat::name);
    return found == std::end(kFormats) ? nullptr : found;
}
const PixelFormat* find_pixel_format(std::uint32_t fourcc) {
    const auto* found = std::ranges::find(kFormats, fourcc, &PixelFormat::fourcc);
    return found == std::end(kFormats) ? nullptr : found;
}

std::uint32_t fourcc_of(std::string_view name) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < 4 && i < name.size(); ++i)
        code |= static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])) << (8 * i);
    return code;
}
std::string fourcc_name(std::uint32_t fourcc) {
    std::string name;
    for (unsigned shift = 0; shift < 32; shift += 8) name += static_cast<char>(fourcc >> shift & 0x7f);
    return name;
}

std::uint32_t shm_from_fourcc(std::uint32_t fourcc) {
    if (fourcc == fourcc_of("AR24")) return 0;
    return fourcc == fourcc_of("XR24") ? 1 : fourcc;
}
std::uint32_t fourcc_from_shm(std::uint32_t shm_format) {
    return shm_format == 0 ? fourcc_of("AR24") : shm_format == 1 ? fourcc_of("XR24") : shm_format;
}

} // namespace tv::test
