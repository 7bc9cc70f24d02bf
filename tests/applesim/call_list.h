// Lists of Apple's functions and how often each is called for a frame: counted, and as committed.
#pragma once

#include <fstream>
#include <map>
#include <string>

#include <fmt/format.h>

namespace tv::test {

using Calls = std::map<std::string, unsigned long>; // since the start of the process

// A line for each function that was called between the two: its name and how often for each frame.
inline std::string calls_per_frame(const Calls& before, const Calls& after, int frames) {
    std::string list;
    for (const auto& [name, count] : after) {
        const auto found = before.find(name);
        const unsigned long more = count - (found == before.end() ? 0 : found->second);
        if (more != 0) list += fmt::format("{} {:g}\n", name, static_cast<double>(more) / frames);
    }
    return list;
}

// The lines of a list that are not comments.
inline std::string committed_calls(const std::string& path) {
    std::ifstream list(path);
    std::string committed;
    for (std::string line; std::getline(list, line);)
        if (!line.empty() && line[0] != '#') committed += line + "\n";
    return committed;
}

} // namespace tv::test
