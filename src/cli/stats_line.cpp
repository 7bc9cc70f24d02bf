#include "cli/stats_line.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace tv::cli {
namespace {

// What follows `"key":` at its first place. Within a string of our JSON a quote is always escaped, so this
// never finds a title's text.
std::string_view value_of(std::string_view line, std::string_view key) {
    const std::string pattern = fmt::format("\"{}\":", key);
    const std::size_t at = line.find(pattern);
    return at == line.npos ? std::string_view{} : line.substr(at + pattern.size());
}

double number_of(std::string_view line, std::string_view key) {
    const std::string digits(value_of(line, key).substr(0, 32)); // strtod needs an end
    return std::strtod(digits.c_str(), nullptr);
}

// Characters that are not ASCII become question marks.
std::string text_of(std::string_view line, std::string_view key) {
    std::string_view value = value_of(line, key);
    std::string text;
    if (!value.starts_with('"')) return text;
    for (std::size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
        char c = value[i];
        if (c == '\\' && i + 1 < value.size()) {
            c = value[++i];
            if (c == 'u') {
                c = '?';
                i += 4;
            }
        }
        text += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return text;
}

// The surfaces of a line, one after the other: a brace after which comes "surface".
std::string_view next_surface(std::string_view& rest) {
    constexpr std::string_view kStart = "{\"surface\":";
    const std::size_t at = rest.find(kStart);
    if (at == rest.npos) return rest = {};
    const std::size_t end = std::min(rest.find(kStart, at + 1), rest.size());
    const std::string_view surface = rest.substr(at, end - at);
    rest.remove_prefix(end);
    return surface;
}

} // namespace

AppSummary summarize(std::string_view line) {
    AppSummary app;
    app.frames_per_second = number_of(line, "frames_per_second");
    app.mbit_per_second = number_of(line, "mbit_per_second");
    // Before the first surface's own, which has the same name.
    app.forced = number_of(value_of(value_of(line, "store"), "writes"), "forced");
    std::string_view rest = line;
    for (auto surface = next_surface(rest); !surface.empty(); surface = next_surface(rest)) {
        if (app.name.empty()) app.name = text_of(surface, "title");
        if (app.name.empty()) app.name = text_of(surface, "app_id");
        if (!app.codec.empty() || value_of(surface, "decode").empty()) continue;
        app.codec = text_of(surface, "codec");
        app.decoder = text_of(surface, "decoder");
        app.decode_ms = number_of(value_of(surface, "decode"), "p50");
    }
    return app;
}

std::string status_line(std::span<const AppSummary> apps, std::size_t width) {
    if (apps.empty()) return std::string("no application").substr(0, width);
    double frames = 0;
    double mbit = 0;
    double forced = 0;
    const AppSummary* busiest = &apps.front();
    const AppSummary* decoding = nullptr;
    for (const AppSummary& app : apps) {
        frames += app.frames_per_second;
        mbit += app.mbit_per_second;
        forced += app.forced;
        if (app.frames_per_second > busiest->frames_per_second) busiest = &app;
        const bool decodes = !app.codec.empty();
        if (decodes && (decoding == nullptr || app.frames_per_second > decoding->frames_per_second))
            decoding = &app;
    }
    std::string line = fmt::format("{} app{}  {:.1f} frames/s  {:.2f} Mbit/s", apps.size(),
                                   apps.size() == 1 ? "" : "s", frames, mbit);
    if (decoding != nullptr)
        line += fmt::format("  {} {:.2f} ms ({})", decoding->codec, decoding->decode_ms,
                            decoding->decoder.empty() ? "no decoder" : decoding->decoder);
    if (forced > 0) line += fmt::format("  {:.0f} forced write{}", forced, forced == 1 ? "" : "s");
    if (!busiest->name.empty())
        line += apps.size() == 1 ? fmt::format("  {}", busiest->name)
                                 : fmt::format("  {} {:.1f}/s", busiest->name, busiest->frames_per_second);
    return line.substr(0, width);
}

} // namespace tv::cli
