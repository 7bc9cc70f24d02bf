// The text that Metal compiles: video/convert/constants.h, then nv12_to_bgra.metal. Made at build time.
#pragma once

namespace tv::metal {

extern const char kKernelSource[]; // zero-terminated UTF-8
inline constexpr const char* kKernelName = "tv_nv12_to_bgra";

} // namespace tv::metal
