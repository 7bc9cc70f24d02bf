// arm64, where NEON is always there.
#include <arm_neon.h>

#include "video/convert/kernel.h"

namespace tv::video {
namespace {

struct Neon {
    static constexpr std::size_t kLanes = 8;
    using V = int16x8_t;
    struct Pair {
        V lo, hi;
    };
    struct Chroma {
        V cb, cr;
    };

    static V all(int k) { return vdupq_n_s16(static_cast<std::int16_t>(k)); }
    static V as_signed(uint16x8_t v) { return vreinterpretq_s16_u16(v); }
    static uint16x8_t as_unsigned(V v) { return vreinterpretq_u16_s16(v); }

    static Pair luma(const std::uint8_t* p) {
        const uint8x16_t y = vld1q_u8(p);
        return {as_signed(vshll_n_u8(vget_low_u8(y), 7)), as_signed(vshll_n_u8(vget_high_u8(y), 7))};
    }
    static V centred(uint8x8_t samples) {
        return as_signed(veorq_u16(vshlq_n_u16(vmovl_u8(samples), 8), vdupq_n_u16(0x8000)));
    }
    static Chroma planar(const std::uint8_t* cb, const std::uint8_t* cr) {
        return {centred(vld1_u8(cb)), centred(vld1_u8(cr))};
    }
    static Chroma interleaved(const std::uint8_t* p) {
        const uint8x8x2_t both = vld2_u8(p);
        return {centred(both.val[0]), centred(both.val[1])};
    }
    static Pair twice(V v) { return {vzip1q_s16(v, v), vzip2q_s16(v, v)}; }
    static V scale(V v, int k) { return vqrdmulhq_n_s16(v, static_cast<std::int16_t>(k)); }
    static V add(V a, V b) { return vqaddq_s16(a, b); }
    static V sub(V a, V b) { return vqsubq_s16(a, b); }
    static V clamp(V v) { return vminq_s16(vmaxq_s16(v, all(0)), all(kTvWhite)); }
    static uint8x8_t codes(V v) { return vqshrun_n_s16(v, kTvFractionBits); }
    static V code(V v) { return as_signed(vmovl_u8(codes(v))); }
    template <int multiply, int offset, int shift>
    static V quantise(V v) {
        return as_signed(
            vshrq_n_u16(vaddq_u16(vmulq_n_u16(as_unsigned(v), multiply), vdupq_n_u16(offset)), shift));
    }
    template <int count>
    static V left(V v) {
        return vshlq_n_s16(v, count);
    }
    template <int count>
    static V right(V v) {
        return as_signed(vshrq_n_u16(as_unsigned(v), count));
    }
    static V either(V a, V b) { return vorrq_s16(a, b); }

    static uint8x16_t bytes(Pair pair) { return vcombine_u8(codes(pair.lo), codes(pair.hi)); }
    static void store8888(std::uint8_t* out, Pair c0, Pair c1, Pair c2) {
        vst4q_u8(out, (uint8x16x4_t{{bytes(c0), bytes(c1), bytes(c2), vdupq_n_u8(0xff)}}));
    }
    static void store16(std::uint8_t* out, Pair words) {
        vst1q_u8(out, vreinterpretq_u8_s16(words.lo));
        vst1q_u8(out + 16, vreinterpretq_u8_s16(words.hi));
    }
    static void store32(std::uint8_t* out, Pair low, Pair high) {
        vst1q_u8(out, vreinterpretq_u8_s16(vzip1q_s16(low.lo, high.lo)));
        vst1q_u8(out + 16, vreinterpretq_u8_s16(vzip2q_s16(low.lo, high.lo)));
        vst1q_u8(out + 32, vreinterpretq_u8_s16(vzip1q_s16(low.hi, high.hi)));
        vst1q_u8(out + 48, vreinterpretq_u8_s16(vzip2q_s16(low.hi, high.hi)));
    }
};

} // namespace

extern const RowFunctions kNeonRows;
constinit const RowFunctions kNeonRows = functions_of<Neon>("neon");

} // namespace tv::video
