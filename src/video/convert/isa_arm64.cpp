#include "video/convert/rows.h"

namespace tv::video {

extern const RowFunctions kNeonRows;

const RowFunctions* const* row_functions() {
    static const RowFunctions* const all[] = {&kNeonRows, &kPortableRows, nullptr};
    return all;
}

} // namespace tv::video
