#include "mirror/replica.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/limits.h"

namespace tv::mirror {
namespace {

constexpr std::size_t kChunk = 256 * limits::kKiB; // of the stock senders

class WithWorkers : public testing::Test {
protected:
    // A file filled with `size` bytes by one message.
    void fill(CompressionKind kind, std::size_t size) {
        state.pool = &pool;
        state.compression = kind;
        auto made = Replica::create(state, 1, size);
        ASSERT_TRUE(made);
        replica = *made;
        contents.resize(size);
        for (std::size_t i = 0; i < size; ++i) contents[i] = static_cast<std::byte>(i * 31 >> 3);
        std::vector<std::byte> compressed;
        ASSERT_TRUE(Compressor().compress(kind, contents, compressed));
        ASSERT_TRUE(replica->receive({Update::Kind::Fill, 0, static_cast<std::uint32_t>(size)}, compressed));
    }
    bool file_is_filled() { return std::ranges::equal(replica->file().bytes(), contents); }

    MirrorState state;
    DecompressPool pool{1, [] {}};
    std::shared_ptr<Replica> replica;
    std::vector<std::byte> contents;
};

TEST_F(WithWorkers, a_stock_senders_chunk_is_applied_at_once_whatever_its_compression) {
    for (CompressionKind kind : {CompressionKind::None, CompressionKind::Lz4, CompressionKind::Zstd}) {
        fill(kind, kChunk);
        EXPECT_FALSE(replica->waiting()) << compression_name(kind);
        EXPECT_EQ(replica->applied(), 1u) << compression_name(kind);
        EXPECT_TRUE(file_is_filled()) << compression_name(kind);
    }
}

TEST_F(WithWorkers, zstd_of_twice_a_chunk_is_a_workers_and_applied_when_that_has_finished) {
    fill(CompressionKind::Zstd, 2 * kChunk);
    EXPECT_TRUE(replica->waiting());
    EXPECT_EQ(replica->received(), 1u);
    EXPECT_EQ(replica->applied(), 0u) << "though the worker may have finished";
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (replica->waiting() && std::chrono::steady_clock::now() < deadline) {
        ASSERT_TRUE(replica->pump());
        std::this_thread::yield();
    }
    EXPECT_EQ(replica->applied(), 1u);
    EXPECT_TRUE(file_is_filled());
    EXPECT_EQ(state.private_bytes, 0u);
}

} // namespace
} // namespace tv::mirror
