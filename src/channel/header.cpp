#include "channel/header.h"

#include <algorithm>

namespace tv {
namespace {

constexpr std::uint32_t kReconnectable = 1u << 0;
constexpr std::uint32_t kUpdate = 1u << 1;
constexpr std::uint32_t kNoDmabuf = 1u << 2;
constexpr unsigned kVersionLowShift = 3;
constexpr std::uint32_t kFixedOne = 1u << 7;
constexpr unsigned kCompressionShift = 8;
constexpr unsigned kVideoShift = 11;
constexpr unsigned kVersionHighShift = 16;
constexpr std::uint32_t kFixedZero = 1u << 31;

} // namespace

const char* compression_name(CompressionKind kind) {
    switch (kind) {
    case CompressionKind::None:
        return "none";
    case CompressionKind::Lz4:
        return "lz4";
    case CompressionKind::Zstd:
        return "zstd";
    }
    return "unknown";
}

Result<ConnectionHeader> parse_connection_header(std::span<const std::byte, kConnectionHeaderSize> bytes) {
    const std::uint32_t word = load_u32(bytes, 0);
    // The two fixed bits swap places when the other end writes big-endian.
    if ((word & kFixedOne) == 0 || (word & kFixedZero) != 0)
        return fail(ErrorCategory::PeerViolation,
                    "connection header is not waypipe's, or the remote machine is big-endian", word);

    ConnectionHeader header;
    header.version = ((word >> kVersionHighShift) & 0xff) << 4 | ((word >> kVersionLowShift) & 0xf);
    if (header.version < kMinWireVersion)
        return fail(ErrorCategory::Unsupported, "connection header has a wire version older than 16",
                    header.version);

    const std::uint32_t compression = (word >> kCompressionShift) & 7;
    if (compression == 0)
        return fail(ErrorCategory::PeerViolation, "connection header leaves the compression unspecified");
    if (compression > static_cast<std::uint32_t>(CompressionKind::Zstd))
        return fail(ErrorCategory::Unsupported, "connection header has an unknown compression", compression);
    header.compression = static_cast<CompressionKind>(compression);

    header.update = (word & kUpdate) != 0;
    if (header.update)
        return fail(ErrorCategory::Unsupported, "connection header asks to resume an earlier connection");

    header.video = static_cast<VideoKind>((word >> kVideoShift) & 7);
    header.no_dmabuf = (word & kNoDmabuf) != 0;
    header.reconnectable = (word & kReconnectable) != 0;
    std::ranges::copy(bytes.subspan<4>(), header.key.begin());
    return header;
}

void encode(const ConnectionHeader& header, std::span<std::byte, kConnectionHeaderSize> out) {
    std::uint32_t word = kFixedOne;
    word |= (header.version & 0xf) << kVersionLowShift;
    word |= ((header.version >> 4) & 0xff) << kVersionHighShift;
    word |= static_cast<std::uint32_t>(header.compression) << kCompressionShift;
    word |= static_cast<std::uint32_t>(header.video) << kVideoShift;
    if (header.no_dmabuf) word |= kNoDmabuf;
    if (header.reconnectable) word |= kReconnectable;
    if (header.update) word |= kUpdate;
    store_u32(out, 0, word);
    std::ranges::copy(header.key, out.begin() + 4);
}

} // namespace tv
