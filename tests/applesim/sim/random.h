// What the references leave open (marks R and ?) is drawn here, from one seed for the process:
// TV_APPLESIM_SEED, or 1.
#pragma once

#include <cstdint>

namespace tv::sim {

std::uint64_t seed();
// Starts the draws anew; a test loops over seeds with this.
void set_seed(std::uint64_t seed);
// Uniform in [0, below); any thread.
std::uint64_t draw(std::uint64_t below);
inline bool coin() {
    return draw(2) == 1;
}

} // namespace tv::sim
