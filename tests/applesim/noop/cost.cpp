#include "cost.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include <sys/resource.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "call_list.h"
#include "noop.h"

namespace {
std::atomic<std::uint64_t> g_allocations = 0;

void* counted(std::size_t size) {
    g_allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    std::abort();
}
} // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace tv::noop {

std::uint64_t allocations() {
    return g_allocations;
}

double processor_milliseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto milliseconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

Cost::Cost() : calls_(noop::calls()), allocations_(noop::allocations()), time_(processor_milliseconds()) {}

Cost::PerFrame Cost::of(int frames) const {
    PerFrame cost;
    cost.milliseconds = (processor_milliseconds() - time_) / frames;
    cost.allocations = static_cast<double>(noop::allocations() - allocations_) / frames;
    cost.calls = test::calls_per_frame(calls_, noop::calls(), frames);
    return cost;
}

void report(const char* what, const Cost::PerFrame& cost) {
    fmt::print("{}: {:.3f} ms of processor time, {:.1f} allocations\n", what, cost.milliseconds,
               cost.allocations);
    testing::Test::RecordProperty("milliseconds", fmt::format("{:.3f}", cost.milliseconds));
    testing::Test::RecordProperty("allocations", fmt::format("{:.1f}", cost.allocations));
}

} // namespace tv::noop
