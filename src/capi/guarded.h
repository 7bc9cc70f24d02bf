// No exception crosses the C API.
#pragma once

#include <new>

#include "tunnelview/tunnelview.h"

namespace tv::capi {

template <typename Work>
tv_result guarded(Work work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return TV_ERROR_MEMORY;
    } catch (...) {
        return TV_ERROR_INTERNAL;
    }
}

} // namespace tv::capi
