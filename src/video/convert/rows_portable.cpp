// Any processor: what the vector versions must equal bit for bit.
#include "video/convert/kernel.h"

namespace tv::video {
namespace {

struct Portable {
    static constexpr std::size_t kLanes = 8;
    struct V {
        std::int16_t lane[kLanes];
    };
    struct Pair {
        V lo, hi;
    };
    struct Chroma {
        V cb, cr;
    };

    template <typename Operation>
    static V each(Operation operation) {
        V out;
        for (std::size_t i = 0; i < kLanes; ++i) out.lane[i] = static_cast<std::int16_t>(operation(i));
        return out;
    }
    static int saturate(int value) { return value > 32767 ? 32767 : value < -32768 ? -32768 : value; }

    static Pair luma(const std::uint8_t* p) {
        return {each([&](std::size_t i) { return p[i] * 128; }),
                each([&](std::size_t i) { return p[kLanes + i] * 128; })};
    }
    static Chroma planar(const std::uint8_t* cb, const std::uint8_t* cr) {
        return {each([&](std::size_t i) { return (cb[i] - 128) * 256; }),
                each([&](std::size_t i) { return (cr[i] - 128) * 256; })};
    }
    static Chroma interleaved(const std::uint8_t* p) {
        return {each([&](std::size_t i) { return (p[2 * i] - 128) * 256; }),
                each([&](std::size_t i) { return (p[2 * i + 1] - 128) * 256; })};
    }
    static Pair twice(V v) {
        return {each([&](std::size_t i) { return v.lane[i / 2]; }),
                each([&](std::size_t i) { return v.lane[(kLanes + i) / 2]; })};
    }
    static V scale(V v, int k) {
        return each([&](std::size_t i) { return (v.lane[i] * k + 0x4000) >> 15; });
    }
    static V add(V a, V b) {
        return each([&](std::size_t i) { return saturate(a.lane[i] + b.lane[i]); });
    }
    static V sub(V a, V b) {
        return each([&](std::size_t i) { return saturate(a.lane[i] - b.lane[i]); });
    }
    static V clamp(V v) {
        return each([&](std::size_t i) {
            return v.lane[i] < 0 ? 0 : v.lane[i] > kTvWhite ? +kTvWhite : v.lane[i];
        });
    }
    static int clamped(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }
    static V code(const V& v) {
        return each([&](std::size_t i) { return clamped(v.lane[i] >> kTvFractionBits); });
    }
    template <int multiply, int offset, int shift>
    static V quantise(V v) {
        return each([&](std::size_t i) { return (v.lane[i] * multiply + offset) >> shift; });
    }
    template <int count>
    static V left(V v) {
        return each([&](std::size_t i) { return static_cast<std::uint16_t>(v.lane[i]) << count; });
    }
    template <int count>
    static V right(V v) {
        return each([&](std::size_t i) { return static_cast<std::uint16_t>(v.lane[i]) >> count; });
    }
    static V either(V a, V b) {
        return each([&](std::size_t i) { return a.lane[i] | b.lane[i]; });
    }
    static V all(int k) {
        return each([&](std::size_t) { return k; });
    }

    static void store8888(std::uint8_t* out, Pair c0, Pair c1, Pair c2) {
        store8888(out, c0.lo, c1.lo, c2.lo);
        store8888(out + 4 * kLanes, c0.hi, c1.hi, c2.hi);
    }
    static void store8888(std::uint8_t* out, const V& c0, const V& c1, const V& c2) {
        for (std::size_t i = 0; i < kLanes; ++i) {
            out[4 * i] = static_cast<std::uint8_t>(clamped(c0.lane[i] >> kTvFractionBits));
            out[4 * i + 1] = static_cast<std::uint8_t>(clamped(c1.lane[i] >> kTvFractionBits));
            out[4 * i + 2] = static_cast<std::uint8_t>(clamped(c2.lane[i] >> kTvFractionBits));
            out[4 * i + 3] = 0xff;
        }
    }
    static void put16(std::uint8_t* out, std::int16_t value) {
        const auto word = static_cast<std::uint16_t>(value);
        out[0] = static_cast<std::uint8_t>(word);
        out[1] = static_cast<std::uint8_t>(word >> 8);
    }
    static void store16(std::uint8_t* out, Pair words) {
        for (std::size_t i = 0; i < kLanes; ++i) {
            put16(out + 2 * i, words.lo.lane[i]);
            put16(out + 2 * (kLanes + i), words.hi.lane[i]);
        }
    }
    static void store32(std::uint8_t* out, Pair low, Pair high) {
        for (std::size_t i = 0; i < kLanes; ++i) {
            put16(out + 4 * i, low.lo.lane[i]);
            put16(out + 4 * i + 2, high.lo.lane[i]);
            put16(out + 4 * (kLanes + i), low.hi.lane[i]);
            put16(out + 4 * (kLanes + i) + 2, high.hi.lane[i]);
        }
    }
};

} // namespace

constinit const RowFunctions kPortableRows = functions_of<Portable>("portable");

} // namespace tv::video
