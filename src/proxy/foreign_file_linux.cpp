#include "proxy/foreign_file.h"

namespace tv::proxy {

bool copy_unreadable_file(const UniqueFd&, MutableBytes) {
    return false; // every file that a compositor can send takes pread
}

} // namespace tv::proxy
