// What Darwin refuses and Linux does not, refused here too, in the whole process: linked into a test beside
// the product's Darwin files.
#pragma once

#include <cstdint>

namespace tv::darwin_system {

struct Refused {
    std::uint64_t truncations = 0; // of shared memory, after its first
    std::uint64_t reads = 0;       // of shared memory with pread
    std::uint64_t silences = 0;    // hang-ups that poll did not tell because no events were asked
};
Refused refused();

} // namespace tv::darwin_system
