// The latest durations of one stage, for percentiles.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tv::video {

struct Percentiles {
    std::int64_t p50 = 0; // nanoseconds
    std::int64_t p99 = 0;
};

class Durations {
public:
    void add(std::int64_t nanoseconds) {
        latest_[count_++ % latest_.size()] = nanoseconds;
        sum_ += nanoseconds;
    }

    // Of all.
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::int64_t sum() const { return sum_; }

    // Of the latest 256.
    [[nodiscard]] Percentiles percentiles() const {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(count_, latest_.size()));
        if (count == 0) return {};
        auto sorted = latest_;
        std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
        return {sorted[(count - 1) / 2], sorted[(count - 1) * 99 / 100]};
    }

private:
    std::array<std::int64_t, 256> latest_{};
    std::uint64_t count_ = 0;
    std::int64_t sum_ = 0;
};

} // namespace tv::video
