#include "cli/failure.h"

#include <system_error>

namespace tv::cli {

std::string errno_text(int code) {
    return std::generic_category().message(code);
}

} // namespace tv::cli
