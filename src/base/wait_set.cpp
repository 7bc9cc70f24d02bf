#include "base/wait_set.h"

#include <algorithm>

namespace tv {

int wait_milliseconds(std::int64_t now, std::int64_t until) {
    constexpr std::int64_t kMillisecond = 1'000'000;
    constexpr std::int64_t kLongest = 1'000;
    if (until == 0) return -1;
    if (until <= now) return 0;
    return static_cast<int>(std::min((until - now - 1) / kMillisecond + 1, kLongest));
}

} // namespace tv
