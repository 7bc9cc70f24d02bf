// Sessions recorded between stock waypipe peers: every message decodes, and encodes to the bytes it came
// from. TV_RECORDINGS=DIR in the environment takes all recordings of another folder instead of those in the
// tree.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "channel/all_messages.h"
#include "channel/header.h"
#include "channel/messages.h"
#include "channel/test_bytes.h"

namespace tv {
namespace {

using test::Buffer;

template <typename M>
Status encode_again(Bytes message, Buffer& out) {
    TV_ASSIGN(M decoded, decode<M>(message));
    const std::size_t at = out.size();
    out.resize(at + encoded_size(decoded));
    encode(decoded, MutableBytes(out).subspan(at));
    return {};
}

Status encode_again(MessageType type, Bytes message, Buffer& out) {
    return test::with_message(
        type, [&]<typename M>(std::type_identity<M>) { return encode_again<M>(message, out); });
}

std::vector<std::filesystem::path> recordings(const char* extension) {
    const char* other = std::getenv("TV_RECORDINGS");
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(other != nullptr ? other : TV_FIXTURES))
        if (entry.path().extension() == extension) paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

// Decodes a stream of whole messages and gives the bytes that encoding makes of it, and how many of each
// type.
Result<Buffer> encode_stream_again(Bytes stream, std::map<MessageType, int>& counts) {
    Buffer out;
    while (!stream.empty()) {
        TV_ASSIGN(FrameWord frame, peek_frame(stream));
        if (stream.size() < frame.padded_size())
            return fail(ErrorCategory::PeerViolation, "recording is cut off");
        TV_TRY(encode_again(frame.type, stream.first(frame.padded_size()), out));
        ++counts[frame.type];
        stream = stream.subspan(frame.padded_size());
    }
    return out;
}

TEST(Recordings, everything_that_stock_servers_sent_decodes_and_encodes_to_the_same_bytes) {
    const auto paths = recordings(".s2c");
    ASSERT_GE(paths.size(), 5u);
    for (const auto& path : paths) {
        const Buffer bytes = test::read_whole(path.string());
        ASSERT_GT(bytes.size(), kConnectionHeaderSize) << path;
        auto header = parse_connection_header(Bytes(bytes).first<kConnectionHeaderSize>());
        ASSERT_TRUE(header) << path << ": " << describe(header.error());
        EXPECT_EQ(header->version, path.filename().string().starts_with("0112") ? 17u : 16u) << path;
        std::array<std::byte, kConnectionHeaderSize> again;
        encode(*header, again);
        EXPECT_TRUE(std::ranges::equal(again, Bytes(bytes).first<kConnectionHeaderSize>())) << path;

        std::map<MessageType, int> counts;
        const Bytes messages = Bytes(bytes).subspan(kConnectionHeaderSize);
        auto encoded = encode_stream_again(messages, counts);
        ASSERT_TRUE(encoded) << path << ": " << describe(encoded.error());
        EXPECT_TRUE(std::ranges::equal(*encoded, messages)) << path;
        EXPECT_GE(counts[MessageType::Protocol], 3) << path;
    }
}

TEST(Recordings, everything_that_stock_clients_sent_decodes_and_encodes_to_the_same_bytes) {
    const auto paths = recordings(".c2s");
    ASSERT_GE(paths.size(), 5u);
    for (const auto& path : paths) {
        const Buffer bytes = test::read_whole(path.string());
        std::map<MessageType, int> counts;
        auto encoded = encode_stream_again(bytes, counts);
        ASSERT_TRUE(encoded) << path << ": " << describe(encoded.error());
        EXPECT_EQ(*encoded, bytes) << path;
        EXPECT_GE(counts[MessageType::Protocol], 4) << path;
        EXPECT_EQ(counts[MessageType::Version], path.filename().string().starts_with("0112") ? 1 : 0) << path;
    }
}

} // namespace
} // namespace tv
