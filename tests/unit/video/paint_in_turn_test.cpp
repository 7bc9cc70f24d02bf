#include "video/paint_in_turn.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace tv::video {
namespace {

Picture wide(std::uint32_t width) {
    Picture picture;
    picture.size = {width, 1};
    return picture;
}

TEST(PaintInTurn, the_next_picture_is_painted_when_the_one_before_is_done) {
    std::vector<std::uint32_t> begun, ended;
    std::vector<PaintDone> going_on;
    const Paint paint = paint_in_turn([&](const Picture& picture, PaintDone done) {
        begun.push_back(picture.size.width);
        going_on.push_back(std::move(done));
    });
    for (std::uint32_t width : {1u, 2u, 3u})
        paint(wide(width), [&ended, width](const Status& status) { ended.push_back(status ? width : 0); });
    EXPECT_EQ(begun, (std::vector<std::uint32_t>{1}));
    going_on[0]({});
    EXPECT_EQ(begun, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(ended, (std::vector<std::uint32_t>{1}));
    going_on[1](fail(ErrorCategory::Io, "this one fails"));
    EXPECT_EQ(ended, (std::vector<std::uint32_t>{1, 0}));
    going_on[2]({});
    EXPECT_EQ(ended, (std::vector<std::uint32_t>{1, 0, 3}));
    paint(wide(4), [](const Status&) {});
    EXPECT_EQ(begun.back(), 4u);
}

TEST(PaintInTurn, outlives_its_owner_while_a_picture_waits) {
    std::vector<PaintDone> going_on;
    int done = 0;
    {
        const Paint paint =
            paint_in_turn([&](const Picture&, PaintDone finish) { going_on.push_back(std::move(finish)); });
        paint(wide(1), [&](const Status&) { ++done; });
        paint(wide(2), [&](const Status&) { ++done; });
    }
    PaintDone first = std::move(going_on[0]);
    first({});
    first = nullptr;
    ASSERT_EQ(going_on.size(), 2u);
    going_on[1]({});
    EXPECT_EQ(done, 2);
}

TEST(PaintInTurn, many_threads_paint_one_at_a_time_and_all_are_told) {
    constexpr int kThreads = 4, kEach = 200;
    std::atomic<int> inside = 0, most = 0, told = 0;
    const Paint paint = paint_in_turn([&](const Picture&, const PaintDone& done) {
        most = std::max(most.load(), ++inside);
        --inside;
        done({});
    });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < kEach; ++i) paint(wide(1), [&](const Status&) { ++told; });
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(most, 1);
    EXPECT_EQ(told, kThreads * kEach);
}

} // namespace
} // namespace tv::video
