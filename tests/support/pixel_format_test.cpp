// The formats that tests draw in, and frames that say their number.
#include <cstring>

#include <gtest/gtest.h>

#include "client/frames.h"
#include "compositor/picture.h"
#include "support/pixel_format.h"

namespace tv::test {
namespace {

std::uint64_t packed(std::string_view format, std::uint32_t argb) {
    std::uint64_t word = 0;
    std::byte bytes[8]{};
    find_pixel_format(format)->pack(argb, bytes);
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

TEST(PixelFormat, channels_lie_where_drm_fourcc_h_says) {
    constexpr std::uint32_t kPixel = 0x80ff4020;
    EXPECT_EQ(packed("AR24", kPixel), 0x80ff4020u);
    EXPECT_EQ(packed("XR24", kPixel), 0x00ff4020u);
    EXPECT_EQ(packed("AB24", kPixel), 0x802040ffu);
    EXPECT_EQ(packed("RG24", kPixel), 0xff4020u);
    EXPECT_EQ(packed("BG24", kPixel), 0x2040ffu);
    EXPECT_EQ(packed("RG16", kPixel), 0x1fu << 11 | 0x10u << 5 | 0x04u);
    EXPECT_EQ(packed("XR30", kPixel), 0x3ffu << 20 | 0x101u << 10 | 0x80u);
    EXPECT_EQ(packed("R8  ", kPixel), 0xffu);
    EXPECT_EQ(packed("AB48", kPixel), 0x8080'2020'4040'ffffu);
    EXPECT_EQ(packed("XB4H", 0xffff0000), 0x3c00u); // 1.0
}

TEST(PixelFormat, whatever_has_eight_bits_and_more_comes_back_unchanged) {
    for (const PixelFormat& format : pixel_formats()) {
        if (format.green.bits < 8) continue;
        for (std::uint32_t value = 0; value < 256; ++value) {
            std::byte pixel[8];
            const std::uint32_t argb = 0xff000000u | value << 16 | (255 - value) << 8 | (value ^ 0x55);
            format.pack(argb, pixel);
            ASSERT_EQ(format.unpack(pixel), argb) << format.name;
        }
    }
}

TEST(PixelFormat, names_and_codes_find_the_same_format) {
    for (const PixelFormat& format : pixel_formats()) {
        EXPECT_EQ(find_pixel_format(format.fourcc()), &format);
        EXPECT_EQ(fourcc_name(format.fourcc()), format.name);
        EXPECT_EQ(fourcc_from_shm(shm_from_fourcc(format.fourcc())), format.fourcc());
    }
    EXPECT_EQ(find_pixel_format("NV12"), nullptr);
}

TEST(PixelFormat, pictures_of_any_pixel_size_are_read_pixel_by_pixel) {
    for (const PixelFormat& format : pixel_formats()) {
        if (format.bytes == 1) continue;
        Picture picture{2, 2, shm_from_fourcc(format.fourcc()), std::vector<std::byte>(4 * format.bytes), 0};
        EXPECT_TRUE(picture.blank());
        format.pack(0xff00ff00, picture.pixels.data() + 3 * format.bytes);
        EXPECT_FALSE(picture.blank()) << format.name;
        EXPECT_EQ(picture.argb(1, 1), 0xff00ff00u) << format.name;
        EXPECT_EQ(picture.argb(0, 1) & 0xffffff, 0u) << format.name;
    }
}

TEST(Frames, a_smooth_frame_says_its_number) {
    const FrameSource source(Pattern::Smooth);
    for (const std::uint32_t number : {0u, 1u, 77u, 255u})
        EXPECT_EQ(read_frame_number(source.frame(number, kNumberWidth, 40), kNumberWidth),
                  static_cast<int>(number));
}

} // namespace
} // namespace tv::test
