// Conversions of one row, by instruction set. Part of convert.cpp; tests and benches compare them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tv::video {

struct RowSource {
    const std::uint8_t* y;
    const std::uint8_t* cb; // NV12: CbCr
    const std::uint8_t* cr; // NV12: not used
};

// Writes `width` pixels. Reads `width` luma and (width + 1) / 2 chroma samples.
using RowFunction = void (*)(const RowSource& source, std::uint8_t* out, std::size_t width);

// By layout, then format, as their enums count.
struct RowFunctions {
    const char* name;
    RowFunction by_format[2][6];
};

extern const RowFunctions kPortableRows;

// Those that this machine can run, best first, the portable ones last; ended by nullptr. One file an
// architecture.
[[nodiscard]] const RowFunctions* const* row_functions();

} // namespace tv::video
