#include "base/clock.h"

#include <optional>

#include <time.h>

namespace tv {
namespace {

std::optional<clockid_t> native_clock(LinuxClock clock) {
    switch (clock) {
    case LinuxClock::Realtime:
        return CLOCK_REALTIME;
    case LinuxClock::Monotonic:
        return CLOCK_MONOTONIC;
    case LinuxClock::MonotonicRaw:
        return CLOCK_MONOTONIC_RAW;
    case LinuxClock::Boottime:
#ifdef CLOCK_BOOTTIME
        return CLOCK_BOOTTIME;
#else
        return std::nullopt;
#endif
    }
    return std::nullopt;
}

constexpr std::int64_t kSecond = 1'000'000'000;

bool read_clock(clockid_t id, std::int64_t& nanoseconds) {
    timespec ts{};
    if (clock_gettime(id, &ts) != 0) return false;
    nanoseconds = static_cast<std::int64_t>(ts.tv_sec) * kSecond + ts.tv_nsec;
    return true;
}

class SystemClock final : public Clock {
public:
    bool now(LinuxClock clock, std::int64_t& nanoseconds) const override {
        auto id = native_clock(clock);
        return id && read_clock(*id, nanoseconds);
    }
    std::int64_t steady() const override {
        std::int64_t nanoseconds = 0;
        (void)read_clock(CLOCK_MONOTONIC, nanoseconds);
        return nanoseconds;
    }
};

} // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

std::int64_t convert_time(const Clock& clock, LinuxClock from, LinuxClock to, std::int64_t time) {
    if (from == to) return time;
    std::int64_t before = 0, target = 0, after = 0;
    if (!clock.now(from, before) || !clock.now(to, target) || !clock.now(from, after)) return time;
    std::int64_t converted = 0;
    return __builtin_add_overflow(time, target - (before + (after - before) / 2), &converted) ? time
                                                                                              : converted;
}

} // namespace tv
