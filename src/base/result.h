// Errors as values: a category for code to branch on, a literal for people to read.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace tv {

enum class ErrorCategory : std::uint8_t {
    PeerViolation, // the remote side broke the channel's or Wayland's rules
    Compositor,    // the local compositor did
    Limit,         // a limit of limits.h was reached; `what` names it
    Corrupted,     // data that does not decode
    Unsupported,   // well-formed, but nothing here can serve it
    TryAgain,      // not now
    Closed,        // the other end is gone
    Io,            // a system call failed; `sys_errno` is set
    Usage,         // the user asked for something impossible
};

// Cheap to copy and free of allocations, so that failing costs a hostile peer's victim nothing.
// `what` must be a string literal (static storage).
struct Error {
    ErrorCategory category;
    const char* what;
    int sys_errno = 0;
    std::int64_t value = 0; // the offending number, 0 when there is none worth telling
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCategory category, const char* what,
                                                 std::int64_t value = 0) {
    return std::unexpected(Error{category, what, 0, value});
}

// For a system call that just failed: keeps its name and errno.
[[nodiscard]] std::unexpected<Error> fail_errno(const char* call);
[[nodiscard]] inline std::unexpected<Error> fail_errno(const char* call, int code) {
    return std::unexpected(Error{ErrorCategory::Io, call, code, 0});
}

// Words for the top level: "peer violation: diff span out of range (4096)".
[[nodiscard]] std::string describe(const Error& error);
[[nodiscard]] const char* category_name(ErrorCategory category);

} // namespace tv

#define TV_CONCAT_(a, b) a##b
#define TV_CONCAT(a, b) TV_CONCAT_(a, b)

// Propagates an error: TV_TRY(step()); the value, if any, is dropped.
#define TV_TRY(expression)                                                                                   \
    do {                                                                                                     \
        if (auto tv_result_ = (expression); !tv_result_) [[unlikely]]                                        \
            return std::unexpected(std::move(tv_result_).error());                                           \
    } while (false)

// Propagates an error or binds the value: TV_ASSIGN(auto fd, open_it());
#define TV_ASSIGN(declaration, expression)                                                                   \
    auto TV_CONCAT(tv_value_, __LINE__) = (expression);                                                      \
    if (!TV_CONCAT(tv_value_, __LINE__)) [[unlikely]]                                                        \
        return std::unexpected(std::move(TV_CONCAT(tv_value_, __LINE__)).error());                           \
    declaration = std::move(*TV_CONCAT(tv_value_, __LINE__)) // NOLINT(bugprone-macro-parentheses)
