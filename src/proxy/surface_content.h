// Which surfaces (surface/surface.h) the compositor has, and which of them windows show: what their release
// guards need to know.
#pragma once

#include <memory>

#include "mirror/replica.h"
#include "proxy/request_queue.h"
#include "surface/release_guard.h"
#include "wayland/object_table.h"

namespace tv::proxy {

// A wl_buffer made of a surface. Shared by the object and by the wl_surfaces that show it.
struct BufferUse {
    explicit BufferUse(std::shared_ptr<surface::Published> of) : published(std::move(of)) {}
    ~BufferUse() { released(); }
    BufferUse(const BufferUse&) = delete;
    BufferUse& operator=(const BufferUse&) = delete;

    void shown() {
        if (!std::exchange(unreleased_, true)) published->guard.handed_out();
        published->guard.shown();
    }
    // True: it was shown since the last time.
    bool released() {
        const bool was_shown = std::exchange(unreleased_, false);
        if (was_shown) published->guard.released();
        return was_shown;
    }

    const std::shared_ptr<surface::Published> published;
    bool import_told = false; // in the log (dmabuf_gate.h)
    bool present_told = false;

private:
    bool unreleased_ = false;
};

// What a wl_surface shows, as far as the compositor was told. Outlives the wl_surface in the queue.
struct SurfaceContent {
    ~SurfaceContent() { set(nullptr); }
    void set(std::shared_ptr<BufferUse> next) {
        if (next) next->published->guard.attached();
        if (current) current->published->guard.detached();
        current = std::move(next);
    }
    std::shared_ptr<BufferUse> current;
};

// The gate of a commit that changes what a wl_surface shows.
class ShowAction final : public ForwardAction {
public:
    explicit ShowAction(std::shared_ptr<SurfaceContent> content) : content_(std::move(content)) {}
    void set_next(std::shared_ptr<BufferUse> next) { next_ = std::move(next); }
    Status about_to_forward() override {
        if (next_) next_->shown();
        content_->set(std::move(next_));
        return {};
    }

private:
    std::shared_ptr<SurfaceContent> content_;
    std::shared_ptr<BufferUse> next_; // null: nothing is shown any more
};

// Makes a wl_buffer of the image.
BufferUse& attach_image(wayland::Object& buffer, std::shared_ptr<mirror::Replica> image);

} // namespace tv::proxy
