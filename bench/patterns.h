// Deterministic pictures for the benchmark, the same on every machine and in every run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tv::bench {

enum class Pattern {
    Noise,  // every word random: what no compressor can shorten (video, photographs)
    Text,   // a page of text on a flat background; the background's shade changes too, so every pixel does
    Scroll, // the same page with a constant background: only the glyphs change, so the diff has many short
            // spans
};

[[nodiscard]] std::optional<Pattern> pattern_from_name(std::string_view name);

// Writes picture number `index` (XRGB8888). `pixels` holds width * height words.
void paint(Pattern pattern, unsigned index, std::span<std::uint32_t> pixels, std::size_t width,
           std::size_t height);

} // namespace tv::bench
