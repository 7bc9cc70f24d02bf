// The MSL kernel, compiled as C++.
#pragma once

#include "metal_stdlib"

namespace tv::applesim {

// One thread of the grid. Not synchronised; the textures' counts of accesses outside are added to.
void run_nv12_to_bgra(metal::Texels& luma, metal::Texels& chroma, metal::Texels& target, const void* pass,
                      std::size_t pass_bytes, uint x, uint y);

} // namespace tv::applesim
