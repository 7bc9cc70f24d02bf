#include "scenario.h"

#include <fmt/format.h>

#include "support/parse.h"

namespace tv::test {

int Arguments::number(std::size_t nth, int otherwise) const {
    return nth < words.size() ? parse_number(words[nth]).value_or(otherwise) : otherwise;
}
std::string Arguments::word(std::size_t nth, const std::string& otherwise) const {
    return nth < words.size() ? words[nth] : otherwise;
}

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all;
    for (const auto part : {shm_scenarios(), surface_scenarios(), data_scenarios(), input_scenarios(),
                            screen_scenarios(), load_scenarios()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

int run_scenario(const std::string& name, const Arguments& arguments) {
    for (const Scenario& scenario : scenarios()) {
        if (name != scenario.name) continue;
        const auto connection = Connection::open();
        if (!connection) {
            fmt::print(stderr, "tv-test-client: cannot connect\n");
            return 1;
        }
        const bool good = scenario.run(*connection, arguments);
        const std::string trouble = connection->trouble();
        connection->say(good && trouble.empty() ? "done"
                                                : "failed" + (trouble.empty() ? "" : ": " + trouble));
        return good && trouble.empty() ? 0 : 1;
    }
    fmt::print(stderr, "tv-test-client: no scenario {}\n", name);
    return 1;
}

} // namespace tv::test
