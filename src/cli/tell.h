// Lines for the user, outside of the log.
#pragma once

#include <string_view>

namespace tv::cli {

// "tunnelview: LINE" on standard error, in one piece. Fails silently: there is nobody else to tell.
// `status_line`: one may stand on the terminal, and makes way.
void tell(std::string_view line, bool status_line = false);
// Text on standard output; false when it could not all be written.
[[nodiscard]] bool print_out(std::string_view text);

} // namespace tv::cli
