#include "cli/executable_path.h"

#include <cerrno>
#include <climits>
#include <cstdlib>

#include <mach-o/dyld.h>

namespace tv::cli {

Result<std::string> executable_path() {
    char path[PATH_MAX];
    std::uint32_t size = sizeof path;
    if (_NSGetExecutablePath(path, &size) != 0) return fail_errno("_NSGetExecutablePath", ENAMETOOLONG);
    // It may contain links and "..": resolved, so that a later chdir does not matter.
    char resolved[PATH_MAX];
    if (::realpath(path, resolved) == nullptr) return fail_errno("realpath");
    return std::string(resolved);
}

} // namespace tv::cli
