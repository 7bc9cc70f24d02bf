// NV12 to BGRA, one pixel a thread. This file is compiled by Metal at run time, behind the text of
// video/convert/constants.h, and by C++ in the tests (tests/applesim/msl). So it keeps to what both take:
//
//   scalars int, uint, float; uint2 with .x .y; float4 with .r .g .b .a and its four-value constructor
//   texture2d<float, access::read or write> with read, write, get_width, get_height
//   clamp of ints; the attributes texture, buffer, thread_position_in_grid; constant references
//   no pointers, no loops, no vector arithmetic, no samplers, no float arithmetic but with the code values
//
// Samples come as n / 255 (unorm), are made codes again, and go through the integers of every other path.
#include <metal_stdlib>
using namespace metal;

// As Pass in converter.mm.
struct TvPass {
    uint width; // of the target, in pixels
    uint height;
    uint bottom_up; // not 0: the target's first row is the picture's lowest
};

static inline int tv_code(float sample) { return int(sample * 255.0f + 0.5f); }

// mulhrs of constants.h.
static inline int tv_scaled(int a, int b) { return (a * b + (1 << 14)) >> 15; }

static inline float tv_unorm(int value) {
    return float(clamp(value >> kTvFractionBits, 0, 255)) / 255.0f;
}

kernel void tv_nv12_to_bgra(texture2d<float, access::read> luma [[texture(0)]],
                            texture2d<float, access::read> chroma [[texture(1)]],
                            texture2d<float, access::write> target [[texture(2)]],
                            constant TvPass& pass [[buffer(0)]],
                            uint2 at [[thread_position_in_grid]]) {
    // Threadgroups are whole, the picture need not be.
    if (at.x >= pass.width || at.y >= pass.height) return;
    const float4 chroma_sample = chroma.read(uint2(at.x / 2, at.y / 2));
    const int cb = (tv_code(chroma_sample.r) - 128) * 256;
    const int cr = (tv_code(chroma_sample.g) - 128) * 256;
    const int y = tv_scaled(tv_code(luma.read(at).r) * 128, kTvLumaGain) - kTvBlack + kTvHalf;
    const int r = y + tv_scaled(cr, kTvCrToR);
    const int g = y - tv_scaled(cb, kTvCbToG) - tv_scaled(cr, kTvCrToG);
    const int b = y + tv_scaled(cb, kTvCbToB);
    const uint row = pass.bottom_up != 0 ? pass.height - 1 - at.y : at.y;
    target.write(float4(tv_unorm(r), tv_unorm(g), tv_unorm(b), 1.0f), uint2(at.x, row));
}
