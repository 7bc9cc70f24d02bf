// The one table behind parsing and --help.
#pragma once

#include <span>
#include <string_view>

#include "cli/options.h"

namespace tv::cli {

enum class Takes : std::uint8_t {
    Nothing,
    Value,
    // With "=", or the next word if that is neither an option nor a mode.
    PerhapsValue,
};

struct OptionRow {
    std::string_view name; // without the dashes
    char letter;           // 0: none
    Takes takes;
    std::string_view value; // its name in --help
    std::string_view help;  // empty: accepted, not shown
    Done (*apply)(Options&, std::string_view value);
};

[[nodiscard]] std::span<const OptionRow> option_table();

} // namespace tv::cli
