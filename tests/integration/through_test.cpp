// Every scenario of the scripted client, straight at the compositor and through a stock `waypipe server` and
// our session, with each compression: what the application and the compositor see is the same, in the same
// order.
#include <filesystem>

#include "direct_or_through.h"
#include "scenario.h"

namespace {

using namespace tv;
using namespace tv::test;

// How a scenario is run here: its arguments, and what the test has to do meanwhile.
struct Play {
    const char* scenario;
    std::vector<std::string> arguments;
    const char* when = nullptr; // do `act` once the client has printed this
    void (*act)(TestCompositor&) = nullptr;
    bool end_may_be_lost = false; // the client leaves without waiting: libwayland may drop what it said last
};

// Scenarios without a line here run with no arguments and without help.
const std::vector<Play> kPlays{
    {"stay", {}, "staying", [](TestCompositor& compositor) { compositor.close_toplevel(0); }},
    {"keymap", {"3"}, "listening", [](TestCompositor& compositor) { compositor.type("aB"); }},
    {"input-method", {"2"}, "listening", [](TestCompositor& compositor) { compositor.type("xy"); }},
    {"many-objects", {"2000"}},
    {"many-callbacks", {"2000"}},
    {"sync-latency", {"50"}},
    {"full-frame", {"640x480", "6", "noise"}},
    {"shm-basic", {"6"}},
    {"abrupt-exit", {"3"}, nullptr, nullptr, true},
};

// Scenarios that need a second client: selection_test.cpp has them.
const std::set<std::string> kPairs{"clipboard-copy", "clipboard-paste",   "primary-copy",
                                   "primary-paste",  "data-control-copy", "data-control-paste"};

struct Case {
    Play play;
    std::string compression;
};

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const Scenario& scenario : scenarios()) {
        if (kPairs.contains(scenario.name)) continue;
        Play play{scenario.name, {}};
        for (const Play& known : kPlays) {
            if (std::string_view(known.scenario) == scenario.name) play = known;
        }
        for (const char* compression : {"none", "lz4", "zstd"}) cases.push_back({play, compression});
    }
    return cases;
}

class Through : public IntegrationTest, public testing::WithParamInterface<Case> {
protected:
    // Everything that happens in the compositor follows from the order of requests alone.
    std::unique_ptr<TestCompositor> make_compositor(bool direct) {
        CompositorOptions options;
        options.socket = direct ? "wl-direct" : "wl-through";
        options.frame_delay_ms = 0;
        options.versions["wp_color_manager_v1"] = 1;
        options.versions["wp_security_context_manager_v1"] = 1;
        if (direct) {
            for (const HiddenGlobal& hidden : kHiddenFromC)
                options.versions[hidden.interface] = hidden.version;
        }
        return start_compositor(std::move(options));
    }

    Outcome play(TestCompositor& compositor, SpawnOptions options) {
        const Play& play = GetParam().play;
        auto child = Child::spawn(options);
        EXPECT_TRUE(child.has_value());
        if (!child) return {};
        if (play.act != nullptr) {
            EXPECT_TRUE(child->wait_for_output(play.when, 20s)) << child->out() << child->err();
            play.act(compositor);
        }
        return gather(compositor, 1, *child);
    }

    std::vector<std::string> client() const {
        std::vector<std::string> arguments{TV_TEST_CLIENT, GetParam().play.scenario};
        arguments.insert(arguments.end(), GetParam().play.arguments.begin(), GetParam().play.arguments.end());
        return arguments;
    }

    Outcome straight() {
        auto compositor = make_compositor(true);
        if (!compositor) return {};
        SpawnOptions options = command(client());
        options.environment["WAYLAND_DISPLAY"] = compositor->display();
        return play(*compositor, std::move(options));
    }

    Outcome through() {
        auto compositor = make_compositor(false);
        if (!compositor) return {};
        auto receiver = Receiver::start(dir() / "channel", *compositor, session_config());
        EXPECT_TRUE(receiver.has_value()) << describe(receiver.error());
        if (!receiver) return {};
        Outcome outcome = play(
            *compositor,
            command(waypipe_server(GetParam().compression, (*receiver)->path(), dir() / "app", client())));
        const auto reports = (*receiver)->wait(1, 10s);
        EXPECT_EQ(reports.size(), 1U) << "the session goes on";
        for (const SessionReport& report : reports) {
            EXPECT_EQ(report.end, SessionEnd::ApplicationClosed)
                << (report.error ? describe(*report.error) : "");
        }
        // 0.8.4 leaves the socket of its display behind.
        std::filesystem::remove(dir() / "app");
        return outcome;
    }
};

TEST_P(Through, application_and_compositor_see_what_they_see_without_us) {
    if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    Outcome expected = straight();
    Outcome got = through();
    EXPECT_GT(expected.requests.size(), 1U);
    if (GetParam().play.end_may_be_lost) {
        // Three frames were waited for; the fourth and all of its requests may be missing in either run.
        for (Outcome* outcome : {&expected, &got}) {
            ASSERT_GE(outcome->notes.size(), 5U);
            outcome->notes.resize(5);
        }
        const std::size_t common = std::min(expected.requests.size(), got.requests.size());
        expected.requests.resize(common);
        got.requests.resize(common);
    }
    EXPECT_EQ(got.printed, expected.printed) << got.complaints;
    EXPECT_EQ(got.requests, expected.requests) << got.complaints;
    EXPECT_EQ(got.notes, expected.notes);
    EXPECT_EQ(got.exit, expected.exit) << got.complaints;
}

// Keeps gtest from printing bytes.
void PrintTo(const Case& value, std::ostream* out) {
    *out << value.play.scenario << " " << value.compression;
}

INSTANTIATE_TEST_SUITE_P(Waypipe, Through, testing::ValuesIn(all_cases()), [](const auto& info) {
    std::string name = info.param.play.scenario + ("_" + info.param.compression);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

} // namespace
