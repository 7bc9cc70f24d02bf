// The row conversion, written once over the vectors of an instruction set. Included by one source file each,
// which may be compiled for processors that not everybody has: nothing in here may be emitted as a function
// that other files could share, so there is no use of the standard library but memcpy.
//
// Isa:
//   kLanes                      16-bit lanes of a vector V; a block is 2 * kLanes pixels
//   Pair {V lo, hi}             a block's pixels in whatever order unpacking leaves them
//   luma(p) -> Pair             Y << 7 of a block
//   planar(cb, cr), interleaved(cbcr) -> {V cb, cr}   (C - 128) << 8, kLanes samples each
//   twice(V) -> Pair            each sample for its two pixels, in the order of luma()
//   scale(V, k) -> V            mulhrs
//   add, sub (V, V) -> V        saturating
//   clamp(V) -> V               to 0 .. kTvWhite
//   quantise(V, multiply, add, shift) -> V            of code(), unsigned 16 bits
//   code(V) -> V                v >> 6, clamped to 0 .. 255
//   left(V, n), right(V, n), either(V, V), all(k)
//   store8888(out, Pair c0, Pair c1, Pair c2)         as code() does; c0 first in memory, then ones
//   store16(out, Pair), store32(out, Pair low, Pair high)
#include <cstring>

#include "video/convert/constants.h"
#include "video/convert/rows.h"

namespace tv::video {
namespace {

template <typename Isa>
struct Rgb {
    typename Isa::Pair r, g, b;
};

// --- formats -----------------------------------------------------------------------------------------------

template <bool swapped>
struct As8888 {
    static constexpr std::size_t kBytes = 4;
    static constexpr int kRounding = kTvHalf; // added to every channel
    template <typename Isa>
    static void store(std::uint8_t* out, const Rgb<Isa>& rgb) {
        if constexpr (swapped)
            Isa::store8888(out, rgb.r, rgb.g, rgb.b);
        else
            Isa::store8888(out, rgb.b, rgb.g, rgb.r);
    }
};

template <bool swapped>
struct As565 {
    static constexpr std::size_t kBytes = 2;
    static constexpr int kRounding = kTvHalf;
    template <typename Isa>
    static typename Isa::V word(typename Isa::V r, typename Isa::V g, typename Isa::V b) {
        auto five = [](typename Isa::V v) {
            return Isa::template quantise<kTvTo5Multiply, kTvTo5Add, kTvTo5Shift>(Isa::code(v));
        };
        const auto high = Isa::template left<11>(five(swapped ? b : r));
        const auto middle = Isa::template left<5>(
            Isa::template quantise<kTvTo6Multiply, kTvTo6Add, kTvTo6Shift>(Isa::code(g)));
        return Isa::either(Isa::either(high, middle), five(swapped ? r : b));
    }
    template <typename Isa>
    static void store(std::uint8_t* out, const Rgb<Isa>& rgb) {
        Isa::store16(out, {word<Isa>(rgb.r.lo, rgb.g.lo, rgb.b.lo), word<Isa>(rgb.r.hi, rgb.g.hi, rgb.b.hi)});
    }
};

template <bool swapped>
struct As2101010 {
    static constexpr std::size_t kBytes = 4;
    static constexpr int kRounding = 0; // scale() rounds
    template <typename Isa>
    static typename Isa::V ten(typename Isa::V v) {
        return Isa::scale(Isa::clamp(v), kTvTo10Bits);
    }
    // Bits 0..15: the lowest component and 6 bits of the middle one; 16..31: its other 4, the highest, two
    // ones.
    template <typename Isa>
    static void words(typename Isa::V high, typename Isa::V middle, typename Isa::V low,
                      typename Isa::V& first, typename Isa::V& second) {
        const auto g = ten<Isa>(middle);
        first = Isa::either(ten<Isa>(low), Isa::template left<10>(g));
        second = Isa::either(Isa::either(Isa::template right<6>(g), Isa::template left<4>(ten<Isa>(high))),
                             Isa::all(0xc000));
    }
    template <typename Isa>
    static void store(std::uint8_t* out, const Rgb<Isa>& rgb) {
        const auto& high = swapped ? rgb.b : rgb.r;
        const auto& low = swapped ? rgb.r : rgb.b;
        typename Isa::Pair first, second;
        words<Isa>(high.lo, rgb.g.lo, low.lo, first.lo, second.lo);
        words<Isa>(high.hi, rgb.g.hi, low.hi, first.hi, second.hi);
        Isa::store32(out, first, second);
    }
};

// --- rows --------------------------------------------------------------------------------------------------

template <typename Isa, bool nv12, typename Format>
inline void convert_block(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr,
                          std::uint8_t* out) {
    const auto chroma = nv12 ? Isa::interleaved(cb) : Isa::planar(cb, cr);
    const auto r = Isa::twice(Isa::scale(chroma.cr, kTvCrToR));
    const auto g = Isa::twice(Isa::add(Isa::scale(chroma.cb, kTvCbToG), Isa::scale(chroma.cr, kTvCrToG)));
    const auto b = Isa::twice(Isa::scale(chroma.cb, kTvCbToB));
    auto luma = Isa::luma(y);
    const auto offset = Isa::all(Format::kRounding - kTvBlack);
    luma.lo = Isa::add(Isa::scale(luma.lo, kTvLumaGain), offset);
    luma.hi = Isa::add(Isa::scale(luma.hi, kTvLumaGain), offset);
    const Rgb<Isa> rgb{{Isa::add(luma.lo, r.lo), Isa::add(luma.hi, r.hi)},
                       {Isa::sub(luma.lo, g.lo), Isa::sub(luma.hi, g.hi)},
                       {Isa::add(luma.lo, b.lo), Isa::add(luma.hi, b.hi)}};
    Format::template store<Isa>(out, rgb);
}

template <typename Isa, bool nv12, typename Format>
void convert_row(const RowSource& source, std::uint8_t* out, std::size_t width) {
    constexpr std::size_t kBlock = 2 * Isa::kLanes;
    std::size_t x = 0;
    for (; x + kBlock <= width; x += kBlock)
        convert_block<Isa, nv12, Format>(source.y + x, source.cb + (nv12 ? x : x / 2),
                                         nv12 ? nullptr : source.cr + x / 2, out + x * Format::kBytes);
    if (x == width) return;
    // The rest goes through a block of our own, so that nothing outside the row is read or written.
    std::uint8_t y[kBlock] = {}, cb[kBlock] = {}, cr[kBlock] = {}, pixels[kBlock * 4];
    const std::size_t rest = width - x, chroma = (rest + 1) / 2;
    std::memcpy(y, source.y + x, rest);
    std::memcpy(cb, source.cb + (nv12 ? x : x / 2), nv12 ? 2 * chroma : chroma);
    if (!nv12) std::memcpy(cr, source.cr + x / 2, chroma);
    convert_block<Isa, nv12, Format>(y, cb, cr, pixels);
    std::memcpy(out + x * Format::kBytes, pixels, rest * Format::kBytes);
}

template <typename Isa>
constexpr RowFunctions functions_of(const char* name) {
    return {name,
            {{convert_row<Isa, false, As8888<false>>, convert_row<Isa, false, As8888<true>>,
              convert_row<Isa, false, As565<false>>, convert_row<Isa, false, As565<true>>,
              convert_row<Isa, false, As2101010<false>>, convert_row<Isa, false, As2101010<true>>},
             {convert_row<Isa, true, As8888<false>>, convert_row<Isa, true, As8888<true>>,
              convert_row<Isa, true, As565<false>>, convert_row<Isa, true, As565<true>>,
              convert_row<Isa, true, As2101010<false>>, convert_row<Isa, true, As2101010<true>>}}};
}

} // namespace
} // namespace tv::video
