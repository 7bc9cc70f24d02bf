// Numbers from command lines and /proc, with every character accounted for.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace tv::test {

template <typename Number = int>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

// "1920x1080".
[[nodiscard]] inline std::optional<std::pair<int, int>> parse_size(std::string_view text) {
    const auto cross = text.find('x');
    if (cross == std::string_view::npos) return std::nullopt;
    const auto width = parse_number(text.substr(0, cross));
    const auto height = parse_number(text.substr(cross + 1));
    if (!width || !height || *width < 1 || *height < 1) return std::nullopt;
    return std::pair(*width, *height);
}

} // namespace tv::test
