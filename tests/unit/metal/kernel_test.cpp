// The MSL kernel, run as C++: against the rule in double precision, and against the CPU's conversion.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernel_twin.h"
#include "metal/kernel_source.h"
#include "video/convert/convert.h"
#include "video/convert/rows.h"

namespace tv::metal {
namespace {

using Samples = std::vector<std::uint8_t>;

struct Nv12 {
    Nv12(video::Size size_, std::size_t padding)
        : size(size_), luma_stride(size_.width + padding), chroma_stride((size_.width + 1) / 2 * 2 + padding),
          luma(luma_stride * size_.height, 0x55), chroma(chroma_stride * ((size_.height + 1) / 2), 0xaa) {}
    video::Size size;
    std::size_t luma_stride, chroma_stride;
    Samples luma, chroma;

    [[nodiscard]] video::Picture picture() const {
        video::Picture picture;
        picture.layout = video::PixelLayout::Nv12;
        picture.size = size;
        picture.planes[0] = {std::as_bytes(std::span(luma)), luma_stride};
        picture.planes[1] = {std::as_bytes(std::span(chroma)), chroma_stride};
        return picture;
    }
};

struct Pass {
    std::uint32_t width, height, bottom_up;
};

struct Converted {
    Samples pixels;
    std::size_t stride;
    std::size_t outside;
};

// Runs the kernel over whole threadgroups of 32x8, as the GPU does.
Converted run_kernel(Nv12& source, video::Size size, bool bottom_up, std::size_t padding = 0) {
    Converted out{{}, std::size_t{4} * size.width + padding, 0};
    out.pixels.assign(out.stride * size.height, 0x77);
    ::metal::Texels luma{::metal::Format::R8Unorm, source.luma.data(), source.luma_stride, source.size.width,
                         source.size.height};
    ::metal::Texels chroma{::metal::Format::RG8Unorm, source.chroma.data(), source.chroma_stride,
                           (source.size.width + 1) / 2, (source.size.height + 1) / 2};
    ::metal::Texels target{::metal::Format::BGRA8Unorm, out.pixels.data(), out.stride, size.width,
                           size.height};
    const Pass pass{size.width, size.height, bottom_up ? 1U : 0U};
    for (uint y = 0; y < (size.height + 7) / 8 * 8; ++y)
        for (uint x = 0; x < (size.width + 31) / 32 * 32; ++x)
            applesim::run_nv12_to_bgra(luma, chroma, target, &pass, sizeof pass, x, y);
    out.outside = luma.outside + chroma.outside + target.outside;
    return out;
}

Samples run_cpu(const Nv12& source, video::Size size, bool bottom_up, std::size_t stride) {
    Samples pixels(stride * size.height, 0x77);
    const video::PixelTarget target{std::as_writable_bytes(std::span(pixels)), stride, size,
                                    video::PixelFormat::Xrgb8888, bottom_up};
    EXPECT_TRUE(video::convert(source.picture(), target));
    return pixels;
}

// BT.601, limited range, blue green red of 0..255.
std::array<double, 3> exact(int y, int cb, int cr) {
    const double luma = 255.0 / 219.0 * (y - 16);
    const double red = 255.0 / 224.0 * 2 * (1 - 0.299), blue = 255.0 / 224.0 * 2 * (1 - 0.114);
    auto byte = [](double value) { return std::clamp(value, 0.0, 255.0); };
    return {byte(luma + blue * (cb - 128)),
            byte(luma - blue * 0.114 / 0.587 * (cb - 128) - red * 0.299 / 0.587 * (cr - 128)),
            byte(luma + red * (cr - 128))};
}

// Soft gradients, an edge, texture and saturated spots, in any size.
void paint_waves(Nv12& picture) {
    std::minstd_rand random(601);
    auto noise = [&] { return static_cast<int>(random() >> 12 & 15) - 8; };
    auto byte = [](double value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)); };
    for (std::uint32_t y = 0; y < picture.size.height; ++y)
        for (std::uint32_t x = 0; x < picture.size.width; ++x) {
            const double light = 125 + 90 * std::sin(x / 23.0) * std::cos(y / 17.0) + (x + y > 90 ? 20 : 0);
            picture.luma[y * picture.luma_stride + x] = byte(light + noise());
        }
    for (std::uint32_t y = 0; y < (picture.size.height + 1) / 2; ++y)
        for (std::uint32_t x = 0; x < (picture.size.width + 1) / 2; ++x) {
            std::uint8_t* sample = &picture.chroma[y * picture.chroma_stride + std::size_t{2} * x];
            sample[0] = byte(128 + 110 * std::sin(x / 9.0 + y / 31.0) + noise());
            sample[1] = byte(128 + 110 * std::cos(y / 7.0 - x / 13.0) + noise());
        }
}

// A part of "Chelsea", a photograph of a cat by Stefan van der Walt, given to everybody (CC0), in
// scikit-image's examples: scaled, BT.601, limited range. Luma, then chroma, no padding.
Nv12 read_photograph() {
    Nv12 picture({160, 96}, 0);
    std::ifstream file(TV_PHOTOGRAPH, std::ios::binary);
    for (Samples* plane : {&picture.luma, &picture.chroma})
        file.read(reinterpret_cast<char*>(plane->data()), static_cast<std::streamsize>(plane->size()));
    EXPECT_TRUE(file.good());
    EXPECT_EQ(file.peek(), std::ifstream::traits_type::eof());
    return picture;
}

TEST(MetalKernel, every_luma_with_every_fourth_chroma_and_all_corners_is_within_one_code_value_of_exact) {
    std::vector<int> chroma;
    for (int c = 0; c < 256; c += 4) chroma.push_back(c);
    for (const int c : {1, 15, 16, 17, 127, 129, 239, 240, 241, 254, 255}) chroma.push_back(c);
    // A row of blocks for each pair of chroma values, with each luma value twice in each.
    const video::Size size{static_cast<std::uint32_t>(chroma.size()) * 2, 256};
    long off = 0, all = 0;
    for (const int cb : chroma) {
        Nv12 source(size, 0);
        for (std::uint32_t y = 0; y < size.height; ++y)
            std::memset(&source.luma[y * source.luma_stride], static_cast<int>(y), size.width);
        for (std::uint32_t y = 0; y < size.height / 2; ++y)
            for (std::size_t x = 0; x < chroma.size(); ++x) {
                source.chroma[y * source.chroma_stride + 2 * x] = static_cast<std::uint8_t>(cb);
                source.chroma[y * source.chroma_stride + 2 * x + 1] = static_cast<std::uint8_t>(chroma[x]);
            }
        const Converted got = run_kernel(source, size, false);
        for (std::uint32_t y = 0; y < size.height; ++y)
            for (std::size_t x = 0; x < size.width; x += 2) {
                const auto want = exact(static_cast<int>(y), cb, chroma[x / 2]);
                const std::uint8_t* pixel = &got.pixels[y * got.stride + 4 * x];
                for (std::size_t c = 0; c < 3; ++c) {
                    const long error = std::abs(pixel[c] - std::lround(want[c]));
                    ASSERT_LE(error, 1) << y << " " << cb << " " << chroma[x / 2] << " channel " << c;
                    off += error != 0;
                    ++all;
                }
                ASSERT_EQ(pixel[3], 255);
            }
    }
    EXPECT_LE(static_cast<double>(off) / static_cast<double>(all), 0.07);
}

TEST(MetalKernel, blue_is_first_in_memory_and_alpha_is_opaque) {
    Nv12 source({2, 2}, 0);
    std::ranges::fill(source.luma, 81);
    source.chroma = {90, 240}; // red
    const Converted got = run_kernel(source, {2, 2}, false);
    const Samples pixel(got.pixels.begin(), got.pixels.begin() + 4);
    EXPECT_EQ(pixel, (Samples{0, 0, 254, 255}));
}

TEST(MetalKernel, a_picture_is_bit_for_bit_what_the_cpu_makes_of_it_in_every_size_crop_and_direction) {
    for (const video::Size size : {video::Size{160, 90}, {161, 91}, {33, 9}, {1, 1}, {2, 1}, {1, 7}}) {
        Nv12 source(size, 37);
        paint_waves(source);
        std::vector<video::Size> crops{size};
        if (size.width > 8 && size.height > 8) {
            crops.push_back({size.width - 7, size.height - 5});
            crops.push_back({size.width - 1, size.height});
        }
        for (const video::Size crop : crops)
            for (const bool bottom_up : {false, true})
                for (const std::size_t padding : {0, 24}) {
                    const Converted got = run_kernel(source, crop, bottom_up, padding);
                    EXPECT_EQ(got.outside, 0U);
                    ASSERT_EQ(got.pixels, run_cpu(source, crop, bottom_up, got.stride))
                        << size.width << "x" << size.height << " to " << crop.width << "x" << crop.height
                        << (bottom_up ? " bottom up" : "");
                }
    }
}

TEST(MetalKernel, a_photograph_is_within_one_code_value_of_exact_and_what_the_cpu_makes_of_it) {
    Nv12 source = read_photograph();
    const Converted got = run_kernel(source, source.size, false);
    EXPECT_EQ(got.outside, 0U);
    EXPECT_EQ(got.pixels, run_cpu(source, source.size, false, got.stride));
    long off = 0;
    for (std::uint32_t y = 0; y < source.size.height; ++y)
        for (std::uint32_t x = 0; x < source.size.width; ++x) {
            const std::uint8_t* chroma =
                &source.chroma[y / 2 * source.chroma_stride + std::size_t{x / 2} * 2];
            const auto want = exact(source.luma[y * source.luma_stride + x], chroma[0], chroma[1]);
            for (std::size_t c = 0; c < 3; ++c) {
                const long error =
                    std::abs(got.pixels[y * got.stride + std::size_t{4} * x + c] - std::lround(want[c]));
                ASSERT_LE(error, 1) << x << "," << y << " channel " << c;
                off += error != 0;
            }
        }
    EXPECT_LE(static_cast<double>(off) / (source.size.width * source.size.height * 3.0), 0.07);
}

TEST(MetalKernel, each_chroma_sample_is_shown_by_its_block_of_four_pixels) {
    Nv12 source({4, 4}, 0);
    std::ranges::fill(source.luma, 128);
    source.chroma = {30, 200, 220, 40, 90, 160, 128, 128};
    const Converted got = run_kernel(source, {4, 4}, false);
    auto pixel = [&](std::size_t x, std::size_t y) {
        return Samples(&got.pixels[y * got.stride + 4 * x], &got.pixels[y * got.stride + 4 * x] + 4);
    };
    for (const std::size_t y : {0, 2})
        for (const std::size_t x : {0, 2}) {
            EXPECT_EQ(pixel(x, y), pixel(x + 1, y));
            EXPECT_EQ(pixel(x, y), pixel(x, y + 1));
            EXPECT_EQ(pixel(x, y), pixel(x + 1, y + 1));
        }
    EXPECT_NE(pixel(0, 0), pixel(2, 0));
    EXPECT_NE(pixel(0, 0), pixel(0, 2));
}

TEST(MetalKernel, its_embedded_text_holds_the_constants_and_the_function_that_is_asked_for) {
    const std::string text = kKernelSource;
    const std::size_t constants = text.find("kTvLumaGain = 19077"), kernel = text.find("kernel void ");
    ASSERT_NE(constants, std::string::npos);
    ASSERT_NE(kernel, std::string::npos);
    EXPECT_LT(constants, kernel);
    EXPECT_NE(text.find(std::string("kernel void ") + kKernelName), std::string::npos);
}

// The list at the top of the kernel's file. A word that is not on it may mean in Metal what the stand-in does
// not show.
TEST(MetalKernel, it_uses_only_words_of_the_listed_subset) {
    std::string text = kKernelSource;
    for (std::size_t at; (at = text.find("//")) != std::string::npos;)
        text.erase(at, text.find('\n', at) - at);
    const std::vector<std::string> known = {
        "include", "metal_stdlib", "using", "namespace", "metal", "struct", "enum", "static", "inline",
        "kernel", "constant", "const", "return", "if", "void", "int", "uint", "float", "uint2", "float4",
        "texture2d", "access", "read", "write", "texture", "buffer", "thread_position_in_grid", "clamp", "x",
        "y", "r", "g", "b", "f", "0f", "5f",
        // its own names
        "TvPass", "width", "height", "bottom_up", "tv_code", "tv_scaled", "tv_unorm", "tv_nv12_to_bgra",
        "sample", "a", "value", "luma", "chroma", "target", "pass", "at", "chroma_sample", "cb", "cr", "row"};
    std::string word;
    for (const char c : text + " ") {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
            word += c;
            continue;
        }
        if (!word.empty() && !std::isdigit(static_cast<unsigned char>(word[0])) &&
            word.rfind("kTv", 0) != 0 && word != "TvColorConstants") {
            EXPECT_TRUE(std::ranges::find(known, word) != known.end()) << word;
        }
        word.clear();
    }
}

} // namespace
} // namespace tv::metal
