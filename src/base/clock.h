// The clocks of both ends. Clock numbers on the wire are Linux's, whatever system this runs on.
#pragma once

#include <cstdint>

namespace tv {

// Linux clockid values as wp_presentation.clock_id announces them.
enum class LinuxClock : std::uint32_t { Realtime = 0, Monotonic = 1, MonotonicRaw = 4, Boottime = 7 };

// A seam, so that tests decide what time it is. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    // Nanoseconds of that clock; false when this system has no such clock.
    [[nodiscard]] virtual bool now(LinuxClock clock, std::int64_t& nanoseconds) const = 0;
    // A steady count for timeouts.
    [[nodiscard]] virtual std::int64_t steady() const = 0;
};

// The system's clocks; lives as long as the process.
[[nodiscard]] const Clock& system_clock();

// Adds the difference between two clocks to a time of the first: X, Y and X again are sampled, Y against the
// midpoint. Unknown clocks leave the time as it is.
[[nodiscard]] std::int64_t convert_time(const Clock& clock, LinuxClock from, LinuxClock to,
                                        std::int64_t time);

} // namespace tv
