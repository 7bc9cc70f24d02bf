#include "cli/tell.h"

#include <cstdio>

#include <fmt/format.h>

#include "cli/stats_line.h"

namespace tv::cli {

// Not fmt::print, which throws when the other end is gone.
void tell(std::string_view line, bool status_line) {
    const std::string text = fmt::format("{}tunnelview: {}\n", status_line ? kClearLine : "", line);
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

bool print_out(std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

} // namespace tv::cli
