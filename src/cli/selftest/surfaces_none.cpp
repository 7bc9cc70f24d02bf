#include "cli/selftest/surfaces.h"

namespace tv::cli {

SurfaceConverters surface_converters() {
    return {{}, "only on macOS; pictures are converted by the CPU here"};
}

GpuDescription describe_gpu() {
    return {"", false, "not used on this system: pictures are converted by the CPU"};
}

} // namespace tv::cli
