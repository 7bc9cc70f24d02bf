#include <fmt/format.h>

#include "cli/option_table.h"

namespace tv::cli {
namespace {

constexpr std::string_view kIntroduction =
    R"(Usage: tunnelview [options] ssh [ssh options] user@host [application...]
       tunnelview [options] client
       tunnelview replay FILE [options]
       tunnelview doctor [user@host] [--json]
       tunnelview selftest [--json]

Shows Wayland applications that run on another machine. The other machine needs
waypipe (0.8.4 or newer), nothing else.

  ssh       connect with ssh, start the application (or a shell) there under
            'waypipe server', and show its windows here
  client    listen on a socket for 'waypipe server', however that is connected
  replay    show again what --record has written
  doctor    say what could keep applications from being shown, and what to do
            about it; with user@host also on that machine
  selftest  decode built-in clips with everything that this machine has, and
            compare the pictures

Options come before the mode:
)";

constexpr std::string_view kEpilogue = R"(
Example: tunnelview ssh user@host weston-terminal

Windows appear on the compositor that WAYLAND_DISPLAY (or WAYLAND_SOCKET) names.
)";

constexpr std::size_t kHelpColumn = 24;

std::string left_column(const OptionRow& row) {
    std::string text = row.letter != 0 ? fmt::format("  -{}, --{}", row.letter, row.name)
                                       : fmt::format("      --{}", row.name);
    if (row.takes == Takes::Value) text += fmt::format(" {}", row.value);
    if (row.takes == Takes::PerhapsValue) text += fmt::format("[={}]", row.value);
    return text;
}

} // namespace

std::string help_text() {
    std::string text(kIntroduction);
    for (const OptionRow& row : option_table()) {
        if (row.help.empty()) continue;
        std::string line = left_column(row);
        line.append(line.size() + 1 < kHelpColumn ? kHelpColumn - line.size() : 1, ' ');
        for (char c : row.help) {
            line += c;
            if (c == '\n') line.append(kHelpColumn, ' ');
        }
        text += line + '\n';
    }
    text += kEpilogue;
    return text;
}

} // namespace tv::cli
