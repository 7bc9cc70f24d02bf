// Copies of pictures into mapped files, which another process reads next.
//
// Any thread. Source and target do not overlap; no alignment is asked for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tv::mirror {

// From here on a copy is part of a picture that, with its neighbours, would push everything else out of the
// second-level cache. The frame as a whole is larger than what a reader could still find in a cache.
inline constexpr std::size_t kStreamBytes = 32 * 1024;

#if defined(__SSE2__)

// Stores that do not first read the lines that they replace; finish_past_caches() is due after the last.
inline void copy_past_caches(std::byte* to, const std::byte* from, std::size_t size) {
    constexpr std::size_t kLine = 64;
    const std::size_t into_line = reinterpret_cast<std::uintptr_t>(to) % kLine;
    const std::size_t head = std::min(size, (kLine - into_line) % kLine);
    std::memcpy(to, from, head);
    to += head;
    from += head;
    size -= head;
    for (; size >= kLine; to += kLine, from += kLine, size -= kLine) {
        auto* out = reinterpret_cast<__m128i*>(to);
        const auto* in = reinterpret_cast<const __m128i*>(from);
        const __m128i a = _mm_loadu_si128(in);
        const __m128i b = _mm_loadu_si128(in + 1);
        const __m128i c = _mm_loadu_si128(in + 2);
        const __m128i d = _mm_loadu_si128(in + 3);
        _mm_stream_si128(out, a);
        _mm_stream_si128(out + 1, b);
        _mm_stream_si128(out + 2, c);
        _mm_stream_si128(out + 3, d);
    }
    std::memcpy(to, from, size);
}

// Ahead of the commit that shows them. Once for many copies: it waits until all of them are in memory.
inline void finish_past_caches() {
    _mm_sfence();
}

#else

// Elsewhere (arm64 above all) the processor itself notices that whole lines are being replaced.
inline void copy_past_caches(std::byte* to, const std::byte* from, std::size_t size) {
    std::memcpy(to, from, size);
}

inline void finish_past_caches() {}

#endif

inline void stream_copy(std::byte* to, const std::byte* from, std::size_t size) {
    if (size < kStreamBytes) {
        std::memcpy(to, from, size);
        return;
    }
    copy_past_caches(to, from, size);
    finish_past_caches();
}

} // namespace tv::mirror
