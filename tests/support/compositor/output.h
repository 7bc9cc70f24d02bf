#pragma once

#include "core.h"

namespace tv::test {

struct Output {
    Core& core;
    OutputOptions options;
    int index = 0; // outputs stand side by side, from left to right
    int x = 0;
    std::vector<WatchRef> bound;
};

// The output behind a wl_output resource.
[[nodiscard]] Output& output_of(wl_resource* resource);

} // namespace tv::test
