// What the program tells its user when it gives up: one line that says what to do. The library below speaks
// in tv::Error; this layer knows names and paths, so its errors carry text.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/result.h"

namespace tv::cli {

struct Failure {
    std::string message; // without the program's name and without a line end
};

template <typename T>
using Outcome = std::expected<T, Failure>;
using Done = Outcome<void>;

[[nodiscard]] inline std::unexpected<Failure> failure(std::string message) {
    return std::unexpected(Failure{std::move(message)});
}

// "No such file or directory": the words of an errno, with the case that people know.
[[nodiscard]] std::string errno_text(int code);

} // namespace tv::cli
