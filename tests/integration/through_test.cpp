// Every scenario of the scripted client, straight at the compositor and through a stock `waypipe server` and
// our session, with each compression: what the application and the compositor see is the same, in the same
// order.
#include <algorithm>
#include <set>

#include "direct_or_through.h"
#include "scenario.h"

namespace {

using namespace tv;
using namespace tv::test;

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
            if (known.scenario == scenario.name) play = known;
        }
        for (const char* compression : {"none", "lz4", "zstd"}) cases.push_back({play, compression});
    }
    return cases;
}

class Through : public ThroughTest, public testing::WithParamInterface<Case> {};

TEST_P(Through, application_and_compositor_see_what_they_see_without_us) {
    if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    Outcome expected = straight(GetParam().play);
    Outcome got = through(GetParam().play, GetParam().compression, session_config());
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
    expect_same(got, expected);
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
