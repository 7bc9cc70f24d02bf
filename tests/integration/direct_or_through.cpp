#include "direct_or_through.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace tv::test {

std::string without_varying(std::string line) {
    for (const Varying& varying : kVarying) {
        if (line.find(varying.line) == std::string::npos) continue;
        const auto at = line.find(varying.after);
        if (at == std::string::npos) continue;
        const auto begin = at + std::string_view(varying.after).size();
        const auto end = std::min(line.find_first_of(varying.until, begin), line.size());
        line.replace(begin, end - begin, "_");
    }
    return line;
}

namespace {

Outcome gather(TestCompositor& compositor, int client, Child& child) {
    Outcome outcome;
    outcome.exit = child.wait(60s);
    EXPECT_TRUE(eventually(
        [&] {
            const auto log = compositor.log();
            return std::ranges::any_of(log, [client](const LogEntry& entry) {
                return entry.client == client && entry.text == "disconnected";
            });
        },
        10s))
        << "the compositor still has the client";
    std::istringstream out(child.out());
    for (std::string line; std::getline(out, line);) outcome.printed.push_back(without_varying(line));
    for (const std::string& line : compositor.lines(LogEntry::Kind::Request, client))
        outcome.requests.push_back(without_varying(line));
    for (const std::string& line : compositor.lines(LogEntry::Kind::Note, client))
        outcome.notes.push_back(without_varying(line));
    outcome.complaints = child.err();
    return outcome;
}

std::vector<std::string> client_command(const Play& play) {
    std::vector<std::string> arguments{TV_TEST_CLIENT, play.scenario};
    arguments.insert(arguments.end(), play.arguments.begin(), play.arguments.end());
    return arguments;
}

} // namespace

// Everything that happens in the compositor follows from the order of requests alone.
std::unique_ptr<TestCompositor> ThroughTest::make_compositor(bool direct) {
    CompositorOptions options;
    options.socket = direct ? "wl-direct" : "wl-through";
    options.frame_delay_ms = 0;
    options.versions["wp_color_manager_v1"] = 1;
    options.versions["wp_security_context_manager_v1"] = 1;
    if (direct) {
        for (const HiddenGlobal& hidden : kHiddenFromC) options.versions[hidden.interface] = hidden.version;
    }
    return start_compositor(std::move(options));
}

Outcome ThroughTest::run_play(const Play& play, TestCompositor& compositor, const SpawnOptions& options) {
    auto child = Child::spawn(options);
    EXPECT_TRUE(child.has_value());
    if (!child) return {};
    if (play.act != nullptr) {
        EXPECT_TRUE(child->wait_for_output(play.when, 20s)) << child->out() << child->err();
        play.act(compositor);
    }
    return gather(compositor, 1, *child);
}

Outcome ThroughTest::straight(const Play& play) {
    auto compositor = make_compositor(true);
    if (!compositor) return {};
    SpawnOptions options = command(client_command(play));
    options.environment["WAYLAND_DISPLAY"] = compositor->display();
    return run_play(play, *compositor, options);
}

Outcome ThroughTest::through(const Play& play, const std::string& compression, SessionConfig config) {
    auto compositor = make_compositor(false);
    if (!compositor) return {};
    auto receiver = Receiver::start(dir() / "channel", *compositor, std::move(config));
    EXPECT_TRUE(receiver.has_value()) << describe(receiver.error());
    if (!receiver) return {};
    Outcome outcome = run_play(
        play, *compositor,
        command(waypipe_server(compression, (*receiver)->path(), dir() / "app", client_command(play))));
    const auto reports = (*receiver)->wait(1, 10s);
    EXPECT_EQ(reports.size(), 1U) << "the session goes on";
    for (const SessionReport& report : reports) {
        EXPECT_EQ(report.end, SessionEnd::ApplicationClosed) << (report.error ? describe(*report.error) : "");
    }
    // 0.8.4 leaves the socket of its display behind.
    std::filesystem::remove(dir() / "app");
    return outcome;
}

void ThroughTest::expect_same(const Outcome& got, const Outcome& expected) {
    EXPECT_GT(expected.requests.size(), 1U);
    EXPECT_EQ(got.printed, expected.printed) << got.complaints;
    EXPECT_EQ(got.requests, expected.requests) << got.complaints;
    EXPECT_EQ(got.notes, expected.notes);
    EXPECT_EQ(got.exit, expected.exit) << got.complaints;
}

} // namespace tv::test
