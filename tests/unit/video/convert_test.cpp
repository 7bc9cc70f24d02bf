// Colour conversion against the same rule in double precision, and every instruction set against the portable
// rows.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/convert/convert.h"
#include "video/convert/rows.h"

namespace tv::video {
namespace {

using test::Buffer;
using Samples = std::vector<std::uint8_t>;

constexpr PixelFormat kFormats[] = {PixelFormat::Xrgb8888,    PixelFormat::Xbgr8888,
                                    PixelFormat::Rgb565,      PixelFormat::Bgr565,
                                    PixelFormat::Xrgb2101010, PixelFormat::Xbgr2101010};

struct Channels {
    double r, g, b;
};

// BT.601, limited range, each of 0..1.
Channels exact(int y, int cb, int cr) {
    const double luma = 255.0 / 219.0 * (y - 16);
    const double red = 255.0 / 224.0 * 2 * (1 - 0.299), blue = 255.0 / 224.0 * 2 * (1 - 0.114);
    const double green_from_red = red * 0.299 / 0.587, green_from_blue = blue * 0.114 / 0.587;
    auto unit = [](double value) { return std::clamp(value / 255, 0.0, 1.0); };
    return {unit(luma + red * (cr - 128)),
            unit(luma - green_from_blue * (cb - 128) - green_from_red * (cr - 128)),
            unit(luma + blue * (cb - 128))};
}

struct Codes {
    int r, g, b, x;
};

// Pixel `i` of a converted row, and the largest code of each channel.
Codes read(PixelFormat format, const Samples& row, std::size_t i, Codes& largest) {
    const bool swapped = format == PixelFormat::Xbgr8888 || format == PixelFormat::Bgr565 ||
                         format == PixelFormat::Xbgr2101010;
    Codes codes{};
    if (bytes_per_pixel(format) == 2) {
        const int word = row[2 * i] | row[2 * i + 1] << 8;
        codes = {word >> 11, word >> 5 & 63, word & 31, 0};
        largest = {31, 63, 31, 0};
    } else if (format == PixelFormat::Xrgb2101010 || format == PixelFormat::Xbgr2101010) {
        const std::uint32_t word = load_u32(std::as_bytes(std::span(row)), 4 * i);
        codes = {int(word >> 20 & 1023), int(word >> 10 & 1023), int(word & 1023), int(word >> 30)};
        largest = {1023, 1023, 1023, 3};
    } else {
        codes = {row[4 * i + 2], row[4 * i + 1], row[4 * i], row[4 * i + 3]};
        largest = {255, 255, 255, 255};
    }
    if (swapped) std::swap(codes.r, codes.b);
    return codes;
}

class EachInstructionSet : public testing::TestWithParam<const RowFunctions*> {
protected:
    // `pixels` pixels, nv12 or not.
    Samples convert_row(PixelFormat format, bool nv12, const Samples& y, const Samples& cb,
                        const Samples& cr) {
        Samples out(y.size() * bytes_per_pixel(format));
        Samples both;
        for (std::size_t i = 0; nv12 && i < cb.size(); ++i) {
            both.push_back(cb[i]);
            both.push_back(cr[i]);
        }
        const RowSource source{y.data(), nv12 ? both.data() : cb.data(), nv12 ? nullptr : cr.data()};
        GetParam()->by_format[nv12][static_cast<std::size_t>(format)](source, out.data(), y.size());
        return out;
    }
};

TEST_P(EachInstructionSet, every_luma_with_every_third_chroma_is_within_one_code_value_of_exact) {
    std::vector<int> chroma;
    for (int c = 0; c < 256; c += 3) chroma.push_back(c);
    for (const int c : {1, 16, 127, 128, 129, 239, 240, 241, 254}) chroma.push_back(c);
    Samples y(512), cb(256), cr(256);
    for (std::size_t i = 0; i < 512; ++i) y[i] = static_cast<std::uint8_t>(i / 2);
    for (const PixelFormat format : kFormats) {
        long off = 0, all = 0;
        int worst = 0;
        for (const int b : chroma) {
            for (const int r : chroma) {
                std::ranges::fill(cb, b);
                std::ranges::fill(cr, r);
                const Samples row = convert_row(format, false, y, cb, cr);
                for (std::size_t i = 0; i < y.size(); i += 2) {
                    Codes largest{};
                    const Codes got = read(format, row, i, largest);
                    const Channels want = exact(y[i], b, r);
                    const int error = std::max({std::abs(got.r - int(std::lround(want.r * largest.r))),
                                                std::abs(got.g - int(std::lround(want.g * largest.g))),
                                                std::abs(got.b - int(std::lround(want.b * largest.b)))});
                    worst = std::max(worst, error);
                    off += error != 0;
                    ++all;
                    ASSERT_EQ(got.x, largest.x);
                }
            }
        }
        EXPECT_LE(worst, 1) << static_cast<int>(format);
        EXPECT_LE(static_cast<double>(off) / static_cast<double>(all), 0.2) << static_cast<int>(format);
    }
}

TEST_P(EachInstructionSet, black_white_and_the_corners_are_what_they_should_be) {
    const Samples y{16, 235, 0, 255, 81, 145, 41, 16}, cb{128, 128, 90, 128}, cr{128, 128, 240, 128};
    const Samples row = convert_row(PixelFormat::Xrgb8888, false, y, cb, cr);
    Codes largest{};
    auto pixel = [&](std::size_t i) {
        const Codes codes = read(PixelFormat::Xrgb8888, row, i, largest);
        return std::array{codes.r, codes.g, codes.b};
    };
    EXPECT_EQ(pixel(0), (std::array{0, 0, 0}));
    EXPECT_EQ(pixel(1), (std::array{255, 255, 255}));
    EXPECT_EQ(pixel(2), (std::array{0, 0, 0}));
    EXPECT_EQ(pixel(3), (std::array{255, 255, 255}));
    EXPECT_EQ(pixel(4), (std::array{254, 0, 0})) << "the red of 8-bit limited range";
}

TEST_P(EachInstructionSet, rows_of_every_width_equal_the_portable_ones_bit_for_bit) {
    std::minstd_rand random(11);
    for (std::size_t width = 1; width <= 131; ++width) {
        Samples y(width), cb((width + 1) / 2), cr((width + 1) / 2);
        for (Samples* samples : {&y, &cb, &cr})
            for (std::uint8_t& sample : *samples) sample = static_cast<std::uint8_t>(random() >> 8);
        for (const PixelFormat format : kFormats) {
            for (const bool nv12 : {false, true}) {
                const Samples got = convert_row(format, nv12, y, cb, cr);
                Samples want(got.size());
                kPortableRows.by_format[0][static_cast<std::size_t>(format)]({y.data(), cb.data(), cr.data()},
                                                                             want.data(), width);
                ASSERT_EQ(got, want) << width << " " << static_cast<int>(format) << " " << nv12;
            }
        }
    }
}

std::vector<const RowFunctions*> instruction_sets() {
    std::vector<const RowFunctions*> all;
    for (const RowFunctions* const* set = row_functions(); *set != nullptr; ++set) all.push_back(*set);
    return all;
}
INSTANTIATE_TEST_SUITE_P(Rows, EachInstructionSet, testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return std::string(info.param->name); });

// --- whole pictures ----------------------------------------------------------------------------------------

// Memory that ends with the last sample, so that a sanitizer sees a step too far.
struct Owned {
    std::vector<Buffer> planes;
    Picture picture;
};

Owned random_picture(Size size, PixelLayout layout, std::size_t extra_stride, unsigned seed) {
    std::minstd_rand random(seed);
    Owned owned;
    owned.picture.size = size;
    owned.picture.layout = layout;
    const std::size_t chroma_width = (size.width + 1) / 2, chroma_height = (size.height + 1) / 2;
    const bool nv12 = layout == PixelLayout::Nv12;
    const std::size_t widths[] = {size.width, nv12 ? 2 * chroma_width : chroma_width, chroma_width};
    const std::size_t heights[] = {size.height, chroma_height, chroma_height};
    const std::size_t count = nv12 ? 2 : 3;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t stride = widths[i] + extra_stride;
        owned.planes.push_back(test::random_bytes(random, stride * (heights[i] - 1) + widths[i]));
        owned.picture.planes[i].stride = stride;
    }
    for (std::size_t i = 0; i < count; ++i) owned.picture.planes[i].bytes = owned.planes[i];
    return owned;
}

std::uint8_t sample(const Plane& plane, std::size_t x, std::size_t y) {
    return std::to_integer<std::uint8_t>(plane.bytes[y * plane.stride + x]);
}

TEST(Convert, each_pixel_takes_the_chroma_of_its_block_of_two_by_two) {
    for (const PixelLayout layout : {PixelLayout::I420, PixelLayout::Nv12}) {
        for (const Size size : {Size{1, 1}, {2, 2}, {3, 5}, {33, 7}, {64, 64}, {222, 129}}) {
            const Owned owned = random_picture(size, layout, 13, size.width);
            const std::size_t stride = size.width * 4 + 8;
            Buffer pixels(stride * (size.height - 1) + size.width * 4, std::byte{0xee});
            ASSERT_TRUE(convert(owned.picture, {pixels, stride, size, PixelFormat::Xrgb8888}));
            for (std::size_t y = 0; y < size.height; ++y) {
                for (std::size_t x = 0; x < size.width; ++x) {
                    const bool nv12 = layout == PixelLayout::Nv12;
                    const int cb = nv12 ? sample(owned.picture.planes[1], x / 2 * 2, y / 2)
                                        : sample(owned.picture.planes[1], x / 2, y / 2);
                    const int cr = nv12 ? sample(owned.picture.planes[1], x / 2 * 2 + 1, y / 2)
                                        : sample(owned.picture.planes[2], x / 2, y / 2);
                    const Channels want = exact(sample(owned.picture.planes[0], x, y), cb, cr);
                    const auto* pixel = &pixels[y * stride + x * 4];
                    ASSERT_NEAR(std::to_integer<int>(pixel[0]), want.b * 255, 1);
                    ASSERT_NEAR(std::to_integer<int>(pixel[1]), want.g * 255, 1);
                    ASSERT_NEAR(std::to_integer<int>(pixel[2]), want.r * 255, 1);
                    ASSERT_EQ(pixel[3], std::byte{0xff});
                }
            }
            for (std::size_t y = 0; y + 1 < size.height; ++y)
                for (std::size_t x = size.width * 4; x < stride; ++x)
                    ASSERT_EQ(pixels[y * stride + x], std::byte{0xee}) << "padding was written";
        }
    }
}

TEST(Convert, a_larger_picture_is_cropped_to_its_top_left) {
    const Owned owned = random_picture({336, 226}, PixelLayout::I420, 0, 5);
    const Size buffer{333, 217};
    Buffer whole(336 * 226 * 4), part(333 * 217 * 4);
    ASSERT_TRUE(convert(owned.picture, {whole, 336 * 4, {336, 226}}));
    ASSERT_TRUE(convert(owned.picture, {part, 333 * 4, buffer}));
    for (std::size_t y = 0; y < 217; ++y)
        ASSERT_TRUE(std::equal(&part[y * 333 * 4], &part[y * 333 * 4] + 333 * 4, &whole[y * 336 * 4])) << y;
}

TEST(Convert, rows_in_parts_and_bottom_up_give_the_same_picture) {
    const Owned owned = random_picture({31, 21}, PixelLayout::Nv12, 1, 9);
    Buffer whole(31 * 21 * 4), parts(31 * 21 * 4), flipped(31 * 21 * 4);
    ASSERT_TRUE(convert(owned.picture, {whole, 31 * 4, {31, 21}}));
    for (const RowRange rows : {RowRange{0, 5}, {5, 6}, {6, 20}, {20}})
        ASSERT_TRUE(convert(owned.picture, {parts, 31 * 4, {31, 21}}, rows));
    EXPECT_TRUE(parts == whole);
    ASSERT_TRUE(convert(owned.picture, {flipped, 31 * 4, {31, 21}, PixelFormat::Xrgb8888, true}));
    for (std::size_t y = 0; y < 21; ++y)
        ASSERT_TRUE(
            std::equal(&flipped[y * 31 * 4], &flipped[y * 31 * 4] + 31 * 4, &whole[(20 - y) * 31 * 4]))
            << y;
}

TEST(Convert, what_does_not_fit_is_refused_and_nothing_is_written) {
    Owned owned = random_picture({16, 16}, PixelLayout::I420, 0, 1);
    const Buffer before(16 * 16 * 4, std::byte{7});
    Buffer pixels = before;
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4, {17, 16}}));
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4, {16, 17}}));
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4 - 1, {16, 16}}));
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4 + 1, {16, 16}}));
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4, {0, 16}}));
    EXPECT_FALSE(convert(owned.picture, {MutableBytes(pixels).first(16 * 16 * 4 - 1), 16 * 4, {16, 16}}));
    owned.picture.planes[2].bytes = owned.picture.planes[2].bytes.first(63);
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4, {16, 16}}));
    owned.picture.planes[2] = {};
    EXPECT_FALSE(convert(owned.picture, {pixels, 16 * 4, {16, 16}}));
    EXPECT_TRUE(pixels == before);
}

TEST(PixelFormats, those_of_the_wire_are_known_by_their_fourcc) {
    EXPECT_EQ(pixel_format_from_drm(0x34325258), PixelFormat::Xrgb8888);
    EXPECT_EQ(pixel_format_from_drm(0x34324258), PixelFormat::Xbgr8888);
    EXPECT_EQ(pixel_format_from_drm(0x36314752), PixelFormat::Rgb565);
    EXPECT_EQ(pixel_format_from_drm(0x36314742), PixelFormat::Bgr565);
    EXPECT_EQ(pixel_format_from_drm(0x30335258), PixelFormat::Xrgb2101010);
    EXPECT_EQ(pixel_format_from_drm(0x30334258), PixelFormat::Xbgr2101010);
    EXPECT_EQ(pixel_format_from_drm(0x34325241), std::nullopt) << "alpha is never encoded";
    EXPECT_EQ(pixel_format_from_drm(0), std::nullopt);
}

} // namespace
} // namespace tv::video
