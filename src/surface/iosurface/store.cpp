#include "surface/iosurface/store.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/limits.h"

namespace tv::surface {
namespace {

// Shared by the store and by the surfaces in somebody's hands, which come back to it.
class Pool {
public:
    Pool(const IOSurfaceOptions& options, const Clock& clock) : options_(options), clock_(clock) {}

    Result<std::shared_ptr<IOSurface>> take(std::uint32_t width, std::uint32_t height) {
        const std::lock_guard guard(mutex_);
        drop_old(clock_.steady());
        // What a compositor still shows stays where it is.
        const auto fits = [&](const Free& free) {
            return free.surface->width() == width && free.surface->height() == height &&
                   !free.surface->in_use() && free.surface->check().has_value();
        };
        if (auto found = std::ranges::find_if(free_, fits); found != free_.end()) {
            auto surface = std::move(found->surface);
            free_.erase(found);
            ++counts_.recycled;
            ++counts_.live;
            return surface;
        }
        TV_TRY(check_limits(width, height));
        auto made = IOSurface::create(width, height, options_);
        if (!made) return made;
        counts_.bytes += (*made)->byte_size();
        ++counts_.created;
        ++counts_.live;
        return made;
    }

    void give_back(std::shared_ptr<IOSurface> surface) {
        const std::lock_guard guard(mutex_);
        --counts_.live;
        const auto same_size = [&](const Free& free) {
            return free.surface->width() == surface->width() && free.surface->height() == surface->height();
        };
        // The oldest of that size makes room.
        if (std::ranges::count_if(free_, same_size) >= static_cast<std::ptrdiff_t>(limits::kMaxFreeSurfaces))
            drop(std::ranges::find_if(free_, same_size));
        free_.push_back({std::move(surface), clock_.steady() + kFreeSurfaceTime});
    }

    std::optional<std::int64_t> service(std::int64_t now) {
        const std::lock_guard guard(mutex_);
        drop_old(now);
        return free_.empty() ? std::nullopt : std::optional(free_.front().until);
    }

    void release_free() {
        const std::lock_guard guard(mutex_);
        while (!free_.empty()) drop(free_.begin());
    }

    StoreCounts counts() const {
        const std::lock_guard guard(mutex_);
        StoreCounts counts = counts_;
        counts.free = free_.size();
        return counts;
    }

private:
    struct Free {
        std::shared_ptr<IOSurface> surface;
        std::int64_t until = 0;
    };

    // Asked before anything is allocated. Rows are a little longer than their pixels; so much is free.
    [[nodiscard]] Status check_limits(std::uint32_t width, std::uint32_t height) {
        if (width == 0 || height == 0) return fail(ErrorCategory::Unsupported, "IOSurface without pixels");
        if (width > limits::kMaxImageSide || height > limits::kMaxImageSide)
            return fail(ErrorCategory::Limit, "width or height of an image (kMaxImageSide)",
                        std::max(width, height));
        const std::size_t bytes = std::size_t{width} * height * 4;
        while (counts_.bytes + bytes > limits::kMaxSurfaceBytes && !free_.empty()) drop(free_.begin());
        if (counts_.bytes + bytes > limits::kMaxSurfaceBytes)
            return fail(ErrorCategory::Limit, "bytes of all surfaces (kMaxSurfaceBytes)",
                        static_cast<std::int64_t>(limits::kMaxSurfaceBytes));
        return {};
    }
    void drop(std::vector<Free>::iterator free) {
        counts_.bytes -= free->surface->byte_size();
        free_.erase(free);
    }
    void drop_old(std::int64_t now) { // the list is in the order of time
        while (!free_.empty() && free_.front().until <= now) drop(free_.begin());
    }

    const IOSurfaceOptions options_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::vector<Free> free_;
    StoreCounts counts_;
};

class Store final : public SurfaceStore {
public:
    Store(const IOSurfaceOptions& options, const Clock& clock)
        : pool_(std::make_shared<Pool>(options, clock)) {}

    Result<std::shared_ptr<Surface>> create(std::uint32_t width, std::uint32_t height) override {
        TV_ASSIGN(std::shared_ptr<IOSurface> surface, pool_->take(width, height));
        IOSurface* borrowed = surface.get();
        // Whoever lets go last, on whatever thread, brings it back.
        return std::shared_ptr<Surface>(borrowed,
                                        [pool = pool_, surface = std::move(surface)](Surface*) mutable {
                                            pool->give_back(std::move(surface));
                                        });
    }
    std::optional<std::int64_t> service(std::int64_t now) override { return pool_->service(now); }
    void release_free() override { pool_->release_free(); }
    [[nodiscard]] StoreCounts counts() const override { return pool_->counts(); }

private:
    std::shared_ptr<Pool> pool_;
};

} // namespace

std::shared_ptr<SurfaceStore> make_iosurface_store(const IOSurfaceOptions& options, const Clock& clock) {
    return std::make_shared<Store>(options, clock);
}

} // namespace tv::surface
