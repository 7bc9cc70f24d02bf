// The arm64 row conversions against the portable ones, for a machine that emulates arm64: a program without
// the test framework, which is not there for that processor. Exit status 0: every row equal.
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "video/convert/rows.h"

namespace {

using tv::video::kPortableRows;
using tv::video::RowFunctions;
using tv::video::RowSource;
using Samples = std::vector<std::uint8_t>;

bool same(const RowFunctions& rows, int layout, int format, const Samples& y, const Samples& cb,
          const Samples& cr) {
    Samples both;
    for (std::size_t i = 0; i < cb.size(); ++i) {
        both.push_back(cb[i]);
        both.push_back(cr[i]);
    }
    const RowSource planar{y.data(), cb.data(), cr.data()}, interleaved{y.data(), both.data(), nullptr};
    Samples got(y.size() * 4, 1), want(y.size() * 4, 1);
    rows.by_format[layout][format](layout == 0 ? planar : interleaved, got.data(), y.size());
    kPortableRows.by_format[0][format](planar, want.data(), y.size());
    if (got == want) return true;
    std::fprintf(stderr, "%s differs: width %zu, layout %d, format %d\n", rows.name, y.size(), layout,
                 format);
    return false;
}

} // namespace

int main() {
    const RowFunctions& rows = *tv::video::row_functions()[0];
    if (std::strcmp(rows.name, "neon") != 0) return 1;
    std::minstd_rand random(5);
    long compared = 0;
    for (std::size_t width = 1; width < 150; ++width) {
        Samples y(width), cb((width + 1) / 2), cr((width + 1) / 2);
        for (Samples* samples : {&y, &cb, &cr})
            for (std::uint8_t& sample : *samples) sample = static_cast<std::uint8_t>(random() >> 8);
        for (int format = 0; format < 6; ++format)
            for (int layout = 0; layout < 2; ++layout, ++compared)
                if (!same(rows, layout, format, y, cb, cr)) return 1;
    }
    Samples y(256), cb(128), cr(128);
    for (std::size_t i = 0; i < 256; ++i) y[i] = static_cast<std::uint8_t>(i);
    for (int b = 0; b < 256; b += 3) {
        for (int r = 0; r < 256; r += 5) {
            std::memset(cb.data(), b, cb.size());
            std::memset(cr.data(), r, cr.size());
            for (int format = 0; format < 6; ++format, ++compared)
                if (!same(rows, 0, format, y, cb, cr)) return 1;
        }
    }
    std::printf("%ld rows equal\n", compared);
    return 0;
}
