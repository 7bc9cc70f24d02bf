// Counts the calls of each simulated function, for the committed list of calls a frame.
#pragma once

#include <atomic>
#include <map>
#include <string>

namespace tv::sim {

class CallCounter {
public:
    explicit CallCounter(const char* function);
    void add() { count_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] unsigned long count() const { return count_.load(std::memory_order_relaxed); }

private:
    std::atomic<unsigned long> count_{0};
};

// Since the start of the process, of functions that were called at all.
std::map<std::string, unsigned long> calls();

} // namespace tv::sim

// The first line of every simulated function.
#define TV_SIM_CALL()                                                                                        \
    static tv::sim::CallCounter& tv_sim_counter_ = *new tv::sim::CallCounter(__func__);                      \
    tv_sim_counter_.add()
