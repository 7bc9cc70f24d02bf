// The channel's stream: a connection header, then messages. Whatever decodes must encode to the same bytes;
// fills and diffs are decompressed as the header says.
#include <algorithm>
#include <vector>

#include "channel/all_messages.h"
#include "channel/compression.h"
#include "channel/header.h"
#include "check.h"

namespace tv {
namespace {

// Larger announcements are checked, not decompressed: the fuzzer's time is better spent on many inputs.
constexpr std::size_t kMaxDecompressed = 64 * 1024;

CompressionKind try_header(std::span<const std::byte, kConnectionHeaderSize> bytes) {
    auto header = parse_connection_header(bytes);
    if (!header) return static_cast<CompressionKind>(1 + std::to_integer<unsigned>(bytes[4]) % 3);
    std::array<std::byte, kConnectionHeaderSize> again;
    encode(*header, again);
    auto parsed = parse_connection_header(again);
    TV_EXPECT(parsed && *parsed == *header);
    TV_EXPECT(header->version >= kMinWireVersion);
    return header->compression;
}

void try_decompression(CompressionKind kind, Bytes data, std::size_t size) {
    if (!check_expansion(kind, data.size(), size) || size > kMaxDecompressed) return;
    static Decompressor decompressor;
    std::vector<std::byte> out(size);
    if (!decompressor.decompress(kind, data, out)) return;
    std::vector<std::byte> packed, unpacked(size);
    static Compressor compressor;
    TV_EXPECT(compressor.compress(kind, out, packed).has_value());
    TV_EXPECT(decompressor.decompress(kind, packed, unpacked).has_value());
    TV_EXPECT(unpacked == out);
}

template <typename M>
void try_head(Bytes message, const M& decoded) {
    auto head = decode_head<M>(message.first(M::kHeadSize));
    TV_EXPECT(head && head->data_size == decoded.data.size());
    std::array<std::byte, M::kHeadSize> again;
    encode_head(*head, again);
    TV_EXPECT(std::ranges::equal(again, message.first(M::kHeadSize)));
}

template <typename M>
void try_message(Bytes message, CompressionKind kind) {
    auto decoded = decode<M>(message);
    if (!decoded) return;
    std::vector<std::byte> again(encoded_size(*decoded));
    encode(*decoded, MutableBytes(again));
    const std::size_t size = peek_frame(message)->size;
    if (M::kType != MessageType::Close) {
        TV_EXPECT(again.size() == padded4(size));
        TV_EXPECT(std::ranges::equal(message.first(size), Bytes(again).first(size)));
    }
    TV_EXPECT(std::ranges::all_of(Bytes(again).subspan(std::min(size, again.size())),
                                  [](std::byte b) { return b == std::byte{0}; }));
    if constexpr (requires { M::kHeadSize; }) try_head(message, *decoded);
    if constexpr (requires { decoded->uncompressed_size(); })
        try_decompression(kind, decoded->data, decoded->uncompressed_size());
    if constexpr (M::kType == MessageType::InjectRids)
        for (std::size_t i = 0; i < decoded->count(); ++i) (void)(*decoded)[i];
}

void try_stream(Bytes stream, CompressionKind kind) {
    while (!stream.empty()) {
        auto frame = peek_frame(stream);
        if (!frame) return;
        const Bytes message = stream.first(std::min(stream.size(), frame->padded_size()));
        // In memory of exactly that size, so that reads past it are seen.
        const std::vector<std::byte> copy(message.begin(), message.end());
        test::with_message(frame->type,
                           [&]<typename M>(std::type_identity<M>) { try_message<M>(copy, kind); });
        stream = stream.subspan(message.size());
    }
}

} // namespace
} // namespace tv

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const tv::Bytes bytes = std::as_bytes(std::span(data, size));
    if (size < tv::kConnectionHeaderSize) return 0;
    const auto kind = tv::try_header(bytes.first<tv::kConnectionHeaderSize>());
    tv::try_stream(bytes.subspan(tv::kConnectionHeaderSize), kind);
    return 0;
}
