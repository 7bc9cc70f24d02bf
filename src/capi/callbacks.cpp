#include "capi/callbacks.h"

#include <algorithm>

namespace tv::capi {

bool Callbacks::enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    inside_.push_back(std::this_thread::get_id());
    return true;
}

void Callbacks::leave() {
    const std::lock_guard lock(mutex_);
    // The innermost: the host may have called us, and we logged.
    const auto last = std::find(inside_.rbegin(), inside_.rend(), std::this_thread::get_id());
    inside_.erase(std::next(last).base());
    left_.notify_all();
}

bool Callbacks::inside() {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(inside_, std::this_thread::get_id()) != inside_.end();
}

bool Callbacks::close(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    return left_.wait_for(lock, patience, [this] { return inside_.empty(); });
}

} // namespace tv::capi
