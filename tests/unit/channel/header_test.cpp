#include "channel/header.h"

#include <string_view>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"

namespace tv {
namespace {

using test::hex;

Result<ConnectionHeader> parse_word(std::uint32_t word) {
    std::array<std::byte, kConnectionHeaderSize> bytes{};
    store_u32(bytes, 0, word);
    return parse_connection_header(bytes);
}

std::array<std::byte, kConnectionHeaderSize> encoded(const ConnectionHeader& header) {
    std::array<std::byte, kConnectionHeaderSize> out;
    encode(header, out);
    return out;
}

struct Example {
    const char* what;
    std::string_view bytes;
    ConnectionHeader header;
};

const Example kExamples[] = {
    {"C, none, no video", "80 09 01 00", {.version = 16}},
    {"C, lz4, no video", "80 0a 01 00", {.version = 16, .compression = CompressionKind::Lz4}},
    {"C, zstd, no video", "80 0b 01 00", {.version = 16, .compression = CompressionKind::Zstd}},
    {"C, lz4, H.264",
     "80 1a 01 00",
     {.version = 16, .compression = CompressionKind::Lz4, .video = VideoKind::H264}},
    {"C, lz4, reconnectable",
     "81 0a 01 00",
     {.version = 16, .compression = CompressionKind::Lz4, .reconnectable = true}},
    {"Rust, none, no video, --no-gpu", "8c 09 01 00", {.version = 17, .no_dmabuf = true}},
    {"Rust, lz4, no video", "88 0a 01 00", {.version = 17, .compression = CompressionKind::Lz4}},
    {"Rust, lz4, H.264",
     "88 1a 01 00",
     {.version = 17, .compression = CompressionKind::Lz4, .video = VideoKind::H264}},
    {"Rust, lz4, AV1",
     "88 22 01 00",
     {.version = 17, .compression = CompressionKind::Lz4, .video = VideoKind::Av1}},
};

TEST(ConnectionHeader, the_words_of_every_known_server_are_read) {
    for (const Example& example : kExamples) {
        auto word = hex(example.bytes);
        auto parsed = parse_word(load_u32(word, 0));
        ASSERT_TRUE(parsed) << example.what << ": " << describe(parsed.error());
        EXPECT_EQ(*parsed, example.header) << example.what;
    }
}

TEST(ConnectionHeader, the_words_of_every_known_server_are_written) {
    for (const Example& example : kExamples)
        EXPECT_EQ(hex(example.bytes), test::copy(Bytes(encoded(example.header)).first(4))) << example.what;
}

TEST(ConnectionHeader, the_key_is_kept) {
    ConnectionHeader header{.version = 16, .reconnectable = true};
    for (std::size_t i = 0; i < header.key.size(); ++i) header.key[i] = std::byte(i + 1);
    auto parsed = parse_connection_header(encoded(header));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, header);
    EXPECT_EQ(encoded(header)[4], std::byte{1});
    EXPECT_EQ(encoded(header)[15], std::byte{12});
}

TEST(ConnectionHeader, every_version_from_16_to_255_is_read_as_written) {
    for (unsigned version = 16; version < 256; ++version) {
        auto parsed = parse_connection_header(encoded({.version = version}));
        ASSERT_TRUE(parsed) << version;
        EXPECT_EQ(parsed->version, version);
    }
}

TEST(ConnectionHeader, versions_below_16_are_refused_by_name) {
    for (unsigned version = 0; version < 16; ++version) {
        auto parsed = parse_connection_header(encoded({.version = version}));
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().category, ErrorCategory::Unsupported);
        EXPECT_NE(describe(parsed.error()).find("version"), std::string::npos) << describe(parsed.error());
    }
}

TEST(ConnectionHeader, a_big_endian_header_and_garbage_are_refused) {
    for (std::uint32_t word : {0x80090100u, 0x00010900u, 0x80010980u, 0u, 0xffffffffu}) {
        auto parsed = parse_word(word);
        ASSERT_FALSE(parsed) << word;
        EXPECT_EQ(parsed.error().category, ErrorCategory::PeerViolation);
        EXPECT_NE(describe(parsed.error()).find("big-endian"), std::string::npos);
    }
}

TEST(ConnectionHeader, an_unspecified_or_unknown_compression_is_refused_by_name) {
    auto unspecified = parse_word(0x00010880);
    ASSERT_FALSE(unspecified);
    EXPECT_EQ(unspecified.error().category, ErrorCategory::PeerViolation);
    EXPECT_NE(describe(unspecified.error()).find("compression unspecified"), std::string::npos);
    for (std::uint32_t kind = 4; kind < 8; ++kind) {
        auto unknown = parse_word(0x00010880 | kind << 8);
        ASSERT_FALSE(unknown);
        EXPECT_EQ(unknown.error().category, ErrorCategory::Unsupported);
        EXPECT_EQ(unknown.error().value, kind);
    }
}

TEST(ConnectionHeader, an_attempt_to_resume_a_connection_is_refused_as_unsupported) {
    auto parsed = parse_word(0x00010a83);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().category, ErrorCategory::Unsupported);
    EXPECT_NE(describe(parsed.error()).find("resume"), std::string::npos);
}

TEST(ConnectionHeader, an_unknown_video_kind_is_no_reason_to_refuse) {
    auto parsed = parse_word(0x00010a80 | 7u << 11);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(static_cast<unsigned>(parsed->video), 7u);
}

TEST(ConnectionHeader, bits_without_a_meaning_are_ignored) {
    auto parsed = parse_word(0x00010a80 | 3u << 14 | 0x7fu << 24);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, (ConnectionHeader{
                           .version = 16, .compression = CompressionKind::Lz4, .video = VideoKind::None}))
        << "video bits are 1 in this word";
}

} // namespace
} // namespace tv
