// A snapshot as one line of JSON; docs/statistics.md tells what is in it.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "session/snapshot.h"

namespace tv::cli {

// With the line end. What a pipe takes in one piece on Linux, so that lines of several processes never mix.
inline constexpr std::size_t kMaxStatsLine = 4096;

// Printable ASCII within quotes, whatever the bytes are: other characters as \uXXXX, what is not UTF-8 as
// U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

// One line of at most kMaxStatsLine bytes with its end. Surfaces for which there is no room are counted in
// "omitted". `process`: that serves the connection.
[[nodiscard]] std::string stats_json(const StatisticsSnapshot& snapshot, pid_t process);

} // namespace tv::cli
