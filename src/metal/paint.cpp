#include "metal/paint.h"

#include <utility>

#include "video/convert/convert.h"
#include "video/videotoolbox/locked_picture.h"

namespace tv::metal {
namespace {

class Painter : public std::enable_shared_from_this<Painter> {
public:
    Painter(std::shared_ptr<surface::IOSurface> surface, std::shared_ptr<const Orientation> orientation,
            std::shared_ptr<Gpu> gpu, std::shared_ptr<std::atomic<bool>> by_cpu)
        : surface_(std::move(surface)), orientation_(std::move(orientation)), gpu_(std::move(gpu)),
          by_cpu_(std::move(by_cpu)) {}

    void paint(const video::Picture& picture, video::PaintDone done) {
        if (picture.native == nullptr || !gpu_ || !prepare()) {
            if (picture.native != nullptr && gpu_) gpu_->count_cpu(false);
            return done(paint_by_cpu(picture));
        }
        // Until finish(): the stream paints one picture at a time.
        self_ = shared_from_this();
        picture_ = picture;
        done_ = std::move(done);
        converter_->convert(static_cast<CVPixelBufferRef>(picture.native), texture_, orientation_->bottom_up,
                            [this](Status outcome) { finish(std::move(outcome)); });
    }

private:
    [[nodiscard]] video::Size size() const { return {surface_->width(), surface_->height()}; }

    // Whether the GPU can be had, and has a texture of the surface, which is made once.
    bool prepare() {
        std::shared_ptr<Converter> now = gpu_->converter();
        if (now == nullptr) return false;
        if (now != converter_) texture_ = nullptr;
        converter_ = std::move(now);
        if (texture_ != nullptr) return true;
        // Made before the device was known, or for another one: that is not the device's failure.
        if (surface_->stride() % converter_->device().linear_alignment != 0) return false;
        auto made = converter_->target(surface_->ref(), size());
        if (made)
            texture_ = *std::move(made);
        else
            gpu_->report(*converter_, std::unexpected(made.error()));
        return texture_ != nullptr;
    }

    // On whatever thread the GPU reports.
    void finish(Status outcome) {
        const std::shared_ptr<Painter> self = std::move(self_);
        video::Picture picture = std::exchange(picture_, {});
        video::PaintDone done = std::exchange(done_, nullptr);
        gpu_->report(*converter_, outcome);
        if (!outcome) {
            gpu_->count_cpu(true);
            outcome = paint_by_cpu(picture);
        }
        // Before the next picture may come: the decoder waits for its memory.
        picture = {};
        done(std::move(outcome));
    }

    Status paint_by_cpu(const video::Picture& picture) {
        if (by_cpu_) by_cpu_->store(true, std::memory_order_relaxed);
        TV_ASSIGN(const surface::Writing writing, surface::Writing::begin(*surface_));
        const video::PixelTarget target{writing.bytes(), surface_->stride(), size(),
                                        video::PixelFormat::Xrgb8888, orientation_->bottom_up};
        if (picture.native == nullptr) return video::convert(picture, target);
        TV_ASSIGN(const video::LockedPicture locked, video::LockedPicture::lock(picture));
        return video::convert(locked.picture(), target);
    }

    const std::shared_ptr<surface::IOSurface> surface_;
    const std::shared_ptr<const Orientation> orientation_;
    const std::shared_ptr<Gpu> gpu_;
    const std::shared_ptr<std::atomic<bool>> by_cpu_;

    std::shared_ptr<Converter> converter_; // whose texture this is
    std::shared_ptr<Target> texture_;

    std::shared_ptr<Painter> self_;
    video::Picture picture_;
    video::PaintDone done_;
};

} // namespace

video::Paint paint_iosurface(std::shared_ptr<surface::IOSurface> surface,
                             std::shared_ptr<const Orientation> orientation, std::shared_ptr<Gpu> gpu,
                             std::shared_ptr<std::atomic<bool>> by_cpu) {
    return [painter = std::make_shared<Painter>(std::move(surface), std::move(orientation), std::move(gpu),
                                                std::move(by_cpu))](const video::Picture& picture,
                                                                    video::PaintDone done) {
        painter->paint(picture, std::move(done));
    };
}

} // namespace tv::metal
