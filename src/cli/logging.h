// The program's log: lines on standard error.
#pragma once

#include "base/log.h"

namespace tv::cli {

// Warnings and errors; with `debug` everything, with times and process ids. Text from outside cannot drive
// the terminal: control characters are shown, not sent.
// `status_line`: one may stand on the terminal, and makes way.
[[nodiscard]] Log make_stderr_log(bool debug, bool status_line);

} // namespace tv::cli
