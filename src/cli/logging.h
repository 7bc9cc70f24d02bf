// The program's log: lines on standard error.
#pragma once

#include "base/log.h"

namespace tv::cli {

// Warnings and errors; with `debug` everything, with times and process ids. Text from outside cannot drive
// the terminal: control characters are shown, not sent.
[[nodiscard]] Log make_stderr_log(bool debug);

} // namespace tv::cli
