#include "cli/executable_path.h"

#include <climits>

#include <unistd.h>

namespace tv::cli {

Result<std::string> executable_path() {
    char path[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    if (size < 0) return fail_errno("readlink(/proc/self/exe)");
    return std::string(path, static_cast<std::size_t>(size));
}

} // namespace tv::cli
