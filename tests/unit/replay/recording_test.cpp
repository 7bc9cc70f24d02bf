#include "replay/recording.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.h"

namespace tv::replay {
namespace {

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(i * 7 + i / 251);
    return bytes;
}

struct Line {
    std::int64_t time;
    ChannelDirection direction;
    std::vector<std::byte> bytes;
    friend bool operator==(const Line&, const Line&) = default;
};

struct Heard {
    std::vector<Line> lines;
    bool cut_off = false;
    std::optional<Error> error;
};

Heard hear(Bytes file) {
    Heard heard;
    auto reader = RecordingReader::of_bytes(file);
    if (!reader) {
        heard.error = reader.error();
        return heard;
    }
    while (true) {
        const auto record = reader->next();
        if (!record) heard.error = record.error();
        if (!record || !*record) break;
        heard.lines.push_back(
            {(*record)->time, (*record)->direction, {(*record)->bytes.begin(), (*record)->bytes.end()}});
    }
    heard.cut_off = reader->cut_off();
    return heard;
}

ByteQueue small() {
    ByteQueue file;
    append_file_header(file);
    append_record(file, {10, ChannelDirection::FromApplication, pattern(20)});
    append_record(file, {15, ChannelDirection::ToApplication, pattern(3)});
    append_record(file, {15, ChannelDirection::FromApplication, pattern(1)});
    append_end(file, 99);
    return file;
}

void poke(ByteQueue& file, std::size_t offset, std::uint32_t value) {
    store_u32(file.recent(file.size()), offset, value);
}

TEST(Recording, says_again_what_was_written) {
    const ByteQueue file = small();
    const Heard heard = hear(file.bytes());
    EXPECT_FALSE(heard.error.has_value());
    EXPECT_FALSE(heard.cut_off);
    EXPECT_EQ(heard.lines, (std::vector<Line>{{10, ChannelDirection::FromApplication, pattern(20)},
                                              {15, ChannelDirection::ToApplication, pattern(3)},
                                              {15, ChannelDirection::FromApplication, pattern(1)}}));
}

TEST(Recording, is_what_the_documentation_says) {
    ByteQueue file;
    append_file_header(file);
    const std::vector<std::byte> bytes{std::byte{0xab}};
    append_record(file, {0x0102030405060708, ChannelDirection::ToApplication, bytes});
    append_end(file, 0x0102030405060709);
    const std::vector<unsigned char> expected{
        0x89, 'T', 'V', 'R', 0x0d, 0x0a, 0x1a, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, // header
        8,    7,   6,   5,   4,    3,    2,    1,    1, 0, 0, 0, 1, 0, 0, 0, 0xab,
        9,    7,   6,   5,   4,    3,    2,    1,    2, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_TRUE(std::ranges::equal(file.bytes(), std::as_bytes(std::span(expected))));
}

TEST(Recording, a_file_cut_off_anywhere_gives_what_is_there) {
    const ByteQueue file = small();
    std::vector<std::byte> all;
    for (const Line& line : hear(file.bytes()).lines)
        all.insert(all.end(), line.bytes.begin(), line.bytes.end());
    std::size_t before = 0;
    for (std::size_t size = kFileHeaderSize; size < file.size(); ++size) {
        const Heard heard = hear(file.bytes().first(size));
        EXPECT_FALSE(heard.error.has_value()) << size;
        EXPECT_TRUE(heard.cut_off) << size;
        std::vector<std::byte> some;
        for (const Line& line : heard.lines) some.insert(some.end(), line.bytes.begin(), line.bytes.end());
        ASSERT_LE(some.size(), all.size());
        EXPECT_TRUE(std::ranges::equal(some, std::span(all).first(some.size()))) << size;
        EXPECT_GE(some.size(), before) << size;
        before = some.size();
    }
    EXPECT_EQ(before, all.size());
}

TEST(Recording, what_is_too_short_or_begins_otherwise_is_no_recording) {
    ByteQueue file = small();
    for (std::size_t size = 0; size < kFileHeaderSize; ++size)
        EXPECT_EQ(hear(file.bytes().first(size)).error->category, ErrorCategory::Unsupported) << size;
    file.recent(file.size())[3] = std::byte{'x'};
    EXPECT_EQ(hear(file.bytes()).error->category, ErrorCategory::Unsupported);
}

TEST(Recording, an_unknown_version_is_named) {
    ByteQueue file = small();
    poke(file, 8, 2);
    const Heard heard = hear(file.bytes());
    ASSERT_TRUE(heard.error.has_value());
    EXPECT_EQ(heard.error->category, ErrorCategory::Unsupported);
    EXPECT_EQ(heard.error->value, 2);
}

TEST(Recording, heads_that_no_recorder_writes_are_errors) {
    const std::size_t first = kFileHeaderSize, second = first + kRecordHeadSize + 20;
    const struct {
        std::size_t offset;
        std::uint32_t value;
        const char* why;
    } wrong[] = {
        {first + 8, 3, "no such kind"},
        {first + 8, 2, "an end with bytes"},
        {first + 12, 0, "no bytes"},
        {first + 12, static_cast<std::uint32_t>(limits::kMaxRecordBytes + 1), "more than a record has"},
        {first + 4, 0x80000000, "a time beyond all times"},
        {second, 9, "before the record before"},
    };
    for (const auto& [offset, value, why] : wrong) {
        ByteQueue file = small();
        poke(file, offset, value);
        const Heard heard = hear(file.bytes());
        ASSERT_TRUE(heard.error.has_value()) << why;
        EXPECT_EQ(heard.error->category, ErrorCategory::Corrupted) << why;
    }
}

TEST(Recording, what_is_longer_than_a_record_is_cut_into_several) {
    const auto bytes = pattern(2 * limits::kMaxRecordBytes + 5);
    ByteQueue file;
    append_file_header(file);
    append_record(file, {1, ChannelDirection::FromApplication, bytes});
    append_end(file, 1);
    const Heard heard = hear(file.bytes());
    ASSERT_EQ(heard.lines.size(), 3u);
    std::vector<std::byte> joined;
    for (const Line& line : heard.lines) joined.insert(joined.end(), line.bytes.begin(), line.bytes.end());
    EXPECT_EQ(joined, bytes);
}

TEST(Recording, a_file_that_is_not_there_is_an_errno) {
    const auto reader = RecordingReader::open("/nonexistent/recording");
    ASSERT_FALSE(reader.has_value());
    EXPECT_EQ(reader.error().category, ErrorCategory::Io);
    EXPECT_EQ(reader.error().sys_errno, ENOENT);
}

} // namespace
} // namespace tv::replay
