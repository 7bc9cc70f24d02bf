#include "mirror/stream_copy.h"

#include <algorithm>
#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace tv::mirror {
namespace {

constexpr std::size_t kLine = 64;
using Copy = void (*)(std::byte*, const std::byte*, std::size_t);

// Copies between every two places within a line and looks at the target and at what surrounds it.
class Arena {
public:
    explicit Arena(std::size_t largest) : from_(largest + 2 * kLine), to_(largest + 4 * kLine) {
        for (std::size_t i = 0; i < from_.size(); ++i) from_[i] = static_cast<std::byte>(i * 167 >> 2 | 1);
    }

    // What is wrong with the copy; nothing: 0.
    [[nodiscard]] std::size_t wrong_bytes(Copy copy, std::size_t to, std::size_t from, std::size_t size) {
        const std::size_t start = line_of(to_) + kLine + to;
        const std::size_t source = line_of(from_) + from;
        const auto around = std::span(to_).subspan(start - kLine, size + 2 * kLine);
        std::ranges::fill(around, std::byte{});
        copy(to_.data() + start, from_.data() + source, size);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < kLine; ++i) {
            wrong += around[i] != std::byte{} ? 1U : 0U;
            wrong += around[kLine + size + i] != std::byte{} ? 1U : 0U;
        }
        if (!std::ranges::equal(around.subspan(kLine, size), std::span(from_).subspan(source, size))) ++wrong;
        return wrong;
    }

private:
    // Index of the first byte that begins a cache line.
    static std::size_t line_of(const std::vector<std::byte>& bytes) {
        return (kLine - reinterpret_cast<std::uintptr_t>(bytes.data()) % kLine) % kLine;
    }

    std::vector<std::byte> from_, to_;
};

TEST(StreamCopy, every_size_up_to_300_is_copied_exactly_at_every_alignment) {
    Arena arena(300);
    for (Copy copy : {copy_past_caches, stream_copy})
        for (std::size_t size = 0; size <= 300; ++size)
            for (std::size_t to = 0; to < kLine; ++to)
                for (std::size_t from = 0; from < 16; ++from)
                    ASSERT_EQ(arena.wrong_bytes(copy, to, from, size), 0U)
                        << size << " bytes from " << from << " to " << to;
}

TEST(StreamCopy, sizes_around_the_threshold_are_copied_exactly_at_every_alignment) {
    Arena arena(2 * kStreamBytes + 300);
    for (std::size_t size : {kStreamBytes - 1, kStreamBytes, kStreamBytes + 1, kStreamBytes + 63,
                             kStreamBytes + 64, kStreamBytes + 65, 2 * kStreamBytes + 299})
        for (std::size_t to = 0; to < kLine; ++to)
            for (std::size_t from : {0U, 1U, 4U, 8U, 15U})
                ASSERT_EQ(arena.wrong_bytes(stream_copy, to, from, size), 0U)
                    << size << " bytes from " << from << " to " << to;
}

} // namespace
} // namespace tv::mirror
