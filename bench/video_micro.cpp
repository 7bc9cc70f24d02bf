// Colour conversion of one 1080p picture, beside libyuv's. Nanoseconds a picture are google-benchmark's
// column; both convert one row after the other on one thread. `worst`: how far ours is from exact, in code
// values.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <libyuv/convert_argb.h>

#include "video/convert/convert.h"
#include "video/convert/rows.h"

namespace tv::video {
namespace {

constexpr int kWidth = 1920;
constexpr int kHeight = 1080;
constexpr int kStride = 2048; // of a decoder that pads

struct Pictures {
    std::vector<std::uint8_t> y = std::vector<std::uint8_t>(std::size_t{kStride} * kHeight);
    std::vector<std::uint8_t> cb = std::vector<std::uint8_t>(std::size_t{kStride} / 2 * kHeight / 2);
    std::vector<std::uint8_t> cr = cb;
    std::vector<std::uint8_t> both = std::vector<std::uint8_t>(std::size_t{kStride} * kHeight / 2);
    std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(std::size_t{kWidth} * kHeight * 4);

    Pictures() {
        std::uint32_t state = 1;
        for (auto* plane : {&y, &cb, &cr, &both})
            for (std::uint8_t& sample : *plane)
                sample = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    }
};

Pictures& pictures() {
    static Pictures all;
    return all;
}

// BT.601, limited range, in double precision: blue, green, red.
std::array<double, 3> exact(double y, double cb, double cr) {
    const double light = (y - 16) * 255 / 219;
    const double blue = (cb - 128) * 255 / 224, red = (cr - 128) * 255 / 224;
    constexpr double kRed = 0.299, kBlue = 0.114, kGreen = 1 - kRed - kBlue;
    const std::array<double, 3> all{light + 2 * (1 - kBlue) * blue,
                                    light - 2 * kBlue * (1 - kBlue) / kGreen * blue -
                                        2 * kRed * (1 - kRed) / kGreen * red,
                                    light + 2 * (1 - kRed) * red};
    return {std::clamp(all[0], 0., 255.), std::clamp(all[1], 0., 255.), std::clamp(all[2], 0., 255.)};
}

double worst_of_xrgb8888(const Pictures& p, bool nv12) {
    double worst = 0;
    for (std::size_t y = 0; y < kHeight; ++y) {
        for (std::size_t x = 0; x < kWidth; ++x) {
            const std::size_t chroma = y / 2 * (kStride / 2) + x / 2;
            const auto expected = exact(p.y[y * kStride + x], nv12 ? p.both[2 * chroma] : p.cb[chroma],
                                        nv12 ? p.both[2 * chroma + 1] : p.cr[chroma]);
            for (std::size_t i = 0; i < expected.size(); ++i)
                worst = std::max(worst, std::abs(p.pixels[(y * kWidth + x) * 4 + i] - expected[i]));
        }
    }
    return worst;
}

void count(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * kWidth * kHeight);
}

void ours(benchmark::State& state, const RowFunctions* rows, bool nv12, PixelFormat format) {
    Pictures& p = pictures();
    const RowFunction function = rows->by_format[nv12][static_cast<std::size_t>(format)];
    const std::size_t pixel = bytes_per_pixel(format);
    for (auto _ : state) {
        for (std::size_t row = 0; row < kHeight; ++row) {
            const RowSource source{&p.y[row * kStride],
                                   nv12 ? &p.both[row / 2 * kStride] : &p.cb[row / 2 * (kStride / 2)],
                                   nv12 ? nullptr : &p.cr[row / 2 * (kStride / 2)]};
            function(source, &p.pixels[row * kWidth * pixel], kWidth);
        }
        benchmark::ClobberMemory();
    }
    if (format == PixelFormat::Xrgb8888) state.counters["worst"] = worst_of_xrgb8888(p, nv12);
    count(state);
}

void libyuv_i420(benchmark::State& state) {
    Pictures& p = pictures();
    for (auto _ : state) {
        libyuv::I420ToARGB(p.y.data(), kStride, p.cb.data(), kStride / 2, p.cr.data(), kStride / 2,
                           p.pixels.data(), kWidth * 4, kWidth, kHeight);
        benchmark::ClobberMemory();
    }
    count(state);
}

void libyuv_nv12(benchmark::State& state) {
    Pictures& p = pictures();
    for (auto _ : state) {
        libyuv::NV12ToARGB(p.y.data(), kStride, p.both.data(), kStride, p.pixels.data(), kWidth * 4, kWidth,
                           kHeight);
        benchmark::ClobberMemory();
    }
    count(state);
}

double least(const std::vector<double>& times) {
    return *std::min_element(times.begin(), times.end());
}

template <typename... Arguments>
void add(const std::string& name, Arguments... arguments) {
    // The least of many short runs: on a machine that others use, the rest is theirs.
    benchmark::RegisterBenchmark(name.c_str(), arguments...)
        ->Repetitions(20)
        ->MinTime(0.02)
        ->ReportAggregatesOnly()
        ->ComputeStatistics("least", least);
}

void register_all() {
    add("I420/XRGB8888/libyuv", libyuv_i420);
    for (const RowFunctions* const* rows = row_functions(); *rows != nullptr; ++rows)
        add(std::string("I420/XRGB8888/") + (*rows)->name, ours, *rows, false, PixelFormat::Xrgb8888);
    add("NV12/XRGB8888/libyuv", libyuv_nv12);
    const RowFunctions* best = *row_functions();
    add(std::string("NV12/XRGB8888/") + best->name, ours, best, true, PixelFormat::Xrgb8888);
    add(std::string("I420/RGB565/") + best->name, ours, best, false, PixelFormat::Rgb565);
    add(std::string("I420/XRGB2101010/") + best->name, ours, best, false, PixelFormat::Xrgb2101010);
}

} // namespace
} // namespace tv::video

int main(int argc, char** argv) {
    tv::video::register_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
