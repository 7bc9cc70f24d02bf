#include "base/result.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace tv {

std::unexpected<Error> fail_errno(const char* call) {
    return fail_errno(call, errno);
}

const char* category_name(ErrorCategory category) {
    switch (category) {
    case ErrorCategory::PeerViolation:
        return "protocol violation by the remote side";
    case ErrorCategory::Compositor:
        return "protocol violation by the compositor";
    case ErrorCategory::Limit:
        return "limit reached";
    case ErrorCategory::Corrupted:
        return "corrupted data";
    case ErrorCategory::Unsupported:
        return "not supported";
    case ErrorCategory::TryAgain:
        return "temporarily unavailable";
    case ErrorCategory::Closed:
        return "connection closed";
    case ErrorCategory::Io:
        return "system error";
    case ErrorCategory::Usage:
        return "usage error";
    }
    return "error";
}

std::string describe(const Error& error) {
    if (error.category == ErrorCategory::Io)
        return fmt::format("{}: {}", error.what, std::generic_category().message(error.sys_errno));
    if (error.value != 0)
        return fmt::format("{}: {} ({})", category_name(error.category), error.what, error.value);
    return fmt::format("{}: {}", category_name(error.category), error.what);
}

} // namespace tv
