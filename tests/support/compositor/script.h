// Commands for the executable, one a line, and its command line.
#pragma once

#include <string>

#include "compositor.h"

namespace tv::test {

// Carries one command out. Returns what to print: "ok", or "error ..." for what is not understood.
// The empty string means: quit.
[[nodiscard]] std::string carry_out(TestCompositor& compositor, const std::string& command);
// All commands with a line of explanation each.
[[nodiscard]] const char* command_help();

// Reads "interface.request:nth" with either part empty or absent: "wl_surface.commit:3", ":100".
[[nodiscard]] Result<Fault> parse_fault(Fault::What what, const std::string& text);

} // namespace tv::test
