#include "video/exact_rgb.h"

#include <algorithm>

namespace tv::test {

std::array<double, 3> exact_rgb(Bytes i420, video::Size coded, std::size_t x, std::size_t y) {
    const std::size_t half = (coded.width + 1) / 2, area = std::size_t{coded.width} * coded.height;
    const auto at = [&](std::size_t offset) { return std::to_integer<int>(i420[offset]); };
    const double luma = 255.0 / 219 * (at(y * coded.width + x) - 16);
    const std::size_t chroma = area + (y / 2) * half + x / 2;
    const double cb = 255.0 / 224 * (at(chroma) - 128);
    const double cr = 255.0 / 224 * (at(chroma + half * ((coded.height + 1) / 2)) - 128);
    const double kr = 0.299, kb = 0.114, kg = 1 - kr - kb;
    const auto limited = [](double value) { return std::clamp(value, 0.0, 255.0); };
    return {limited(luma + 2 * (1 - kr) * cr),
            limited(luma - 2 * (1 - kb) * kb / kg * cb - 2 * (1 - kr) * kr / kg * cr),
            limited(luma + 2 * (1 - kb) * cb)};
}

} // namespace tv::test
