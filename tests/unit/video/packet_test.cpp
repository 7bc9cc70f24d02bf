// Packets in memory that is used again.
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "video/packet.h"

namespace tv::video {
namespace {

std::vector<std::byte> content(std::size_t size, int seed) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i * 7 + static_cast<std::size_t>(seed));
    return bytes;
}

bool holds(const Packet& packet, const std::vector<std::byte>& bytes) {
    return std::equal(packet.bytes().begin(), packet.bytes().end(), bytes.begin(), bytes.end());
}

TEST(PacketMemory, packets_of_every_size_hold_what_they_were_made_of_and_end_in_zeros) {
    const auto memory = std::make_shared<PacketMemory>();
    for (int round = 0; round < 3; ++round) { // the later ones in used memory
        std::vector<std::shared_ptr<const Packet>> packets;
        std::vector<std::vector<std::byte>> contents;
        for (const std::size_t size : {0, 1, 63, 64, 65, 127, 128, 129, 255, 1000, 4096, 65'537, 1'000'000})
            packets.push_back(make_packet(contents.emplace_back(content(size, round)), memory));
        for (std::size_t i = 0; i < packets.size(); ++i) {
            EXPECT_TRUE(holds(*packets[i], contents[i])) << contents[i].size();
            const std::byte* end = packets[i]->bytes().data() + contents[i].size();
            EXPECT_TRUE(
                std::all_of(end, end + kAccessUnitPadding, [](std::byte b) { return b == std::byte{0}; }));
        }
    }
}

TEST(PacketMemory, what_a_packet_gave_back_is_what_the_next_of_its_size_gets) {
    PacketMemory memory;
    void* first = memory.take(1000);
    void* second = memory.take(1000);
    EXPECT_NE(first, second);
    memory.give(first, 1000);
    EXPECT_EQ(memory.take(1010), first); // the same step
    memory.give(second, 1000);
    void* larger = memory.take(5000);
    EXPECT_NE(larger, second);
    memory.give(larger, 5000);
    memory.give(first, 1010);
}

TEST(PacketMemory, outlives_whoever_made_it_in_its_packets) {
    auto memory = std::make_shared<PacketMemory>();
    const auto bytes = content(300, 1);
    auto packet = make_packet(bytes, memory);
    const std::weak_ptr<PacketMemory> watched = memory;
    memory.reset();
    EXPECT_TRUE(holds(*packet, bytes));
    packet.reset();
    EXPECT_TRUE(watched.expired());
}

TEST(PacketMemory, packets_may_end_on_other_threads) {
    const auto memory = std::make_shared<PacketMemory>();
    std::vector<std::thread> threads;
    for (int seed = 0; seed < 4; ++seed)
        threads.emplace_back([&memory, seed] {
            for (std::size_t i = 0; i < 50; ++i) {
                const auto bytes = content(i * 3, seed);
                auto packet = make_packet(bytes, memory);
                std::thread([packet = std::move(packet), &bytes] {
                    EXPECT_TRUE(holds(*packet, bytes));
                }).join();
            }
        });
    for (std::thread& thread : threads) thread.join();
}

} // namespace
} // namespace tv::video
