#include "video/convert/rows.h"

namespace tv::video {

const RowFunctions* const* row_functions() {
    static const RowFunctions* const all[] = {&kPortableRows, nullptr};
    return all;
}

} // namespace tv::video
