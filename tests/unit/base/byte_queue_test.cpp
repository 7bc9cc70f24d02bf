#include "base/byte_queue.h"

#include <deque>
#include <random>

#include <gtest/gtest.h>

namespace tv {
namespace {

TEST(ByteQueue, bytes_come_out_as_they_went_in_whatever_the_pieces) {
    std::mt19937 random(7);
    ByteQueue queue;
    std::deque<std::byte> model;
    std::uint8_t next = 0;
    for (int turn = 0; turn < 20'000; ++turn) {
        std::size_t count = random() % 300;
        if (random() % 2 == 0) {
            MutableBytes room = queue.append(count);
            for (std::byte& byte : room) model.push_back(byte = std::byte{next++});
        } else {
            count = std::min(count, queue.size());
            queue.consume(count);
            model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
        }
        ASSERT_TRUE(std::ranges::equal(queue.bytes(), model)) << "turn " << turn;
    }
}

TEST(ByteQueue, one_that_is_emptied_again_and_again_never_moves) {
    ByteQueue queue;
    (void)queue.append(10'000);
    queue.consume(10'000);
    const std::byte* place = queue.append(1).data();
    queue.consume(1);
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_EQ(queue.append(5'000).data(), place);
        queue.consume(5'000);
    }
}

TEST(ByteQueue, what_is_read_into_spare_room_counts_when_it_is_committed) {
    ByteQueue queue;
    MutableBytes room = queue.spare(100);
    ASSERT_GE(room.size(), 100u);
    room[0] = std::byte{9};
    EXPECT_TRUE(queue.empty());
    queue.commit(1);
    ASSERT_EQ(queue.size(), 1u);
    EXPECT_EQ(queue.bytes()[0], std::byte{9});
}

TEST(ByteQueue, a_burst_is_given_back_only_when_it_is_over) {
    ByteQueue queue;
    (void)queue.append(1'000'000);
    queue.shrink_to(4096);
    EXPECT_EQ(queue.size(), 1'000'000u);
    queue.consume(1'000'000);
    queue.shrink_to(4096);
    EXPECT_LT(queue.spare(1).size(), 1'000'000u);
}

TEST(Fifo, values_come_out_in_order_while_others_go_in) {
    Fifo<int> fifo;
    int in = 0, out = 0;
    for (int turn = 0; turn < 1'000; ++turn) {
        for (int i = 0; i < turn % 7; ++i) fifo.push(in++);
        for (int i = 0; i < turn % 5 && !fifo.empty(); ++i) EXPECT_EQ(fifo.pop(), out++);
    }
    while (!fifo.empty()) EXPECT_EQ(fifo.pop(), out++);
    EXPECT_EQ(in, out);
}

} // namespace
} // namespace tv
