// What a program made of the test compositor adds to its command line.
#pragma once

#include <CLI/CLI.hpp>

#include "options.h"

namespace tv::test {

void add_more_options(CLI::App& app);
// After parsing.
void use_more_options(CompositorOptions& options);

} // namespace tv::test
