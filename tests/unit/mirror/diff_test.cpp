#include "mirror/diff.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"

namespace tv {
namespace {

using test::Buffer;
using test::hex;
using Random = std::mt19937_64;

Buffer counting(std::size_t size) {
    Buffer bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(i & 0xff);
    return bytes;
}

void add_word(Buffer& diff, std::uint32_t value) {
    diff.resize(diff.size() + 4);
    store_u32(MutableBytes(diff), diff.size() - 4, value);
}

// A span whose data is there; every data byte is `fill`.
void add_span(Buffer& diff, std::uint32_t first, std::uint32_t end, std::byte fill = std::byte{0xdd}) {
    add_word(diff, first);
    add_word(diff, end);
    diff.insert(diff.end(), std::size_t{end - first} * 4, fill);
}

// --- apply -----------------------------------------------------------------------------------------------

TEST(DiffApply, the_diff_of_the_reference_replaces_word_2) {
    Buffer target(16);
    ASSERT_TRUE(apply_diff(hex("02000000 03000000 ddccbbaa"), 12, target));
    EXPECT_EQ(target, hex("00000000 00000000 ddccbbaa 00000000"));
}

TEST(DiffApply, spans_and_trailing_bytes_land_at_their_places_and_nowhere_else) {
    Buffer diff;
    add_span(diff, 0, 1, std::byte{0xa1});
    add_span(diff, 1, 2, std::byte{0xa2}); // touches the one before, which is not an overlap
    add_span(diff, 3, 5, std::byte{0xa3});
    const std::size_t diff_size = diff.size();
    diff.insert(diff.end(), 3, std::byte{0xa4});
    Buffer target(23);
    ASSERT_TRUE(apply_diff(diff, diff_size, target));
    EXPECT_EQ(target, hex("a1a1a1a1 a2a2a2a2 00000000 a3a3a3a3 a3a3a3a3 a4a4a4"));
}

TEST(DiffApply, trailing_bytes_alone_replace_the_last_ones) {
    Buffer target = counting(10);
    ASSERT_TRUE(apply_diff(hex("ffee"), 0, target));
    EXPECT_EQ(target, hex("0001020304050607ffee"));
    ASSERT_TRUE(apply_diff(counting(10), 0, target)) << "as many as the buffer has";
    EXPECT_EQ(target, counting(10));
}

TEST(DiffApply, a_diff_of_nothing_changes_nothing) {
    Buffer target = counting(9);
    EXPECT_TRUE(apply_diff({}, 0, target));
    EXPECT_EQ(target, counting(9));
    EXPECT_TRUE(apply_diff({}, 0, {}));
}

// Refused as a whole, and the same by a cursor, before the offending span is written.
void expect_refused(const Buffer& diff, std::size_t diff_size, std::size_t target_size, const char* what) {
    Buffer target = counting(target_size);
    auto status = apply_diff(diff, diff_size, target);
    ASSERT_FALSE(status) << what;
    EXPECT_EQ(status.error().category, ErrorCategory::PeerViolation);
    EXPECT_STREQ(status.error().what, what);
    EXPECT_EQ(target, counting(target_size)) << "nothing is written by a refused diff";

    DiffCursor cursor(diff_size, diff.size() - diff_size, target_size);
    auto fed = cursor.feed(diff, target);
    ASSERT_FALSE(fed) << what;
    EXPECT_STREQ(fed.error().what, what);
}

TEST(DiffApply, a_span_past_the_end_is_rejected_and_nothing_is_written) {
    for (std::size_t size : {0u, 8u, 12u, 15u}) {
        Buffer diff;
        if (size >= 4) add_span(diff, 0, 1);
        add_span(diff, 3, 4);
        expect_refused(diff, diff.size(), size, "diff span ends behind the buffer");
    }
}

TEST(DiffApply, positions_near_2_to_the_32_are_rejected_without_overflow) {
    for (auto [first, end] :
         std::initializer_list<std::pair<std::uint32_t, std::uint32_t>>{{0xfffffffeu, 0xffffffffu},
                                                                        {0x3fffffffu, 0x40000000u},
                                                                        {0, 0xffffffffu},
                                                                        {0x40000000u, 0x40000001u}}) {
        Buffer diff;
        add_word(diff, first);
        add_word(diff, end);
        add_word(diff, 0);
        expect_refused(diff, diff.size(), 64, "diff span ends behind the buffer");
    }
}

TEST(DiffApply, an_empty_or_backward_span_is_rejected) {
    for (std::uint32_t end : {0u, 4u, 5u}) {
        Buffer diff;
        add_span(diff, 0, 1);
        add_word(diff, 5);
        add_word(diff, end);
        expect_refused(diff, diff.size(), 64, "diff span is empty or backwards");
    }
}

TEST(DiffApply, overlapping_and_descending_spans_are_rejected) {
    for (std::uint32_t first : {0u, 2u, 3u}) {
        Buffer diff;
        add_span(diff, 2, 4);
        add_span(diff, first, first + 1);
        expect_refused(diff, diff.size(), 64, "diff span overlaps the one before it");
    }
}

TEST(DiffApply, a_span_without_all_its_data_is_rejected_even_if_trailing_bytes_follow) {
    Buffer diff;
    add_span(diff, 0, 1);
    add_span(diff, 4, 8);
    diff.resize(diff.size() - 4);
    expect_refused(diff, diff.size(), 64, "diff span is longer than its data");
    const std::size_t diff_size = diff.size();
    diff.resize(diff.size() + 32);
    expect_refused(diff, diff_size, 64, "diff span is longer than its data");
}

TEST(DiffApply, a_torn_span_header_is_rejected) {
    for (std::size_t piece = 1; piece < kSpanHeader; ++piece) {
        Buffer diff;
        add_span(diff, 0, 1);
        diff.resize(diff.size() + piece, std::byte{1});
        expect_refused(diff, diff.size(), 64, "diff ends within a span header");
    }
}

TEST(DiffApply, more_trailing_bytes_than_the_buffer_has_are_rejected) {
    expect_refused(counting(11), 0, 10, "diff has more trailing bytes than the buffer");
    expect_refused(counting(1), 0, 0, "diff has more trailing bytes than the buffer");
}

TEST(DiffApply, a_diff_shorter_than_announced_is_rejected) {
    Buffer target = counting(64);
    auto status = apply_diff(hex("0000000001000000dddddddd"), 16, target);
    ASSERT_FALSE(status);
    EXPECT_STREQ(status.error().what, "diff is shorter than announced");
    EXPECT_EQ(target, counting(64));
}

// --- cursor ----------------------------------------------------------------------------------------------

struct Sample {
    Buffer diff;
    std::size_t diff_size;
    Buffer before;
    Buffer after;
};

Sample sample() {
    Sample s{{}, 0, counting(90), {}};
    add_span(s.diff, 1, 2, std::byte{0xb1});
    add_span(s.diff, 2, 7, std::byte{0xb2});
    add_span(s.diff, 20, 21, std::byte{0xb3});
    s.diff_size = s.diff.size();
    s.diff.insert(s.diff.end(), 5, std::byte{0xb4});
    s.after = s.before;
    EXPECT_TRUE(apply_diff(s.diff, s.diff_size, s.after));
    return s;
}

TEST(DiffCursor, pieces_split_at_every_two_places_give_what_apply_gives) {
    const Sample s = sample();
    const std::size_t size = s.diff.size();
    for (std::size_t a = 0; a <= size; ++a)
        for (std::size_t b = a; b <= size; ++b) {
            Buffer target = s.before;
            DiffCursor cursor(s.diff_size, size - s.diff_size, target.size());
            std::size_t used = 0;
            for (std::size_t arrived : {a, b, size}) {
                auto fed = cursor.feed(Bytes(s.diff).subspan(used, arrived - used), target);
                ASSERT_TRUE(fed) << a << ' ' << b << ": " << describe(fed.error());
                used += *fed;
                ASSERT_LE(arrived - used, kSpanHeader - 1) << "only a torn header may be left over";
                ASSERT_EQ(cursor.remaining(), size - used);
            }
            EXPECT_TRUE(cursor.done());
            EXPECT_EQ(used, size);
            ASSERT_EQ(target, s.after) << a << ' ' << b;
        }
}

TEST(DiffCursor, data_put_in_place_by_the_caller_in_pieces_of_any_size_gives_what_apply_gives) {
    const Sample s = sample();
    for (std::size_t piece = 1; piece <= 30; ++piece) {
        Buffer target = s.before;
        DiffCursor cursor(s.diff_size, s.diff.size() - s.diff_size, target.size());
        Bytes rest = s.diff;
        // As a receiver does that has buffered exactly a header and reads data straight to its place.
        for (int guard = 0; guard < 1000; ++guard) {
            auto step = cursor.next(rest.first(std::min(rest.size(), kSpanHeader)));
            ASSERT_TRUE(step) << describe(step.error());
            rest = rest.subspan(step->skip);
            if (step->action == DiffCursor::Action::Done) break;
            ASSERT_EQ(step->action, DiffCursor::Action::Copy);
            ASSERT_GE(step->length, 1u);
            ASSERT_LE(step->offset + step->length, target.size());
            const std::size_t count = std::min(piece, step->length);
            std::ranges::copy(rest.first(count), target.begin() + static_cast<std::ptrdiff_t>(step->offset));
            cursor.copied(count);
            rest = rest.subspan(count);
        }
        EXPECT_TRUE(rest.empty());
        EXPECT_TRUE(cursor.done());
        EXPECT_EQ(target, s.after) << piece;
    }
}

TEST(DiffCursor, a_header_that_is_not_complete_is_waited_for_and_not_used_up) {
    const Sample s = sample();
    for (std::size_t have = 0; have < kSpanHeader; ++have) {
        DiffCursor cursor(s.diff_size, s.diff.size() - s.diff_size, s.before.size());
        auto step = cursor.next(Bytes(s.diff).first(have));
        ASSERT_TRUE(step);
        EXPECT_EQ(step->action, DiffCursor::Action::NeedHeader);
        EXPECT_EQ(step->skip, 0u);
        EXPECT_FALSE(cursor.done());
        EXPECT_EQ(cursor.remaining(), s.diff.size());
    }
}

TEST(DiffCursor, asking_again_within_a_span_uses_up_no_second_header) {
    const Sample s = sample();
    DiffCursor cursor(s.diff_size, s.diff.size() - s.diff_size, s.before.size());
    auto first = cursor.next(s.diff);
    auto second = cursor.next({});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->skip, kSpanHeader);
    EXPECT_EQ(second->skip, 0u);
    EXPECT_EQ(second->offset, first->offset);
    EXPECT_EQ(second->length, first->length);
}

TEST(DiffCursor, a_diff_of_nothing_is_done_at_once) {
    EXPECT_TRUE(DiffCursor().done());
    DiffCursor cursor(0, 0, 64);
    auto step = cursor.next({});
    ASSERT_TRUE(step);
    EXPECT_EQ(step->action, DiffCursor::Action::Done);
}

// --- fill ------------------------------------------------------------------------------------------------

TEST(Fill, replaces_its_range_at_any_byte_position) {
    for (std::size_t start = 0; start < 9; ++start)
        for (std::size_t end = start + 1; end <= 9; ++end) {
            Buffer target = counting(9);
            ASSERT_TRUE(
                apply_fill(Buffer(end - start, std::byte{0xcc}), start, end, target, FillOverrun::Reject));
            for (std::size_t i = 0; i < 9; ++i)
                EXPECT_EQ(target[i], i >= start && i < end ? std::byte{0xcc} : std::byte(i));
        }
}

TEST(Fill, an_overrun_below_64_bytes_is_clamped_only_where_allowed) {
    for (std::size_t overrun = 1; overrun <= 65; ++overrun) {
        const std::size_t end = 100 + overrun;
        Buffer target = counting(100);
        EXPECT_FALSE(apply_fill(Buffer(end - 64), 64, end, target, FillOverrun::Reject));
        EXPECT_EQ(target, counting(100));
        auto status = apply_fill(Buffer(end - 64), 64, end, target, FillOverrun::Clamp);
        EXPECT_EQ(status.has_value(), overrun < 64) << overrun;
        Buffer expected = counting(100);
        if (overrun < 64) std::fill(expected.begin() + 64, expected.end(), std::byte{0});
        EXPECT_EQ(target, expected);
    }
}

TEST(Fill, ranges_outside_the_buffer_and_data_of_another_size_are_rejected) {
    Buffer target = counting(100);
    for (FillOverrun overrun : {FillOverrun::Reject, FillOverrun::Clamp}) {
        EXPECT_STREQ(apply_fill({}, 5, 5, target, overrun).error().what, "fill ends before it starts");
        EXPECT_STREQ(apply_fill(Buffer(3), 6, 5, target, overrun).error().what, "fill ends before it starts");
        EXPECT_STREQ(apply_fill(Buffer(1), 100, 101, target, overrun).error().what,
                     "fill starts behind the buffer");
        EXPECT_STREQ(apply_fill(Buffer(8), 0xfffffff0, 0xfffffff8, target, overrun).error().what,
                     "fill starts behind the buffer");
        EXPECT_STREQ(apply_fill(Buffer(9), 0, 10, target, overrun).error().what,
                     "fill is not of its announced size");
        EXPECT_STREQ(apply_fill(Buffer(11), 0, 10, target, overrun).error().what,
                     "fill is not of its announced size");
    }
    EXPECT_FALSE(apply_fill(Buffer(1), 0, 1, {}, FillOverrun::Clamp)) << "a file of size 0";
    EXPECT_EQ(target, counting(100));
}

// --- build -----------------------------------------------------------------------------------------------

constexpr ByteRange kEverything{0, SIZE_MAX};

DiffSize build(Bytes old, Bytes now, std::initializer_list<ByteRange> ranges, Buffer& out) {
    return build_diff(old, now, {ranges.begin(), ranges.size()}, out);
}

void expect_turns_into(const Buffer& old, const Buffer& now) {
    Buffer diff;
    const DiffSize size = build(old, now, {kEverything}, diff);
    ASSERT_EQ(size.diff_size + size.ntrailing, diff.size());
    EXPECT_EQ(size.diff_size % 4, 0u);
    EXPECT_TRUE(size.ntrailing == 0 || size.ntrailing == now.size() % 64);
    EXPECT_EQ(size.empty(), old == now);

    Buffer target = old;
    auto status = apply_diff(diff, size.diff_size, target);
    ASSERT_TRUE(status) << describe(status.error());
    EXPECT_EQ(target, now);
}

TEST(DiffBuild, applying_what_was_built_gives_the_new_contents_at_every_size_up_to_200) {
    Random random(1);
    for (std::size_t size = 0; size <= 200; ++size) {
        const Buffer old = test::random_bytes(random, size);
        expect_turns_into(old, old);
        expect_turns_into(old, test::random_bytes(random, size));
        for (std::size_t changed = 0; changed < size; ++changed) {
            Buffer now = old;
            now[changed] ^= std::byte{1};
            expect_turns_into(old, now);
        }
    }
}

TEST(DiffBuild, sparse_and_dense_changes_of_large_buffers_come_back) {
    Random random(2);
    for (std::size_t size : {4095u, 4096u, 4097u, 8191u, 65536u, 100'003u})
        for (std::size_t changes : {1u, 2u, 10u, 300u, 20'000u}) {
            const Buffer old = test::random_bytes(random, size);
            Buffer now = old;
            for (std::size_t i = 0; i < changes; ++i) now[random() % size] ^= std::byte(1 + random() % 255);
            expect_turns_into(old, now);
        }
}

TEST(DiffBuild, changes_at_every_distance_become_valid_spans) {
    for (std::size_t distance = 1; distance < 60; ++distance)
        for (std::size_t at : {0u, 1u, 15u, 16u, 31u}) {
            const Buffer old(1024);
            Buffer now = old;
            for (std::size_t word = at; word < 256; word += distance) now[word * 4 + word % 4] = std::byte{9};
            expect_turns_into(old, now);
        }
}

TEST(DiffBuild, fewer_than_16_unchanged_words_are_merged_and_16_are_not) {
    for (std::size_t gap = 1; gap < 40; ++gap) {
        const Buffer old(512);
        Buffer now = old;
        now[3 * 4] = std::byte{1};
        now[(3 + 1 + gap) * 4] = std::byte{1};
        Buffer diff;
        const DiffSize size = build(old, now, {kEverything}, diff);
        EXPECT_EQ(size.diff_size, gap < 16 ? 8 + 4 * (gap + 2) : 24) << gap;
    }
}

TEST(DiffBuild, a_diff_is_never_larger_than_all_data_in_one_span) {
    Random random(3);
    for (int i = 0; i < 300; ++i) {
        const std::size_t size = 64 * (1 + random() % 40);
        const Buffer old(size);
        Buffer now = old;
        const std::size_t one_in = 1 + random() % 40;
        for (std::size_t word = 0; word < size / 4; ++word)
            if (random() % one_in == 0) now[word * 4] = std::byte{1};
        Buffer diff;
        EXPECT_LE(build(old, now, {kEverything}, diff).diff_size, size + kSpanHeader);
    }
}

TEST(DiffBuild, only_blocks_that_a_range_touches_are_compared) {
    const Buffer old(64 * 8 + 10);
    const Buffer now(old.size(), std::byte{1});
    for (std::size_t begin = 0; begin < old.size(); begin += 13)
        for (std::size_t end = begin + 1; end <= old.size(); end += 11) {
            Buffer diff;
            const DiffSize size = build(old, now, {{begin, end}}, diff);
            Buffer target = old;
            ASSERT_TRUE(apply_diff(diff, size.diff_size, target));
            for (std::size_t i = 0; i < old.size(); ++i) {
                const bool within = i / 64 >= begin / 64 && i / 64 <= (end - 1) / 64;
                ASSERT_EQ(target[i], within ? std::byte{1} : std::byte{0}) << begin << ' ' << end << ' ' << i;
            }
        }
}

TEST(DiffBuild, ranges_that_touch_overlap_or_are_empty_make_one_valid_diff) {
    const Buffer old(64 * 8 + 10);
    const Buffer now(old.size(), std::byte{1});
    Buffer diff;
    const DiffSize size = build(
        old, now,
        {{0, 0}, {1, 70}, {60, 60}, {60, 130}, {65, 66}, {128, 192}, {300, 310}, {305, 600}, {5000, 6000}},
        diff);
    Buffer target = old;
    auto status = apply_diff(diff, size.diff_size, target);
    ASSERT_TRUE(status) << describe(status.error());
    Buffer expected = now;
    std::fill(expected.begin() + 192, expected.begin() + 256, std::byte{0});
    EXPECT_EQ(target, expected);
}

TEST(DiffBuild, no_ranges_or_a_range_behind_the_buffer_give_nothing) {
    const Buffer old(100), now(100, std::byte{1});
    Buffer diff = counting(5);
    EXPECT_TRUE(build(old, now, {}, diff).empty());
    EXPECT_TRUE(diff.empty());
    EXPECT_TRUE(build(old, now, {{100, 200}}, diff).empty());
}

TEST(DiffBuild, cursor_and_apply_agree_on_random_diffs_in_random_pieces) {
    Random random(4);
    for (int round = 0; round < 300; ++round) {
        const std::size_t size = random() % 3000;
        const Buffer old = test::random_bytes(random, size);
        Buffer now = old;
        for (std::size_t i = 0; size != 0 && i < random() % 60; ++i) now[random() % size] ^= std::byte{0x55};
        Buffer diff;
        const DiffSize built = build(old, now, {kEverything}, diff);

        Buffer target = old;
        DiffCursor cursor(built.diff_size, built.ntrailing, size);
        for (std::size_t used = 0, arrived = 0; !cursor.done();) {
            arrived = std::min(diff.size(), arrived + 1 + random() % 50);
            auto fed = cursor.feed(Bytes(diff).subspan(used, arrived - used), target);
            ASSERT_TRUE(fed) << describe(fed.error());
            used += *fed;
        }
        ASSERT_EQ(target, now);
    }
}

} // namespace
} // namespace tv
