#include "kernel_twin.h"

#include <cstring>

namespace kernel_twin {
// As Metal gets them, in this order. `kernel` and `constant` are address space and function words there.
#define kernel static
#define constant const
// NOLINTBEGIN
// clang-format off
#include "video/convert/constants.h"
#include "metal/nv12_to_bgra.metal"
// clang-format on
// NOLINTEND
#undef kernel
#undef constant
} // namespace kernel_twin

namespace tv::applesim {

void run_nv12_to_bgra(metal::Texels& luma, metal::Texels& chroma, metal::Texels& target, const void* pass,
                      std::size_t pass_bytes, uint x, uint y) {
    kernel_twin::TvPass copy{};
    std::memcpy(&copy, pass, std::min(pass_bytes, sizeof copy));
    kernel_twin::tv_nv12_to_bgra(metal::texture2d<float, metal::access::read>(luma),
                                 metal::texture2d<float, metal::access::read>(chroma),
                                 metal::texture2d<float, metal::access::write>(target), copy, {x, y});
}

} // namespace tv::applesim
