// YCbCr to RGB, BT.601 limited range, in integers: the one arithmetic of every path. Compiled as C++ and as
// Metal, so no includes and nothing but enumerators.
//
//   y' = mulhrs(Y << 7, LumaGain) - Black      R = y' + mulhrs(cr, CrToR)
//   cb = (Cb - 128) << 8                       G = y' - mulhrs(cb, CbToG) - mulhrs(cr, CrToG)
//   cr = (Cr - 128) << 8                       B = y' + mulhrs(cb, CbToB)
//
// with mulhrs(a, b) = (a b + 2^14) >> 15, which SSSE3, AVX2 and NEON have as one instruction on 16 bits. R, G
// and B have 6 bits of fraction and may saturate at 16 bits, beyond what is clamped to white anyway. A result
// is at most 0.04 off before it is rounded, so a code value is at most 1 off, and that only next to a tie.
//
// Chroma is sited in the centre of its 2x2 block and shown by these four pixels, as senders average it over
// them. Interpolating instead is no closer to what senders started from (text: 2 dB worse, photographs:
// equal).
enum TvColorConstants {
    kTvLumaGain = 19077, // 1.164384 * 2^15 * 2^6 / 2^7
    kTvBlack = 1192,     // 1.164384 * 16 * 2^6
    kTvCrToR = 13075,    // 1.596027 * 2^15 * 2^6 / 2^8
    kTvCbToG = 3209,     // 0.391762 ...
    kTvCrToG = 6660,     // 0.812968
    kTvCbToB = 16525,    // 2.017232
    kTvFractionBits = 6,
    kTvHalf = 1 << 5,
    kTvWhite = 255 << 6,  // 1.0
    kTvTo10Bits = 2054,   // mulhrs(0..White, this) = 0..1023
    kTvTo5Multiply = 249, // (0..255 * multiply + add) >> shift, rounded exactly
    kTvTo5Add = 1014,
    kTvTo5Shift = 11,
    kTvTo6Multiply = 253,
    kTvTo6Add = 505,
    kTvTo6Shift = 10
};
