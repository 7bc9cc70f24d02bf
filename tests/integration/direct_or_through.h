// The same scripted client straight at the compositor, and through a stock `waypipe server` and our session.
#pragma once

#include <string>
#include <vector>

#include "session_bed.h"

namespace tv::test {

// What both sides saw of one run.
struct Outcome {
    std::optional<Exit> exit;
    std::vector<std::string> printed;  // by the client: events and what it made of them
    std::vector<std::string> requests; // as the compositor saw them
    std::vector<std::string> notes;    // commits with their CRC, files with theirs
    std::string complaints;            // the client's and waypipe's stderr
};

// Globals that are hidden or lowered for waypipe 0.8.4, and why; the compositor of the direct run announces
// them like this itself, so that everything else must be equal.
struct HiddenGlobal {
    const char* interface;
    std::uint32_t version; // announced to the application, 0: not at all
    const char* reason;
};
inline constexpr HiddenGlobal kHiddenFromC[] = {
    {"ext_data_control_manager_v1", 0, "its descriptors are not in 0.8.4's tables"},
    {"ext_image_copy_capture_manager_v1", 0, "captured contents would not be replicated"},
    {"wp_color_manager_v1", 0, "its descriptors are not in 0.8.4's tables"},
    {"wp_security_context_manager_v1", 0, "listening sockets cannot be replicated"},
    {"xdg_toplevel_icon_manager_v1", 0, "0.8.4 would not send the icon's pixels"},
    {"zwlr_screencopy_manager_v1", 1, "0.8.4 replicates `copy` alone"},
};

// Parts of a line that differ from run to run, direct or not.
struct Varying {
    const char* line;  // a part of the line
    const char* after; // what comes after this is replaced up to the next of `until`
    const char* until;
    const char* reason;
};
inline constexpr Varying kVarying[] = {
    {"wl_registry#", ".bind(", ",", "names of globals count the hidden ones, too"},
    {"wp_commit_timer_v1#", "set_timestamp(", ")", "a time"},
    {" target ahead_ms=", "ahead_ms=", "\n", "a time"},
    {"p50_us ", "p50_us ", "\n", "a measurement"},
    {"p99_us ", "p99_us ", "\n", "a measurement"},
    {" elapsed_ms ", "elapsed_ms ", "\n", "a measurement"},
};

[[nodiscard]] std::string without_varying(std::string line);

// How a scenario is run: its arguments, and what the test has to do meanwhile.
struct Play {
    std::string scenario;
    std::vector<std::string> arguments;
    const char* when = nullptr; // do `act` once the client has printed this
    void (*act)(TestCompositor&) = nullptr;
    bool end_may_be_lost = false; // the client leaves without waiting: libwayland may drop what it said last
};

class ThroughTest : public IntegrationTest {
protected:
    [[nodiscard]] Outcome straight(const Play& play);
    [[nodiscard]] Outcome through(const Play& play, const std::string& compression, SessionConfig config);
    static void expect_same(const Outcome& got, const Outcome& expected);

private:
    [[nodiscard]] std::unique_ptr<TestCompositor> make_compositor(bool direct);
    // Runs the client and gathers what it printed and what the compositor's log has of it.
    [[nodiscard]] static Outcome run_play(const Play& play, TestCompositor& compositor,
                                          const SpawnOptions& options);
};

} // namespace tv::test
