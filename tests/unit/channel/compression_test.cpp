#include "channel/compression.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "channel/test_bytes.h"

namespace tv {
namespace {

using test::Buffer;
using test::hex;

constexpr CompressionKind kKinds[] = {CompressionKind::None, CompressionKind::Lz4, CompressionKind::Zstd};
constexpr CompressionKind kRealKinds[] = {CompressionKind::Lz4, CompressionKind::Zstd};

Buffer text(std::size_t size) {
    constexpr std::string_view kLine = "the quick brown fox jumps over the lazy dog; ";
    Buffer bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(kLine[i % kLine.size()] + (i / 997) % 3);
    return bytes;
}

Buffer compressed(CompressionKind kind, Bytes in) {
    Compressor compressor;
    Buffer out;
    auto size = compressor.compress(kind, in, out);
    EXPECT_TRUE(size) << describe(size.error());
    EXPECT_EQ(size.value_or(0), out.size());
    return out;
}

// The output lies between guard bytes that must survive.
Status decompress(CompressionKind kind, Bytes in, Buffer& out) {
    constexpr std::size_t kGuard = 64;
    Buffer guarded(out.size() + 2 * kGuard, std::byte{0xa5});
    Decompressor decompressor;
    Status status = decompressor.decompress(kind, in, MutableBytes(guarded).subspan(kGuard, out.size()));
    auto is_guard = [](std::byte b) { return b == std::byte{0xa5}; };
    EXPECT_TRUE(std::ranges::all_of(Bytes(guarded).first(kGuard), is_guard));
    EXPECT_TRUE(std::ranges::all_of(Bytes(guarded).last(kGuard), is_guard));
    std::ranges::copy(Bytes(guarded).subspan(kGuard, out.size()), out.begin());
    return status;
}

TEST(Compression, every_kind_gives_back_what_was_put_in) {
    std::mt19937_64 random(1);
    for (CompressionKind kind : kKinds)
        for (std::size_t size : {0u, 1u, 3u, 4u, 63u, 64u, 65u, 4096u, 262144u, 300007u})
            for (const Buffer& in : {text(size), test::random_bytes(random, size), Buffer(size)}) {
                const Buffer packed = compressed(kind, in);
                Buffer out(size, std::byte{0xff});
                auto status = decompress(kind, packed, out);
                ASSERT_TRUE(status) << compression_name(kind) << ' ' << size << ": "
                                    << describe(status.error());
                EXPECT_EQ(out, in) << compression_name(kind) << ' ' << size;
            }
}

TEST(Compression, one_decompressor_serves_every_kind_and_goes_on_after_an_error) {
    Decompressor decompressor;
    Compressor compressor;
    const Buffer in = text(10'000);
    Buffer packed, out(in.size());
    for (int round = 0; round < 3; ++round)
        for (CompressionKind kind : kKinds) {
            ASSERT_TRUE(compressor.compress(kind, in, packed));
            std::ranges::fill(out, std::byte{0});
            EXPECT_FALSE(decompressor.decompress(kind, Bytes(packed).first(packed.size() / 2), out));
            ASSERT_TRUE(decompressor.decompress(kind, packed, out));
            EXPECT_EQ(out, in);
        }
    Decompressor moved = std::move(decompressor);
    EXPECT_TRUE(moved.decompress(CompressionKind::Zstd, packed, out));
}

TEST(Lz4Literals, data_that_was_left_as_it_is_lies_behind_the_prefix) {
    std::mt19937_64 random(2);
    for (std::size_t size : {1u, 14u, 15u, 16u, 269u, 270u, 271u, 4096u, 65536u, 262144u, 300007u}) {
        const Buffer in = test::random_bytes(random, size);
        const Buffer packed = compressed(CompressionKind::Lz4, in);
        const Lz4Literals found = find_lz4_literals(packed, packed.size(), size);
        ASSERT_EQ(found.answer, Lz4Literals::Answer::Yes) << size;
        EXPECT_TRUE(std::ranges::equal(Bytes(packed).subspan(found.prefix), in)) << size;
        // The same from the first bytes that tell it, and nothing from fewer.
        for (std::size_t seen = 0; seen < found.prefix; ++seen)
            ASSERT_EQ(find_lz4_literals(Bytes(packed).first(seen), packed.size(), size).answer,
                      Lz4Literals::Answer::Unknown)
                << size << ' ' << seen;
        EXPECT_EQ(find_lz4_literals(Bytes(packed).first(found.prefix), packed.size(), size).prefix,
                  found.prefix);
    }
}

TEST(Lz4Literals, anything_else_has_to_be_decompressed) {
    const Buffer in = text(70'000);
    const Buffer packed = compressed(CompressionKind::Lz4, in);
    EXPECT_EQ(find_lz4_literals(packed, packed.size(), in.size()).answer, Lz4Literals::Answer::No);
    std::mt19937_64 random(3);
    Buffer noise = test::random_bytes(random, 1000);
    const Buffer plain = compressed(CompressionKind::Lz4, noise);
    for (std::size_t other : {0u, 999u, 1001u}) // of another size than announced
        EXPECT_EQ(find_lz4_literals(plain, plain.size(), other).answer, Lz4Literals::Answer::No) << other;
    EXPECT_EQ(find_lz4_literals(plain, plain.size() + 1, 1000).answer, Lz4Literals::Answer::No);
    EXPECT_EQ(find_lz4_literals({}, 0, 0).answer, Lz4Literals::Answer::No);
    const Buffer endless(5000, std::byte{0xff});
    EXPECT_EQ(find_lz4_literals(endless, 1 << 20, 100'000).answer, Lz4Literals::Answer::No);
    EXPECT_EQ(find_lz4_literals(endless, endless.size(), 1 << 30).answer, Lz4Literals::Answer::No);
}

TEST(Decompression, data_cut_at_any_byte_is_refused) {
    const Buffer in = text(500);
    for (CompressionKind kind : kKinds) {
        const Buffer packed = compressed(kind, in);
        for (std::size_t cut = 0; cut < packed.size(); ++cut) {
            const Buffer part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(cut));
            Buffer out(in.size());
            EXPECT_FALSE(decompress(kind, part, out)) << compression_name(kind) << " cut to " << cut;
        }
    }
}

TEST(Decompression, data_of_another_size_than_announced_is_refused_by_name) {
    const Buffer in = text(500);
    for (CompressionKind kind : kRealKinds) {
        const Buffer packed = compressed(kind, in);
        for (std::size_t size : {std::size_t{0}, in.size() - 1, in.size() + 1, in.size() + 1000}) {
            Buffer out(size);
            auto status = decompress(kind, packed, out);
            ASSERT_FALSE(status) << compression_name(kind) << " into " << size;
            EXPECT_EQ(status.error().category, ErrorCategory::Corrupted);
            if (size > in.size()) {
                EXPECT_NE(describe(status.error()).find("shorter than announced"), std::string::npos);
            }
        }
    }
    Buffer out(in.size() - 1);
    EXPECT_EQ(decompress(CompressionKind::None, in, out).error().category, ErrorCategory::PeerViolation);
}

TEST(Decompression, bytes_behind_the_data_are_refused) {
    const Buffer in = text(500);
    for (CompressionKind kind : kKinds)
        for (std::string_view tail : {"00", "ff", "00000000", "28b52ffd"}) {
            Buffer packed = compressed(kind, in);
            const Buffer garbage = hex(tail);
            packed.insert(packed.end(), garbage.begin(), garbage.end());
            Buffer out(in.size());
            EXPECT_FALSE(decompress(kind, packed, out)) << compression_name(kind) << ' ' << tail;
        }
    // A second whole frame of nothing, which zstd alone would read over.
    Buffer packed = compressed(CompressionKind::Zstd, in);
    const Buffer empty = compressed(CompressionKind::Zstd, {});
    packed.insert(packed.end(), empty.begin(), empty.end());
    Buffer out(in.size());
    EXPECT_STREQ(decompress(CompressionKind::Zstd, packed, out).error().what,
                 "bytes after the end of the zstd data");
}

TEST(Decompression, a_skippable_frame_is_no_data) {
    Buffer out;
    auto status = decompress(CompressionKind::Zstd, hex("502a4d18 04000000 01020304"), out);
    ASSERT_FALSE(status);
    EXPECT_STREQ(status.error().what, "zstd data does not start with a frame");
}

TEST(Decompression, arbitrary_and_damaged_data_is_refused_or_fills_the_output_without_leaving_it) {
    std::mt19937_64 random(2);
    int refused = 0;
    for (int i = 0; i < 3000; ++i)
        for (CompressionKind kind : kRealKinds) {
            Buffer packed =
                i % 2 == 0 ? test::random_bytes(random, 1 + random() % 200) : compressed(kind, text(700));
            if (i % 2 != 0) packed[random() % packed.size()] ^= std::byte(1 << random() % 8);
            Buffer out(700);
            refused += !decompress(kind, packed, out);
        }
    EXPECT_GT(refused, 3000);
}

// --- bombs -----------------------------------------------------------------------------------------------

// A zstd frame that announces `content` bytes of zeros as RLE blocks of 128 KiB, 4 bytes each.
Buffer zstd_bomb(std::uint64_t content) {
    Buffer frame = hex("28b52ffd e0"); // single segment, 8 bytes of content size
    frame.resize(13);
    store_le(MutableBytes(frame), 5, content);
    for (std::uint64_t left = content; left != 0;) {
        const std::uint64_t block = std::min<std::uint64_t>(left, 128 * limits::kKiB);
        left -= block;
        const auto header = static_cast<std::uint32_t>(block << 3 | 1 << 1 | (left == 0 ? 1 : 0));
        for (unsigned shift : {0u, 8u, 16u}) frame.push_back(std::byte(header >> shift & 0xff));
        frame.push_back(std::byte{0});
    }
    return frame;
}

TEST(Bombs, the_bomb_of_this_test_is_real_where_it_is_small) {
    const Buffer bomb = zstd_bomb(limits::kExpansionFreeBytes);
    Buffer out(limits::kExpansionFreeBytes, std::byte{1});
    auto status = decompress(CompressionKind::Zstd, bomb, out);
    ASSERT_TRUE(status) << describe(status.error());
    EXPECT_EQ(out, Buffer(limits::kExpansionFreeBytes));
}

TEST(Bombs, a_gigabyte_of_zeros_in_zstd_is_refused_before_memory_is_set_aside) {
    const Buffer bomb = zstd_bomb(limits::kGiB);
    EXPECT_LT(bomb.size(), 40'000u);
    auto status = check_expansion(CompressionKind::Zstd, bomb.size(), limits::kGiB);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().category, ErrorCategory::Limit);
}

TEST(Bombs, a_ratio_past_the_limit_is_refused_by_name) {
    const std::size_t size = 64 * limits::kMiB;
    const Buffer bomb = zstd_bomb(size);
    EXPECT_GT(size / bomb.size(), limits::kMaxExpansion);
    auto status = check_expansion(CompressionKind::Zstd, bomb.size(), size);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().category, ErrorCategory::Limit);
    EXPECT_STREQ(status.error().what, "decompression ratio (kMaxExpansion)");
    Buffer out(size);
    EXPECT_STREQ(Decompressor().decompress(CompressionKind::Zstd, bomb, out).error().what,
                 "decompression ratio (kMaxExpansion)");
}

TEST(Bombs, more_content_than_the_message_announces_is_refused) {
    const Buffer bomb = zstd_bomb(limits::kGiB);
    Buffer out(limits::kExpansionFreeBytes);
    auto status = decompress(CompressionKind::Zstd, bomb, out);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().category, ErrorCategory::Corrupted);
}

TEST(Bombs, an_lz4_claim_that_no_block_can_keep_is_refused) {
    auto status = check_expansion(CompressionKind::Lz4, 1000, 255'001);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().category, ErrorCategory::Limit);
    EXPECT_STREQ(status.error().what, "decompression ratio beyond what lz4 can do");
    EXPECT_FALSE(check_expansion(CompressionKind::Lz4, 0, 0));
    EXPECT_FALSE(check_expansion(CompressionKind::Zstd, 0, 1));
}

TEST(Bombs, the_most_compressible_honest_data_passes) {
    for (std::size_t size : {64u, 4096u, 262144u, 524288u, 8'294'400u}) {
        const Buffer zeros(size);
        for (CompressionKind kind : kRealKinds) {
            const std::size_t packed = compressed(kind, zeros).size();
            if (kind == CompressionKind::Zstd && size > limits::kExpansionFreeBytes)
                continue; // not a sender's chunk
            EXPECT_TRUE(check_expansion(kind, packed, size))
                << compression_name(kind) << ' ' << size << ' ' << packed;
        }
    }
}

TEST(Bombs, an_update_past_the_limit_is_refused_whatever_its_compression) {
    for (CompressionKind kind : kKinds) {
        auto status = check_expansion(kind, limits::kMaxUpdateBytes + 1, limits::kMaxUpdateBytes + 1);
        ASSERT_FALSE(status);
        EXPECT_STREQ(status.error().what, "bytes of one fill or diff (kMaxUpdateBytes)");
        EXPECT_TRUE(check_expansion(kind, limits::kMaxUpdateBytes, limits::kMaxUpdateBytes));
    }
}

TEST(Bombs, a_zstd_window_past_the_limit_is_refused_by_name) {
    // An empty last raw block under window descriptors of every exponent.
    for (unsigned exponent = 0; exponent < 32; ++exponent) {
        Buffer frame = hex("28b52ffd 00 00 010000");
        frame[5] = std::byte(exponent << 3);
        Buffer out;
        auto status = decompress(CompressionKind::Zstd, frame, out);
        if (10 + exponent <= limits::kMaxZstdWindowLog) {
            EXPECT_TRUE(status) << exponent << ": " << describe(status.error());
        } else {
            ASSERT_FALSE(status) << exponent;
            EXPECT_EQ(status.error().category, ErrorCategory::Limit);
            EXPECT_STREQ(status.error().what, "zstd window (kMaxZstdWindowLog)");
        }
    }
}

} // namespace
} // namespace tv
