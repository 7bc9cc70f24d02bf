// What a picture's way through Metal allocates besides Apple's own objects, once everything has been made,
// which is nothing; and what it calls.
//
// A program of its own, because it replaces operator new to count.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#include <gtest/gtest.h>

#include "call_list.h"
#include "metal/paint.h"
#include "metal_bed.h"
#include "sim/apples.h"
#include "sim/calls.h"
#include "sim/iosurface.h"
#include "sim/metal.h"

namespace {
std::atomic<std::uint64_t> g_allocations = 0;

void* counted(std::size_t size) {
    if (tv::sim::t_inside == 0) g_allocations.fetch_add(1, std::memory_order_relaxed);
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

namespace tv::metal {
namespace {

// Rings when a picture is shown.
class Bell {
public:
    void ring() {
        const std::lock_guard lock(mutex_);
        ++shown_;
        rang_.notify_all();
    }
    [[nodiscard]] bool wait_for(int count) {
        std::unique_lock lock(mutex_);
        return rang_.wait_for(lock, std::chrono::seconds(20), [&] { return shown_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable rang_;
    int shown_ = 0;
};

TEST(MetalCost,
     a_picture_allocates_nothing_of_ours_makes_the_listed_calls_and_leaves_nothing_in_the_texture_cache) {
    constexpr video::Size kSize{64, 48};
    constexpr int kWarmUp = 20, kPictures = 200;
    test::QueuedExecutor executor;
    test::KeptLog log;
    auto gpu = Gpu::create(executor, log.log());
    (void)gpu->converter();
    executor.run();
    auto surface = surface::IOSurface::create(kSize.width, kSize.height, {});
    ASSERT_TRUE(surface);
    const video::Paint paint = paint_iosurface(*surface, std::make_shared<Orientation>(), gpu);
    const test::PixelBuffer buffer(kSize, 7);
    const video::Picture picture = buffer.picture();
    Bell bell;
    const auto show = [&](int from, int count) {
        for (int i = 0; i < count; ++i) {
            paint(picture, [&bell](const Status&) { bell.ring(); });
            ASSERT_TRUE(bell.wait_for(from + i + 1));
        }
    };
    show(0, kWarmUp);
    sim::drain_gpu();
    const auto calls = sim::calls();
    const auto flushes = sim::gpu_counts().flushes;
    const auto writes = sim::surface_calls().write_locks;
    const std::uint64_t before = g_allocations;
    show(kWarmUp, kPictures);
    EXPECT_EQ(g_allocations - before, 0U);
    sim::drain_gpu();
    EXPECT_EQ(test::calls_per_frame(calls, sim::calls(), kPictures), test::committed_calls(TV_METAL_CALLS));
    EXPECT_EQ(sim::surface_calls().write_locks, writes);
    EXPECT_EQ(sim::gpu_counts().flushes - flushes, std::uint64_t{kPictures});
    EXPECT_EQ(sim::gpu_counts().cached, 0U);
    EXPECT_EQ(gpu->statistics().by_gpu, std::uint64_t{kWarmUp + kPictures});
    sim::drain_gpu();
}

} // namespace
} // namespace tv::metal
