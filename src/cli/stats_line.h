// The status line: what all connections do now, from the JSON lines of their processes.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tv::cli {

// Of one connection. Texts are printable ASCII, whatever the line says.
struct AppSummary {
    std::string name; // title or app id of the busiest surface, perhaps neither
    double frames_per_second = 0;
    double mbit_per_second = 0;
    std::string codec;    // of the busiest surface that is decoded; empty: none is
    std::string decoder;  // of the same
    double decode_ms = 0; // median
    double forced = 0;    // writes into surfaces that the compositor had not released
};

// From a line of stats_json(). What is missing in a line of other origin stays empty.
[[nodiscard]] AppSummary summarize(std::string_view json_line);

// At most `width` columns, printable ASCII alone.
[[nodiscard]] std::string status_line(std::span<const AppSummary> apps, std::size_t width);

// Makes way on a terminal for a line of text where a status line may stand.
inline constexpr std::string_view kClearLine = "\r\x1b[K";

} // namespace tv::cli
