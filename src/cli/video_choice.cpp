#include "cli/video_choice.h"

#include <charconv>

#include <fmt/format.h>

namespace tv::cli {
namespace {

// waypipe's own range.
constexpr std::uint64_t kMaxBitsPerFrame = 1'000'000'000;

struct Word {
    std::string_view text;
    void (*apply)(VideoChoice&);
};

constexpr Word kWords[] = {
    {"none", [](VideoChoice& v) { v.codec = VideoCodec::None; }},
    {"h264", [](VideoChoice& v) { v.codec = VideoCodec::H264; }},
    {"vp9", [](VideoChoice& v) { v.codec = VideoCodec::Vp9; }},
    {"av1", [](VideoChoice& v) { v.codec = VideoCodec::Av1; }},
    {"sw", [](VideoChoice& v) { v.encoder = v.decoder = VideoEngine::Software; }},
    {"hw", [](VideoChoice& v) { v.encoder = v.decoder = VideoEngine::Hardware; }},
    {"swenc", [](VideoChoice& v) { v.encoder = VideoEngine::Software; }},
    {"hwenc", [](VideoChoice& v) { v.encoder = VideoEngine::Hardware; }},
    {"swdec", [](VideoChoice& v) { v.decoder = VideoEngine::Software; }},
    {"hwdec", [](VideoChoice& v) { v.decoder = VideoEngine::Hardware; }},
};

std::optional<std::uint64_t> take_digits(std::string_view& text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

// A whole number, also written as waypipe's help does: 1.2e5. By hand, since from_chars for floating point is
// not in every libc++, and strtod depends on the locale.
std::optional<std::uint32_t> parse_bits(std::string_view text) {
    auto mantissa = take_digits(text);
    if (!mantissa) return std::nullopt;
    std::int64_t exponent = 0;
    std::uint64_t value = *mantissa;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
            if (value > kMaxBitsPerFrame) return std::nullopt;
            value = value * 10 + static_cast<std::uint64_t>(text[0] - '0');
            --exponent;
        }
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+')) text.remove_prefix(1);
        auto power = take_digits(text);
        if (!power || *power > 9) return std::nullopt;
        exponent += static_cast<std::int64_t>(*power);
    }
    for (; exponent > 0 && value <= kMaxBitsPerFrame; --exponent) value *= 10;
    for (; exponent < 0; ++exponent) value /= 10;
    if (!text.empty() || value < 1 || value > kMaxBitsPerFrame) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

Done apply_word(VideoChoice& choice, std::string_view word, bool& codec_named) {
    constexpr std::string_view kBits = "bpf=";
    if (word.starts_with(kBits)) {
        auto bits = parse_bits(word.substr(kBits.size()));
        if (!bits)
            return failure(
                fmt::format("--video: '{}' is not a number of bits from 1 to 1e9, as in bpf=120000", word));
        choice.bits_per_frame = bits;
        return {};
    }
    for (const Word& known : kWords) {
        if (known.text != word) continue;
        const VideoCodec before = choice.codec;
        known.apply(choice);
        codec_named = codec_named || choice.codec != before || word == "none";
        return {};
    }
    return failure(fmt::format(
        "--video: unknown word '{}'; it takes a list of none, h264, vp9, av1, sw, hw, swenc, hwenc, "
        "swdec, hwdec, bpf=BITS",
        word));
}

const char* codec_word(VideoCodec codec) {
    switch (codec) {
    case VideoCodec::None:
        return "none";
    case VideoCodec::H264:
        return "h264";
    case VideoCodec::Vp9:
        return "vp9";
    case VideoCodec::Av1:
        return "av1";
    }
    return "none";
}

} // namespace

Outcome<VideoChoice> parse_video(std::string_view text) {
    VideoChoice choice;
    bool codec_named = false;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view word = text.substr(0, comma);
        if (!word.empty()) TV_TRY(apply_word(choice, word, codec_named));
        text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    }
    if (!codec_named) choice.codec = VideoCodec::H264;
    return choice;
}

std::optional<std::string> remote_video_argument(const VideoChoice& choice) {
    if (choice.codec == VideoCodec::None) return std::nullopt;
    std::string argument = fmt::format("--video={}", codec_word(choice.codec));
    // What the remote side decodes is of no interest: it only encodes.
    if (choice.encoder == VideoEngine::Software) argument += ",sw";
    if (choice.encoder == VideoEngine::Hardware) argument += ",hw";
    if (choice.bits_per_frame) argument += fmt::format(",bpf={}", *choice.bits_per_frame);
    return argument;
}

} // namespace tv::cli
