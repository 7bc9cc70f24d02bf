// Compression of the data part of fills and diffs. Every message is compressed on its own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/header.h"

struct ZSTD_DCtx_s; // zstd's own tags, so that its headers stay out of ours
struct ZSTD_CCtx_s;

namespace tv {

// Whether `compressed` bytes can honestly stand for `uncompressed` ones. To be asked as soon as a message's
// head is known, before memory is set aside for its contents. Limit "decompression ratio" or "bytes of one
// fill or diff", PeerViolation where the sizes contradict each other.
[[nodiscard]] Status check_expansion(CompressionKind kind, std::size_t compressed, std::size_t uncompressed);

// Whether an lz4 block is one run of literals, as compressors leave what they find no repetition in: then the
// data is in the message as it is.
struct Lz4Literals {
    enum class Answer : std::uint8_t { Unknown, No, Yes }; // Unknown: more of the block has to be seen
    Answer answer = Answer::Unknown;
    std::size_t prefix = 0; // Yes: bytes ahead of the data
};
// `begin`: the block's first bytes, as far as they have come. `compressed`, `uncompressed`: sizes of the
// whole.
[[nodiscard]] Lz4Literals find_lz4_literals(Bytes begin, std::size_t compressed, std::size_t uncompressed);

// One per thread: zstd's working memory (about 160 KiB, set aside at the first zstd message) is reused.
class Decompressor {
public:
    Decompressor() = default;
    Decompressor(Decompressor&&) noexcept = default;
    Decompressor& operator=(Decompressor&&) noexcept = default;
    ~Decompressor() = default;

    // `in` must decompress to exactly out.size() bytes, and all of it must be used: Corrupted otherwise. On
    // failure the contents of `out` are unspecified, memory around it is untouched. check_expansion() is
    // included.
    [[nodiscard]] Status decompress(CompressionKind kind, Bytes in, MutableBytes out);

private:
    struct FreeZstd {
        void operator()(ZSTD_DCtx_s* context) const;
    };
    Status decompress_zstd(Bytes in, MutableBytes out);

    std::unique_ptr<ZSTD_DCtx_s, FreeZstd> zstd_;
};

// For what the display side sends back: keymaps, screen copies. Fastest settings, since a receiver sends
// little. One per thread.
class Compressor {
public:
    Compressor() = default;
    Compressor(Compressor&&) noexcept = default;
    Compressor& operator=(Compressor&&) noexcept = default;
    ~Compressor() = default;

    // Replaces the contents of `out`, whose capacity is reused. Returns out.size().
    [[nodiscard]] Result<std::size_t> compress(CompressionKind kind, Bytes in, std::vector<std::byte>& out);

private:
    struct FreeZstd {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, FreeZstd> zstd_;
};

} // namespace tv
