// Scenarios: what the scripted client does, by name.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "connection.h"

namespace tv::test {

struct Arguments {
    std::vector<std::string> words;
    // The nth word as a number; the default when it is missing or not a number.
    [[nodiscard]] int number(std::size_t nth, int otherwise) const;
    [[nodiscard]] std::string word(std::size_t nth, const std::string& otherwise) const;
};

struct Scenario {
    const char* name;
    const char* arguments;
    const char* what;
    // True when everything that was expected happened.
    bool (*run)(Connection& connection, const Arguments& arguments);
};

// All of them.
[[nodiscard]] std::vector<Scenario> scenarios();

// Connects, runs, and says "done" or what went wrong. The process's exit code.
[[nodiscard]] int run_scenario(const std::string& name, const Arguments& arguments);

// Each file's share of the list.
[[nodiscard]] std::span<const Scenario> shm_scenarios();
[[nodiscard]] std::span<const Scenario> surface_scenarios();
[[nodiscard]] std::span<const Scenario> data_scenarios();
[[nodiscard]] std::span<const Scenario> input_scenarios();
[[nodiscard]] std::span<const Scenario> screen_scenarios();
[[nodiscard]] std::span<const Scenario> load_scenarios();

} // namespace tv::test
