#include "cli/surface_backend.h"

namespace tv::cli {

SurfaceBackend surface_backend() {
    return {};
}

} // namespace tv::cli
