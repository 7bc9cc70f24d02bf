#include "backend/ask_compositor.h"

#include "surface/probe.h"
#include "surface/store.h"

namespace tv::backend {

namespace {

Result<bool> offers_surfaces(const Connect& connect) {
    TV_ASSIGN(UniqueFd connection, connect());
    TV_ASSIGN(const auto survey, surface::survey_compositor(std::move(connection)));
    return surface::offered_store(survey) == surface::StoreKind::IOSurface;
}

Status try_surfaces(const Connect& connect, surface::SurfaceStore& store) {
    TV_ASSIGN(UniqueFd connection, connect());
    return surface::probe_surfaces(std::move(connection), store);
}

} // namespace

std::expected<void, Refusal> takes_surfaces(const Connect& connect, surface::SurfaceStore& store) {
    const auto offered = offers_surfaces(connect);
    if (!offered) return std::unexpected(Refusal{offered.error()});
    if (!*offered)
        return std::unexpected(
            Refusal{{ErrorCategory::Unsupported, "the compositor offers no modifier for IOSurfaces"}});
    const Status taken = try_surfaces(connect, store);
    if (!taken) return std::unexpected(Refusal{taken.error(), true});
    return {};
}

void log_refusal(const Log& log, const Refusal& refusal) {
    const std::string why = describe(refusal.why);
    if (refusal.offered)
        log.warning("pixels go through wl_shm: the compositor offers IOSurfaces and did not take one: {}",
                    why);
    else
        log.info("pixels go through wl_shm: {}", why);
}

} // namespace tv::backend
