#include "backend/ask_compositor.h"

#include "surface/probe.h"
#include "surface/store.h"

namespace tv::backend {

Status takes_surfaces(const Connect& connect, surface::SurfaceStore& store) {
    TV_ASSIGN(UniqueFd first, connect());
    TV_ASSIGN(const auto survey, surface::survey_compositor(std::move(first)));
    if (surface::offered_store(survey) != surface::StoreKind::IOSurface)
        return fail(ErrorCategory::Unsupported, "the compositor offers no modifier for IOSurfaces");
    TV_ASSIGN(UniqueFd second, connect());
    return surface::probe_surfaces(std::move(second), store);
}

} // namespace tv::backend
