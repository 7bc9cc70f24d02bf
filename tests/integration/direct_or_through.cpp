#include "direct_or_through.h"

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

Outcome gather(TestCompositor& compositor, int client, Child& child) {
    Outcome outcome;
    outcome.exit = child.wait(60s);
    EXPECT_TRUE(eventually(
        [&] {
            const auto log = compositor.log();
            return std::any_of(log.begin(), log.end(), [client](const LogEntry& entry) {
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

} // namespace tv::test
