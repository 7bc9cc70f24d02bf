// tv-test-client SCENARIO [ARGUMENTS]: runs one scenario against $WAYLAND_SOCKET or $WAYLAND_DISPLAY.
// Prints a line per event, without ids and times, then "done" (exit code 0) or "failed ..." (1).
#include <string>

#include <fmt/format.h>

#include "scenario.h"

int main(int argc, char** argv) {
    if (argc < 2 || std::string(argv[1]) == "--help") {
        fmt::print("usage: tv-test-client SCENARIO [ARGUMENTS]\n");
        for (const tv::test::Scenario& scenario : tv::test::scenarios()) {
            fmt::print("  {} {}\n      {}\n", scenario.name, scenario.arguments, scenario.what);
        }
        return argc < 2 ? 1 : 0;
    }
    return tv::test::run_scenario(argv[1], {{argv + 2, argv + argc}});
}
