// x86-64 with AVX2; this file alone is compiled for it.
#include <immintrin.h>

#include "video/convert/kernel.h"

namespace tv::video {
namespace {

// Unpacking works within the halves of a register: a Pair's lo holds pixels 0-7 and 16-23 of a block, hi the
// others, which packing undoes.
struct Avx2 {
    static constexpr std::size_t kLanes = 16;
    using V = __m256i;
    struct Pair {
        V lo, hi;
    };
    struct Chroma {
        V cb, cr;
    };

    static V load(const std::uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    static void store(std::uint8_t* p, V v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
    static V all(int k) { return _mm256_set1_epi16(static_cast<short>(k)); }

    static Pair luma(const std::uint8_t* p) {
        const V y = load(p), zero = _mm256_setzero_si256();
        return {_mm256_srli_epi16(_mm256_unpacklo_epi8(zero, y), 1),
                _mm256_srli_epi16(_mm256_unpackhi_epi8(zero, y), 1)};
    }
    static V centred(V shifted) { return _mm256_xor_si256(shifted, all(0x8000)); }
    static V planar(const std::uint8_t* p) {
        const __m128i samples = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
        return centred(_mm256_slli_epi16(_mm256_cvtepu8_epi16(samples), 8));
    }
    static Chroma planar(const std::uint8_t* cb, const std::uint8_t* cr) { return {planar(cb), planar(cr)}; }
    static Chroma interleaved(const std::uint8_t* p) {
        const V both = load(p);
        return {centred(_mm256_slli_epi16(both, 8)), centred(_mm256_and_si256(both, all(0xff00)))};
    }
    static Pair twice(V v) { return {_mm256_unpacklo_epi16(v, v), _mm256_unpackhi_epi16(v, v)}; }
    static V scale(V v, int k) { return _mm256_mulhrs_epi16(v, all(k)); }
    static V add(V a, V b) { return _mm256_adds_epi16(a, b); }
    static V sub(V a, V b) { return _mm256_subs_epi16(a, b); }
    static V clamp(V v) {
        return _mm256_min_epi16(_mm256_max_epi16(v, _mm256_setzero_si256()), all(kTvWhite));
    }
    static V code(V v) {
        return _mm256_min_epi16(
            _mm256_max_epi16(_mm256_srai_epi16(v, kTvFractionBits), _mm256_setzero_si256()), all(255));
    }
    template <int multiply, int offset, int shift>
    static V quantise(V v) {
        return _mm256_srli_epi16(_mm256_add_epi16(_mm256_mullo_epi16(v, all(multiply)), all(offset)), shift);
    }
    template <int count>
    static V left(V v) {
        return _mm256_slli_epi16(v, count);
    }
    template <int count>
    static V right(V v) {
        return _mm256_srli_epi16(v, count);
    }
    static V either(V a, V b) { return _mm256_or_si256(a, b); }

    static V bytes(Pair pair) {
        return _mm256_packus_epi16(_mm256_srai_epi16(pair.lo, kTvFractionBits),
                                   _mm256_srai_epi16(pair.hi, kTvFractionBits));
    }
    // Words of 32 bits, four a half: those of pixels 0-3 and 16-19, 4-7 and 20-23, 8-11 and 24-27, 12-15 and
    // 28-31.
    static void store_words(std::uint8_t* out, V a, V b, V c, V d) {
        store(out, _mm256_permute2x128_si256(a, b, 0x20));
        store(out + 32, _mm256_permute2x128_si256(c, d, 0x20));
        store(out + 64, _mm256_permute2x128_si256(a, b, 0x31));
        store(out + 96, _mm256_permute2x128_si256(c, d, 0x31));
    }
    static void store8888(std::uint8_t* out, Pair c0, Pair c1, Pair c2) {
        const V b0 = bytes(c0), b1 = bytes(c1), b2 = bytes(c2), ones = all(0xffff);
        const V first_lo = _mm256_unpacklo_epi8(b0, b1), first_hi = _mm256_unpackhi_epi8(b0, b1);
        const V second_lo = _mm256_unpacklo_epi8(b2, ones), second_hi = _mm256_unpackhi_epi8(b2, ones);
        store_words(out, _mm256_unpacklo_epi16(first_lo, second_lo),
                    _mm256_unpackhi_epi16(first_lo, second_lo), _mm256_unpacklo_epi16(first_hi, second_hi),
                    _mm256_unpackhi_epi16(first_hi, second_hi));
    }
    static void store16(std::uint8_t* out, Pair words) {
        store(out, _mm256_permute2x128_si256(words.lo, words.hi, 0x20));
        store(out + 32, _mm256_permute2x128_si256(words.lo, words.hi, 0x31));
    }
    static void store32(std::uint8_t* out, Pair low, Pair high) {
        store_words(out, _mm256_unpacklo_epi16(low.lo, high.lo), _mm256_unpackhi_epi16(low.lo, high.lo),
                    _mm256_unpacklo_epi16(low.hi, high.hi), _mm256_unpackhi_epi16(low.hi, high.hi));
    }
};

} // namespace

extern const RowFunctions kAvx2Rows;
constinit const RowFunctions kAvx2Rows = functions_of<Avx2>("avx2");

} // namespace tv::video
