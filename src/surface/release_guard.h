// When the pixels of a published surface may be written again.
//
// A compositor shows a surface from the very memory that we write into. It says with wl_buffer.release that
// it is done, but some say so early, and some never; the system's use count tells of those who hold one. So
// both are asked, and neither is waited for longer than a refresh: writing then tears at worst, while waiting
// could stop the application for good. Each such write is counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "surface/surface.h"

namespace tv::surface {

// The longest wait: one refresh of a 60 Hz display, in nanoseconds.
inline constexpr std::int64_t kOneRefresh = 16'666'667;
// How often a surface that is waited for is looked at: nothing tells when a use count falls.
inline constexpr std::int64_t kGuardRecheck = 1'000'000;

// Writes, counted once for each time that a surface was shown.
struct GuardCounts {
    std::uint64_t forced = 0;   // after a whole refresh of waiting
    std::uint64_t attached = 0; // at once, because it was released, though still a window's content
    std::uint64_t waited = 0;   // that had to wait at all, the forced ones included
    friend bool operator==(const GuardCounts&, const GuardCounts&) = default;
};

// The poll thread's. Belongs to one surface.
class ReleaseGuard {
public:
    // A commit that shows the surface goes out.
    void shown() {
        clear_ = false;
        wait_until_ = 0;
    }
    // A buffer of it was shown for the first time since its release; it was released, or is gone.
    void handed_out() { ++unreleased_; }
    void released() { --unreleased_; }
    // It became, and is no longer, the content of a wl_surface.
    void attached() { ++attached_; }
    void detached() { --attached_; }

    // Whether it may be written now; true until it is shown again. Starts the wait when it has to. `all`:
    // counts of many surfaces, this one's are added.
    [[nodiscard]] bool ready(std::int64_t now, const Surface& surface, GuardCounts& all) {
        if (clear_) return true;
        const auto count = [&](std::uint64_t GuardCounts::* which) {
            ++(counts_.*which);
            ++(all.*which);
        };
        const bool still_shown = unreleased_ > 0 && attached_ > 0;
        if (!still_shown && !surface.in_use()) {
            if (attached_ > 0) count(&GuardCounts::attached);
            return clear_ = true;
        }
        if (wait_until_ == 0) {
            count(&GuardCounts::waited);
            wait_until_ = now + kOneRefresh;
        }
        if (now < wait_until_) return false;
        count(&GuardCounts::forced);
        return clear_ = true;
    }
    [[nodiscard]] const GuardCounts& counts() const { return counts_; }

private:
    GuardCounts counts_;
    bool clear_ = true;           // may be written until it is shown again
    unsigned unreleased_ = 0;     // buffers of it that the compositor has
    unsigned attached_ = 0;       // wl_surfaces that show it
    std::int64_t wait_until_ = 0; // 0: nobody waits
};

// A surface that is, or is about to be, a wl_buffer. Shared by the image that fills it, the buffers made of
// it and the wl_surfaces that show them: it is recycled when none of them is left.
struct Published {
    std::shared_ptr<Surface> surface;
    ReleaseGuard guard;
};

} // namespace tv::surface
