#include <future>

#include "cli/selftest/surfaces.h"
#include "metal/paint.h"

namespace tv::cli {
namespace {

using Pixels = std::vector<std::uint8_t>;

// Runs at once what a session would give to a worker.
class Inline final : public video::Executor {
public:
    Status post(video::Task task) override {
        task();
        return {};
    }
    void give_up_worker(std::thread::id) override {}
};

constexpr auto kLongest = std::chrono::seconds(10);

Result<Pixels> paint(const video::Picture& picture, video::Size size, std::shared_ptr<metal::Gpu> gpu) {
    surface::IOSurfaceOptions options;
    options.other_process = false;
    TV_ASSIGN(auto surface, surface::IOSurface::create(size.width, size.height, options));
    auto promise = std::make_shared<std::promise<Status>>();
    auto done = promise->get_future();
    metal::paint_iosurface(surface, std::make_shared<metal::Orientation>(), std::move(gpu))(
        picture, [promise](Status status) { promise->set_value(std::move(status)); });
    if (done.wait_for(kLongest) != std::future_status::ready)
        return fail(ErrorCategory::TryAgain, "the GPU did not answer within 10 s");
    TV_TRY(done.get());
    TV_ASSIGN(const surface::Writing reading, surface::Writing::begin(*surface));
    Pixels pixels;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(reading.bytes().data());
    for (std::uint32_t y = 0; y < size.height; ++y) {
        const std::uint8_t* row = bytes + y * surface->stride();
        pixels.insert(pixels.end(), row, row + std::size_t{4} * size.width);
    }
    return pixels;
}

} // namespace

SurfaceConverters surface_converters() {
    SurfaceConverters found;
    found.converters.push_back({"cpu", "", true, [](const video::Picture& picture, video::Size size) {
                                    return paint(picture, size, nullptr);
                                }});
    static Inline executor;
    auto gpu = metal::Gpu::create(executor, {});
    (void)gpu->converter();
    const auto converter = gpu->converter();
    if (converter == nullptr) {
        auto made = metal::make_converter();
        found.no_gpu = made ? "it works only now and then" : describe(made.error());
        return found;
    }
    found.converters.push_back({"metal", converter->device().name, false,
                                [gpu](const video::Picture& picture, video::Size size) -> Result<Pixels> {
                                    const auto before = gpu->statistics().by_gpu;
                                    auto pixels = paint(picture, size, gpu);
                                    // What the CPU did instead is no proof of the GPU.
                                    if (pixels && gpu->statistics().by_gpu == before)
                                        return fail(ErrorCategory::Io, "the GPU failed, the CPU did it");
                                    return pixels;
                                }});
    return found;
}

GpuDescription describe_gpu() {
    auto converter = metal::make_converter();
    if (!converter) return {"", false, describe(converter.error())};
    const std::string& name = (*converter)->device().name;
    // "Apple Paravirtual device" in virtual machines of Apple's framework.
    const bool is_virtual = name.contains("Paravirtual") || name.contains("Virtual");
    return {name, is_virtual, ""};
}

} // namespace tv::cli
