// Where --record writes to.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "cli/options.h"
#include "replay/recorder.h"

namespace tv::cli {

// FILE for the first connection, FILE.2 for the second and so on.
[[nodiscard]] std::string recording_path(const std::string& file, unsigned connection);

// Whether a recording can begin there: nothing exists under the name, and its folder takes files.
[[nodiscard]] Done check_recording_path(const std::string& path);

// The recorder that the options ask for; null when they ask for none, or when the file cannot be made, which
// is worth a warning only. A file that exists is a failure: it is never overwritten.
[[nodiscard]] Outcome<std::unique_ptr<replay::Recorder>> start_recording(const Options& options,
                                                                         const Log& log);

} // namespace tv::cli
