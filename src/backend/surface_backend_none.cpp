#include "backend/surface_backend.h"

namespace tv::backend {

SurfaceBackend surface_backend(CompositorProcess /*compositor*/) {
    return {};
}

} // namespace tv::backend
