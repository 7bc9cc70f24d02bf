#include "channel/compression.h"

#include <algorithm>
#include <cstring>

#include <lz4.h>
#include <zstd.h>

#include "base/limits.h"

namespace tv {
namespace {

// One byte of an LZ4 block adds at most 255 bytes to a match; the token's own 15 + 4 come with two offset
// bytes.
constexpr std::size_t kLz4MaxExpansion = 255;

constexpr int kZstdLevel = 1;
constexpr int kLz4Acceleration = 1;

constexpr std::uint32_t kZstdMagic = 0xfd2fb528;
constexpr unsigned kZstdWindowLogMin = 10; // RFC 8878, 3.1.1.1.2

std::int64_t number(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

// Data that is not there must still have an address for the C libraries.
const char* readable(Bytes bytes) {
    static constexpr char kNothing = 0;
    return bytes.empty() ? &kNothing : reinterpret_cast<const char*>(bytes.data());
}

Status copy_plain(Bytes in, MutableBytes out) {
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return {};
}

Status decompress_lz4(Bytes in, MutableBytes out) {
    char nothing = 0;
    char* destination = out.empty() ? &nothing : reinterpret_cast<char*>(out.data());
    const int written = LZ4_decompress_safe(readable(in), destination, static_cast<int>(in.size()),
                                            static_cast<int>(out.size()));
    if (written < 0) return fail(ErrorCategory::Corrupted, "lz4 data does not decompress");
    if (static_cast<std::size_t>(written) != out.size())
        return fail(ErrorCategory::Corrupted, "lz4 data is shorter than announced", written);
    return {};
}

// Exactly one ordinary frame, nothing behind it. One-shot decompression needs no memory for the window; the
// cap keeps it so should frames ever be decompressed piecewise.
Status check_zstd_frame(Bytes in) {
    if (in.size() < 6 || load_u32(in, 0) != kZstdMagic)
        return fail(ErrorCategory::Corrupted, "zstd data does not start with a frame");
    constexpr unsigned kSingleSegment = 1u << 5;
    const auto descriptor = std::to_integer<unsigned>(in[4]);
    if ((descriptor & kSingleSegment) == 0) {
        const unsigned window_log = kZstdWindowLogMin + (std::to_integer<unsigned>(in[5]) >> 3);
        if (window_log > limits::kMaxZstdWindowLog)
            return fail(ErrorCategory::Limit, "zstd window (kMaxZstdWindowLog)", window_log);
    }
    const std::size_t frame_size = ZSTD_findFrameCompressedSize(in.data(), in.size());
    if (ZSTD_isError(frame_size)) return fail(ErrorCategory::Corrupted, "zstd data is cut off or damaged");
    if (frame_size != in.size())
        return fail(ErrorCategory::Corrupted, "bytes after the end of the zstd data",
                    number(in.size() - frame_size));
    return {};
}

} // namespace

Status check_expansion(CompressionKind kind, std::size_t compressed, std::size_t uncompressed) {
    if (uncompressed > limits::kMaxUpdateBytes)
        return fail(ErrorCategory::Limit, "bytes of one fill or diff (kMaxUpdateBytes)",
                    number(uncompressed));
    switch (kind) {
    case CompressionKind::None:
        if (compressed != uncompressed)
            return fail(ErrorCategory::PeerViolation, "uncompressed update is not of its announced size",
                        number(compressed));
        return {};
    case CompressionKind::Lz4:
        if (compressed == 0) return fail(ErrorCategory::Corrupted, "lz4 data is empty");
        if (uncompressed > compressed * kLz4MaxExpansion)
            return fail(ErrorCategory::Limit, "decompression ratio beyond what lz4 can do",
                        number(uncompressed / compressed));
        return {};
    case CompressionKind::Zstd:
        if (compressed == 0) return fail(ErrorCategory::Corrupted, "zstd data is empty");
        if (uncompressed > std::max(limits::kExpansionFreeBytes, compressed * limits::kMaxExpansion))
            return fail(ErrorCategory::Limit, "decompression ratio (kMaxExpansion)",
                        number(uncompressed / compressed));
        return {};
    }
    return fail(ErrorCategory::Unsupported, "unknown compression");
}

// lz4_Block_format.md: the token's upper half is the run's length; 15 means that bytes to add to it follow,
// up to and with the first that is not 255. The last sequence of a block ends behind its literals.
Lz4Literals find_lz4_literals(Bytes begin, std::size_t compressed, std::size_t uncompressed) {
    using enum Lz4Literals::Answer;
    if (begin.empty()) return {compressed == 0 ? No : Unknown};
    constexpr unsigned kMore = 15, kMoreBytes = 255;
    const unsigned first = std::to_integer<unsigned>(begin[0]) >> 4;
    std::size_t length = first;
    std::size_t at = 1;
    for (unsigned added = kMoreBytes; first == kMore && added == kMoreBytes; ++at) {
        if (length > uncompressed) return {No};
        if (at == begin.size()) return {at < compressed ? Unknown : No};
        added = std::to_integer<unsigned>(begin[at]);
        length += added;
    }
    return length == uncompressed && at + length == compressed ? Lz4Literals{Yes, at} : Lz4Literals{No};
}

void Decompressor::FreeZstd::operator()(ZSTD_DCtx_s* context) const {
    ZSTD_freeDCtx(context);
}
void Compressor::FreeZstd::operator()(ZSTD_CCtx_s* context) const {
    ZSTD_freeCCtx(context);
}

Status Decompressor::decompress(CompressionKind kind, Bytes in, MutableBytes out) {
    TV_TRY(check_expansion(kind, in.size(), out.size()));
    switch (kind) {
    case CompressionKind::None:
        return copy_plain(in, out);
    case CompressionKind::Lz4:
        return decompress_lz4(in, out);
    case CompressionKind::Zstd:
        return decompress_zstd(in, out);
    }
    return fail(ErrorCategory::Unsupported, "unknown compression");
}

Status Decompressor::decompress_zstd(Bytes in, MutableBytes out) {
    TV_TRY(check_zstd_frame(in));
    if (!zstd_) {
        zstd_.reset(ZSTD_createDCtx());
        if (!zstd_) return fail(ErrorCategory::Limit, "memory for zstd");
        ZSTD_DCtx_setParameter(zstd_.get(), ZSTD_d_windowLogMax, static_cast<int>(limits::kMaxZstdWindowLog));
    }
    const std::size_t written =
        ZSTD_decompressDCtx(zstd_.get(), out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(written)) return fail(ErrorCategory::Corrupted, "zstd data does not decompress");
    if (written != out.size())
        return fail(ErrorCategory::Corrupted, "zstd data is shorter than announced", number(written));
    return {};
}

Result<std::size_t> Compressor::compress(CompressionKind kind, Bytes in, std::vector<std::byte>& out) {
    if (in.size() > limits::kMaxUpdateBytes)
        return fail(ErrorCategory::Limit, "bytes of one fill or diff (kMaxUpdateBytes)", number(in.size()));
    switch (kind) {
    case CompressionKind::None:
        out.assign(in.begin(), in.end());
        return out.size();
    case CompressionKind::Lz4: {
        const int source = static_cast<int>(in.size());
        out.resize(static_cast<std::size_t>(LZ4_compressBound(source)));
        const int written = LZ4_compress_fast(readable(in), reinterpret_cast<char*>(out.data()), source,
                                              static_cast<int>(out.size()), kLz4Acceleration);
        if (written <= 0) return fail(ErrorCategory::Io, "LZ4_compress_fast");
        out.resize(static_cast<std::size_t>(written));
        return out.size();
    }
    case CompressionKind::Zstd: {
        if (!zstd_) zstd_.reset(ZSTD_createCCtx());
        if (!zstd_) return fail(ErrorCategory::Limit, "memory for zstd");
        out.resize(ZSTD_compressBound(in.size()));
        const std::size_t written =
            ZSTD_compressCCtx(zstd_.get(), out.data(), out.size(), in.data(), in.size(), kZstdLevel);
        if (ZSTD_isError(written)) return fail(ErrorCategory::Limit, "memory for zstd");
        out.resize(written);
        return out.size();
    }
    }
    return fail(ErrorCategory::Unsupported, "unknown compression");
}

} // namespace tv
