// Work that goes on after the call that began it has returned: counted, so that somebody can wait for its
// end.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tv {

// Thread-safe. Shared with whoever ends work, who may outlive the one who waits.
class InFlight {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr auto kForever = Clock::duration::max();

    // Also while closed: who begins it is under way himself.
    void begin() {
        const std::lock_guard lock(mutex_);
        add_while_locked();
    }
    // False: closed, and nothing has begun.
    [[nodiscard]] bool try_begin() {
        const std::lock_guard lock(mutex_);
        if (!closed_) add_while_locked();
        return !closed_;
    }
    void end() {
        const std::lock_guard lock(mutex_);
        --count_;
        changed_at_ = Clock::now();
        changed_.notify_all();
    }
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    void open() {
        const std::lock_guard lock(mutex_);
        closed_ = false;
    }
    // True once nothing is under way. What is still there when none has begun or ended for `withheld` counts
    // as left alone by whoever has it.
    [[nodiscard]] bool wait_until(Clock::time_point deadline, Clock::duration withheld = kForever) {
        std::unique_lock lock(mutex_);
        while (count_ != 0) {
            const auto now = Clock::now();
            if (withheld != kForever && now - changed_at_ >= withheld) return true;
            if (now >= deadline) return false;
            changed_.wait_until(lock,
                                withheld != kForever ? std::min(deadline, changed_at_ + withheld) : deadline);
        }
        return true;
    }

private:
    void add_while_locked() {
        ++count_;
        changed_at_ = Clock::now();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned count_ = 0;
    Clock::time_point changed_at_;
    bool closed_ = false;
};

} // namespace tv
