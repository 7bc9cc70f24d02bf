#include "cli/store_choice.h"

#include "surface/probe.h"
#include "surface/store.h"

namespace tv::cli {
namespace {

// An error says why it is not to be.
Status ask_compositor(const std::string& path, surface::SurfaceStore& store) {
    const auto connect = [&path]() -> Result<UniqueFd> {
        auto connection = connect_compositor(path);
        if (!connection) return fail(ErrorCategory::Io, "the compositor takes no connection");
        return std::move(*connection);
    };
    TV_ASSIGN(UniqueFd first, connect());
    TV_ASSIGN(const auto survey, surface::survey_compositor(std::move(first)));
    if (surface::offered_store(survey) != surface::StoreKind::IOSurface)
        return fail(ErrorCategory::Unsupported, "the compositor offers no modifier for IOSurfaces");
    TV_ASSIGN(UniqueFd second, connect());
    return surface::probe_surfaces(std::move(second), store);
}

} // namespace

Outcome<StoreWish> choose_store(const Options& options, const std::string& path,
                                const SurfaceBackend& backend, const Log& log) {
    if (options.store == StoreWish::IOSurface && !backend.store)
        return failure("--store=iosurface: this system has no IOSurfaces");
    if (options.store != StoreWish::Auto) return options.store;
    if (!backend.store || options.no_gpu) return StoreWish::Shm;
    if (path.empty()) {
        log.info("pixels go through wl_shm: WAYLAND_SOCKET leaves nothing to ask the compositor with; with "
                 "--store=iosurface it is not asked");
        return StoreWish::Shm;
    }
    const Status takes = ask_compositor(path, *backend.store);
    if (takes) return StoreWish::IOSurface;
    log.info("pixels go through wl_shm: {}", describe(takes.error()));
    return StoreWish::Shm;
}

Outcome<StoreWish> choose_store(const Options& options, const WaylandEnvironment& environment,
                                const SurfaceBackend& backend, const Log& log) {
    const bool asks = options.store == StoreWish::Auto && backend.store && !options.no_gpu;
    if (!asks || environment.socket) return choose_store(options, std::string(), backend, log);
    TV_ASSIGN(const CompositorPlace place, find_compositor(environment));
    return choose_store(options, place.path, backend, log);
}

} // namespace tv::cli
