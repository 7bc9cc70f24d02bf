// The colours of a decoded picture in double precision: what conversions are measured by.
#pragma once

#include <array>

#include "video/decoder.h"

namespace tv::test {

// Red, green and blue, 0 to 255, of a pixel of an I420 picture without padding: BT.601, limited range, each
// chroma sample for the 2x2 pixels that it was averaged from.
[[nodiscard]] std::array<double, 3> exact_rgb(Bytes i420, video::Size coded, std::size_t x, std::size_t y);

// The bytes of an I420 picture without padding.
[[nodiscard]] constexpr std::size_t i420_bytes(video::Size coded) {
    return std::size_t{coded.width} * coded.height +
           2 * std::size_t{(coded.width + 1) / 2} * ((coded.height + 1) / 2);
}

} // namespace tv::test
