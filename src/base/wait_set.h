// Waiting over and over for the same few descriptors, and now and then for others as well.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <poll.h>

namespace tv {

// One thread's. Where the system has something cheaper than poll for descriptors that stay, and nothing else
// is asked for, that is used; where it has not, or has no descriptors left for it, this is poll. Implemented
// per system.
class WaitSet {
public:
    // `lasting` are open for as long as this is, each with the same file behind it.
    explicit WaitSet(std::span<const int> lasting);
    ~WaitSet();
    WaitSet(const WaitSet&) = delete;
    WaitSet& operator=(const WaitSet&) = delete;

    // As poll_descriptors, until `until` at the latest: nanoseconds of the clock that says `now`; 0 is never.
    // May also return 0 early.
    [[nodiscard]] int wait(std::span<pollfd> asked, std::int64_t now, std::int64_t until);

private:
    class System;
    std::unique_ptr<System> system_; // null: poll
};

// For poll: whole milliseconds, never too early; at most a second, since a clock may be other than the
// system's.
[[nodiscard]] int wait_milliseconds(std::int64_t now, std::int64_t until);

} // namespace tv
