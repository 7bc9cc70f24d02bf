#include "video/convert/rows.h"

namespace tv::video {

extern const RowFunctions kAvx2Rows;

const RowFunctions* const* row_functions() {
    static const RowFunctions* const with_avx2[] = {&kAvx2Rows, &kPortableRows, nullptr};
    static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
    return has_avx2 ? with_avx2 : with_avx2 + 1;
}

} // namespace tv::video
