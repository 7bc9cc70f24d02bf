#include "patterns.h"

#include <algorithm>
#include <array>

namespace tv::bench {
namespace {

// splitmix64: a few lines, and the same numbers everywhere (the standard's distributions are not).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

private:
    std::uint64_t state_;
};

constexpr std::size_t kCellWidth = 8;
constexpr std::size_t kCellHeight = 16;
constexpr std::size_t kGlyphs = 96;
constexpr std::uint8_t kOpaque = 255;

using Glyph = std::array<std::array<std::uint8_t, kCellWidth>, kCellHeight>;

// Made of strokes with soft edges, as antialiased type is: about a quarter of a cell is ink.
Glyph make_glyph(Random& random) {
    Glyph glyph{};
    constexpr std::size_t kTop = 3, kBottom = 13, kLeft = 1, kRight = 7;
    for (int stroke = 0; stroke < 3; ++stroke) {
        const auto soft = static_cast<std::uint8_t>(60 + random.below(150));
        if (random.below(2) == 0) {
            const std::size_t x = kLeft + random.below(kRight - kLeft - 1);
            for (std::size_t y = kTop + random.below(4); y < kBottom; ++y) {
                glyph[y][x] = kOpaque;
                glyph[y][x + 1] = std::max(glyph[y][x + 1], soft);
            }
        } else {
            const std::size_t y = kTop + random.below(kBottom - kTop - 1);
            for (std::size_t x = kLeft; x < kRight; ++x) {
                glyph[y][x] = kOpaque;
                glyph[y + 1][x] = std::max(glyph[y + 1][x], soft);
            }
        }
    }
    return glyph;
}

std::uint32_t mix(std::uint32_t ink, std::uint32_t paper, std::uint32_t alpha) {
    std::uint32_t out = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        const std::uint32_t a = (ink >> shift) & 0xff, b = (paper >> shift) & 0xff;
        out |= ((a * alpha + b * (kOpaque - alpha)) / kOpaque) << shift;
    }
    return out | 0xff000000u;
}

void paint_noise(unsigned index, std::span<std::uint32_t> pixels) {
    Random random(0x6e6f697365u + index);
    for (std::size_t i = 0; i + 1 < pixels.size(); i += 2) {
        const std::uint64_t word = random.next();
        pixels[i] = static_cast<std::uint32_t>(word);
        pixels[i + 1] = static_cast<std::uint32_t>(word >> 32);
    }
    if (pixels.size() % 2 != 0) pixels.back() = static_cast<std::uint32_t>(random.next());
}

void paint_text(unsigned index, std::uint32_t paper, std::span<std::uint32_t> pixels, std::size_t width,
                std::size_t height) {
    Random font_random(0x666f6e74u);
    std::array<Glyph, kGlyphs> font;
    for (Glyph& glyph : font) glyph = make_glyph(font_random);

    std::ranges::fill(pixels, paper);
    Random random(0x74657874u + index);
    constexpr std::array<std::uint32_t, 4> kInks{0xff202020u, 0xff0550aeu, 0xff116329u, 0xff953800u};
    const std::size_t columns = width / kCellWidth;
    for (std::size_t row = 0; row < height / kCellHeight; ++row) {
        // Source code and prose alike: indentation, words of a colour each, lines of unequal length, empty
        // lines.
        const std::size_t end = random.below(6) == 0 ? 0 : columns / 4 + random.below(columns * 3 / 4 + 1);
        std::size_t column = 4 * random.below(5);
        while (column < end) {
            const std::uint32_t ink = random.below(3) == 0 ? kInks[random.below(kInks.size())] : kInks[0];
            const std::size_t word_end = std::min(end, column + 2 + random.below(9));
            for (; column < word_end; ++column) {
                const Glyph& glyph = font[random.below(kGlyphs)];
                for (std::size_t y = 0; y < kCellHeight; ++y) {
                    std::uint32_t* line = &pixels[(row * kCellHeight + y) * width + column * kCellWidth];
                    for (std::size_t x = 0; x < kCellWidth; ++x)
                        if (glyph[y][x] != 0) line[x] = mix(ink, paper, glyph[y][x]);
                }
            }
            ++column;
        }
    }
}

} // namespace

std::optional<Pattern> pattern_from_name(std::string_view name) {
    if (name == "noise") return Pattern::Noise;
    if (name == "text") return Pattern::Text;
    if (name == "scroll") return Pattern::Scroll;
    return std::nullopt;
}

void paint(Pattern pattern, unsigned index, std::span<std::uint32_t> pixels, std::size_t width,
           std::size_t height) {
    constexpr std::uint32_t kPaper = 0xfff4f0e8u;
    switch (pattern) {
    case Pattern::Noise:
        paint_noise(index, pixels);
        break;
    case Pattern::Text:
        paint_text(index, kPaper + (index % 8) * 0x00010101u, pixels, width, height);
        break;
    case Pattern::Scroll:
        paint_text(index, kPaper, pixels, width, height);
        break;
    }
}

} // namespace tv::bench
