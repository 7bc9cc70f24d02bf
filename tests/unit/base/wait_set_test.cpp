#include "base/wait_set.h"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

namespace tv {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

struct Pair {
    UniqueFd ours, theirs;
    Pair() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ours = UniqueFd::adopt(ends[0]);
        theirs = UniqueFd::adopt(ends[1]);
    }
    void say() const { EXPECT_EQ(::write(theirs.get(), "a", 1), 1); }
    void listen() const {
        char byte;
        EXPECT_EQ(::read(ours.get(), &byte, 1), 1);
    }
};

class Waiting : public ::testing::Test {
protected:
    std::array<pollfd, 3> both(short events = POLLIN) const {
        return {{{a.ours.get(), events, 0}, {-1, POLLIN, 0}, {b.ours.get(), POLLIN, 0}}};
    }
    std::int64_t now() const { return system_clock().steady(); }

    // Waits until something is found or `until` is over, as callers do: 0 may come early.
    int wait(std::span<pollfd> asked, std::int64_t until) {
        int found = 0;
        do found = set.wait(asked, now(), until);
        while (found == 0 && now() < until);
        return found;
    }

    Pair a, b;
    std::array<int, 2> lasting{a.ours.get(), b.ours.get()};
    WaitSet set{lasting};
};

TEST_F(Waiting, tells_which_of_those_that_last_is_readable_again_and_again) {
    for (int round = 0; round < 3; ++round) {
        const Pair& speaker = round % 2 == 0 ? a : b;
        speaker.say();
        auto asked = both();
        EXPECT_EQ(set.wait(asked, now(), 0), 1);
        EXPECT_EQ(asked[0].revents, round % 2 == 0 ? POLLIN : 0);
        EXPECT_EQ(asked[1].revents, 0);
        EXPECT_EQ(asked[2].revents, round % 2 == 0 ? 0 : POLLIN);
        // What is not read is told of again.
        EXPECT_EQ(set.wait(asked, now(), 0), 1);
        speaker.listen();
    }
}

TEST_F(Waiting, ends_in_time_and_not_before) {
    for (int round = 0; round < 3; ++round) {
        auto asked = both();
        const std::int64_t begin = now();
        EXPECT_EQ(wait(asked, begin + 20 * kMillisecond), 0);
        EXPECT_GE(now() - begin, 20 * kMillisecond);
    }
}

TEST_F(Waiting, a_time_that_is_over_only_looks) {
    auto asked = both();
    EXPECT_EQ(set.wait(asked, 5, 4), 0);
    b.say();
    EXPECT_EQ(set.wait(asked, 5, 4), 1);
    EXPECT_EQ(asked[2].revents, POLLIN);
}

TEST_F(Waiting, a_nearer_time_after_a_far_one_counts) {
    auto asked = both();
    a.say();
    EXPECT_EQ(set.wait(asked, now(), now() + 900 * kMillisecond), 1);
    a.listen();
    const std::int64_t begin = now();
    EXPECT_EQ(wait(asked, begin + 5 * kMillisecond), 0);
    EXPECT_LT(now() - begin, 800 * kMillisecond);
}

TEST_F(Waiting, one_left_out_is_not_waited_for) {
    a.say();
    auto asked = both();
    asked[0].fd = -1;
    EXPECT_EQ(wait(asked, now() + 5 * kMillisecond), 0);
    EXPECT_EQ(asked[0].revents, 0);
}

TEST_F(Waiting, others_and_other_events_are_waited_for_as_well) {
    auto writable = both(POLLIN | POLLOUT);
    EXPECT_EQ(set.wait(writable, now(), 0), 1);
    EXPECT_EQ(writable[0].revents, POLLOUT);

    const Pair guest;
    guest.say();
    std::array<pollfd, 3> asked{
        {{a.ours.get(), POLLIN, 0}, {b.ours.get(), POLLIN, 0}, {guest.ours.get(), POLLIN, 0}}};
    EXPECT_EQ(set.wait(asked, now(), 0), 1);
    EXPECT_EQ(asked[2].revents, POLLIN);
}

TEST_F(Waiting, the_other_end_s_end_is_told) {
    a.theirs.reset();
    auto asked = both();
    EXPECT_EQ(set.wait(asked, now(), 0), 1);
    EXPECT_NE(asked[0].revents & POLLIN, 0);
    EXPECT_NE(asked[0].revents & POLLHUP, 0);
}

TEST(WaitingForFiles, a_regular_file_that_lasts_is_waited_for_like_any_other) {
    char name[] = "/tmp/tunnelview-wait-XXXXXX";
    const UniqueFd file = UniqueFd::adopt(::mkstemp(name));
    ASSERT_TRUE(file.valid());
    ::unlink(name);
    const std::array<int, 1> lasting{file.get()};
    WaitSet set(lasting);
    std::array<pollfd, 1> asked{{{file.get(), POLLIN, 0}}};
    EXPECT_EQ(set.wait(asked, 1, 0), 1);
    EXPECT_EQ(asked[0].revents, POLLIN);
}

TEST(WaitMilliseconds, are_whole_never_early_and_at_most_a_second) {
    EXPECT_EQ(wait_milliseconds(5, 0), -1);
    EXPECT_EQ(wait_milliseconds(5, 5), 0);
    EXPECT_EQ(wait_milliseconds(5, 3), 0);
    EXPECT_EQ(wait_milliseconds(5, 6), 1);
    EXPECT_EQ(wait_milliseconds(0, kMillisecond), 1);
    EXPECT_EQ(wait_milliseconds(0, kMillisecond + 1), 2);
    EXPECT_EQ(wait_milliseconds(0, 5'000 * kMillisecond), 1'000);
}

} // namespace
} // namespace tv
