#include "mirror/surface_rows.h"

#include <algorithm>
#include <cstring>

#include "mirror/stream_copy.h"

namespace tv::mirror {
namespace {

constexpr std::size_t kPixel = 4;
constexpr std::uint32_t kOpaque = 0xff00'0000; // the last byte of a little-endian pixel

// Whole pixels.
void copy_opaque(std::byte* to, const std::byte* from, std::size_t size, bool past_caches) {
    std::size_t at = 0;
#if defined(__SSE2__)
    const __m128i opaque = _mm_set1_epi32(static_cast<int>(kOpaque));
    if (past_caches) {
        constexpr std::size_t kVector = sizeof(__m128i);
        const auto opaque_pixel = [&] {
            std::uint32_t pixel;
            std::memcpy(&pixel, from + at, kPixel);
            pixel |= kOpaque;
            std::memcpy(to + at, &pixel, kPixel);
            at += kPixel;
        };
        while (at < size && reinterpret_cast<std::uintptr_t>(to + at) % (4 * kVector) != 0) opaque_pixel();
        for (; size - at >= 4 * kVector; at += 4 * kVector) {
            const auto* in = reinterpret_cast<const __m128i*>(from + at);
            auto* out = reinterpret_cast<__m128i*>(to + at);
            const __m128i a = _mm_or_si128(_mm_loadu_si128(in), opaque);
            const __m128i b = _mm_or_si128(_mm_loadu_si128(in + 1), opaque);
            const __m128i c = _mm_or_si128(_mm_loadu_si128(in + 2), opaque);
            const __m128i d = _mm_or_si128(_mm_loadu_si128(in + 3), opaque);
            _mm_stream_si128(out, a);
            _mm_stream_si128(out + 1, b);
            _mm_stream_si128(out + 2, c);
            _mm_stream_si128(out + 3, d);
        }
    }
#else
    (void)past_caches;
#endif
    for (; at < size; at += kPixel) {
        std::uint32_t pixel;
        std::memcpy(&pixel, from + at, kPixel);
        pixel |= kOpaque;
        std::memcpy(to + at, &pixel, kPixel);
    }
}

// Bytes from column `x` of a row on, which need not begin or end with a pixel.
void copy_part(std::byte* row, std::size_t x, Bytes data, bool past_caches) {
    const auto byte_wise = [&](std::size_t count) {
        for (; count > 0; --count, ++x, data = data.subspan(1))
            row[x] = x % kPixel == kPixel - 1 ? std::byte{0xff} : data[0];
    };
    byte_wise(std::min(data.size(), (kPixel - x % kPixel) % kPixel));
    const std::size_t whole = data.size() / kPixel * kPixel;
    copy_opaque(row + x, data.data(), whole, past_caches);
    x += whole;
    data = data.subspan(whole);
    byte_wise(data.size());
}

} // namespace

void write_view(MutableBytes pixels, const ImageLayout& layout, bool opaque, std::size_t offset, Bytes data) {
    if (!opaque && layout.same()) return stream_copy(pixels.data() + offset, data.data(), data.size());
    const bool past_caches = data.size() >= kStreamBytes;
    while (!data.empty()) {
        const std::size_t row = offset / layout.view_stride;
        const std::size_t x = offset % layout.view_stride;
        const std::size_t in_row = std::min(data.size(), layout.view_stride - x);
        const Bytes shown = data.first(x < layout.row_bytes ? std::min(in_row, layout.row_bytes - x) : 0);
        const std::size_t place = (layout.flipped ? layout.height - 1 - row : row) * layout.file_stride;
        if (!shown.empty()) {
            std::byte* const to = pixels.data() + place;
            if (opaque)
                copy_part(to, x, shown, past_caches);
            else if (past_caches)
                copy_past_caches(to + x, shown.data(), shown.size());
            else
                std::memcpy(to + x, shown.data(), shown.size());
        }
        offset += in_row;
        data = data.subspan(in_row);
    }
    if (past_caches) finish_past_caches();
}

void clear_rows(MutableBytes pixels, bool opaque) {
    std::memset(pixels.data(), 0, pixels.size());
    if (opaque) copy_opaque(pixels.data(), pixels.data(), pixels.size() / kPixel * kPixel, false);
}

void flip_rows(MutableBytes pixels, const ImageLayout& layout) {
    for (std::size_t top = 0, bottom = layout.height - 1; top < bottom; ++top, --bottom) {
        std::byte* row = pixels.data() + top * layout.file_stride;
        std::swap_ranges(row, row + layout.row_bytes, pixels.data() + bottom * layout.file_stride);
    }
}

} // namespace tv::mirror
