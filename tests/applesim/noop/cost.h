// What the cost tests measure of their own process: allocations, processor time, Apple's calls.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tv::noop {

// Calls of operator new, which cost.cpp replaces, so far.
std::uint64_t allocations();
// Processor time of all threads so far.
double processor_milliseconds();

// From the start of a run to its end, for each frame.
class Cost {
public:
    Cost();
    struct PerFrame {
        double milliseconds = 0;
        double allocations = 0;
        std::string calls; // a line for each function: name and count
    };
    [[nodiscard]] PerFrame of(int frames) const;

private:
    std::map<std::string, unsigned long> calls_;
    std::uint64_t allocations_;
    double time_;
};

// For whoever reads the output: a test's, or the benchmark's (bench/micro.py).
void report(const char* what, const Cost::PerFrame& cost);

} // namespace tv::noop
