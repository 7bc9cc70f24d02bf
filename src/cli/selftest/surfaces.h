// The system's own surfaces and GPU, for the self-test: a seam between systems.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "video/decoder.h"

namespace tv::cli {

struct SurfaceConverter {
    std::string name; // "cpu", "metal"
    std::string device;
    bool takes_planes = false; // pictures that are no system images, too
    // Rows of 4 bytes a pixel, blue first, without padding. Blocks.
    std::function<Result<std::vector<std::uint8_t>>(const video::Picture&, video::Size)> convert;
};

struct SurfaceConverters {
    std::vector<SurfaceConverter> converters;
    std::string no_gpu; // why there is no conversion by a GPU; empty: there is
};

[[nodiscard]] SurfaceConverters surface_converters();

// What a person calls the GPU; empty: none is used on this system.
struct GpuDescription {
    std::string name;
    bool is_virtual = false;
    std::string why_none;
};
[[nodiscard]] GpuDescription describe_gpu();

} // namespace tv::cli
