#include "cli/store_choice.h"

#include "backend/ask_compositor.h"

namespace tv::cli {
namespace {

backend::Connect connector(const std::string& path) {
    return [path]() -> Result<UniqueFd> {
        auto connection = connect_compositor(path);
        if (!connection) return fail(ErrorCategory::Io, "the compositor takes no connection");
        return std::move(*connection);
    };
}

} // namespace

Outcome<StoreWish> choose_store(const Options& options, const std::string& path,
                                const backend::SurfaceBackend& surfaces, const Log& log) {
    if (options.store == StoreWish::IOSurface && !surfaces.store)
        return failure("--store=iosurface: this system has no IOSurfaces");
    if (options.store != StoreWish::Auto) return options.store;
    if (!surfaces.store || options.no_gpu) return StoreWish::Shm;
    if (path.empty()) {
        log.info("pixels go through wl_shm: WAYLAND_SOCKET leaves nothing to ask the compositor with; with "
                 "--store=iosurface it is not asked");
        return StoreWish::Shm;
    }
    const auto takes = backend::takes_surfaces(connector(path), *surfaces.store);
    if (takes) return StoreWish::IOSurface;
    backend::log_refusal(log, takes.error());
    return StoreWish::Shm;
}

Outcome<StoreWish> choose_store(const Options& options, const WaylandEnvironment& environment,
                                const backend::SurfaceBackend& surfaces, const Log& log) {
    const bool asks = options.store == StoreWish::Auto && surfaces.store && !options.no_gpu;
    if (!asks || environment.socket) return choose_store(options, std::string(), surfaces, log);
    TV_ASSIGN(const CompositorPlace place, find_compositor(environment));
    return choose_store(options, place.path, surfaces, log);
}

} // namespace tv::cli
