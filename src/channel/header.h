// The 16 bytes that the application side sends first on every channel connection.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace tv {

inline constexpr std::size_t kConnectionHeaderSize = 16;

// Every C release speaks 16, Rust releases 17. Versions up to 31 are promised to interoperate with 16, so a
// higher one is accepted and answered with the highest that is known here.
inline constexpr unsigned kMinWireVersion = 16;
inline constexpr unsigned kMaxWireVersion = 17;

// Of the data of fills and diffs; nothing else on the channel is compressed. The values are the header's.
enum class CompressionKind : std::uint8_t { None = 1, Lz4 = 2, Zstd = 3 };

// What the remote side was started with. Only a hint: message types and their codec ids decide. Values above
// Av1 are kept as they came.
enum class VideoKind : std::uint8_t { Unspecified = 0, None = 1, Vp9 = 2, H264 = 3, Av1 = 4 };

[[nodiscard]] const char* compression_name(CompressionKind kind);

struct ConnectionHeader {
    unsigned version = kMaxWireVersion;
    CompressionKind compression = CompressionKind::None;
    VideoKind video = VideoKind::None;
    bool no_dmabuf = false;     // the remote side replicates no dmabufs
    bool reconnectable = false; // the remote side could replace this channel by another one
    bool update = false;        // this channel wants to replace the one with the same key; parse() refuses it
    std::array<std::byte, 12> key{}; // names the connection for reconnection; zero from Rust

    bool operator==(const ConnectionHeader&) const = default;
};

// Every error is one that a user can read: wrong byte order or not waypipe at all, too old a version, no
// compression named, a reconnection.
[[nodiscard]] Result<ConnectionHeader>
parse_connection_header(std::span<const std::byte, kConnectionHeaderSize> bytes);

void encode(const ConnectionHeader& header, std::span<std::byte, kConnectionHeaderSize> out);

} // namespace tv
