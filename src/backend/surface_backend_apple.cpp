#include "backend/surface_backend.h"
#include "base/clock.h"
#include "metal/gpu.h"
#include "metal/paint.h"
#include "surface/iosurface/store.h"

namespace tv::backend {
namespace {

video::Paint paint_with(const std::shared_ptr<metal::Gpu>& gpu,
                        const std::shared_ptr<surface::Surface>& surface,
                        std::shared_ptr<const video::PixelTarget> target, video::CpuMark by_cpu) {
    // Already now, when the stream begins: a worker makes it while the first packets come.
    (void)gpu->converter();
    auto orientation = std::make_shared<metal::Orientation>();
    auto paint = metal::paint_iosurface(std::static_pointer_cast<surface::IOSurface>(surface), orientation,
                                        gpu, std::move(by_cpu));
    return [target = std::move(target), orientation = std::move(orientation),
            paint = std::move(paint)](const video::Picture& picture, video::PaintDone done) {
        orientation->bottom_up = target->bottom_up;
        paint(picture, std::move(done));
    };
}

} // namespace

SurfaceBackend surface_backend(CompositorProcess compositor) {
    SurfaceBackend backend;
    surface::IOSurfaceOptions options;
    options.other_process = compositor == CompositorProcess::Another;
    auto alignment = std::make_shared<std::atomic<std::size_t>>(1);
    options.linear_alignment = alignment;
    backend.store = surface::make_iosurface_store(options, system_clock());
    backend.make_painter = [alignment = std::move(alignment)](video::Executor& executor,
                                                              const Log& log) -> video::SurfacePainter {
        return [gpu = metal::Gpu::create(executor, log, alignment)](
                   const std::shared_ptr<surface::Surface>& surface,
                   std::shared_ptr<const video::PixelTarget> target, video::CpuMark by_cpu) {
            return paint_with(gpu, surface, std::move(target), std::move(by_cpu));
        };
    };
    return backend;
}

} // namespace tv::backend
