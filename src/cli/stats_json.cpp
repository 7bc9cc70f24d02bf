#include "cli/stats_json.h"

#include <iterator>

#include <fmt/format.h>

namespace tv::cli {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// The next character and how many bytes it takes; kReplacement and 1 for what is no UTF-8.
struct Character {
    char32_t code = kReplacement;
    std::size_t bytes = 1;
};

Character next_character(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {first, 1};
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000}; // what is less has a shorter form
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
    char32_t code = first & (0x7f >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return {};
        code = code << 6 | (next & 0x3f);
    }
    if (code < kLeast[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
    return {code, bytes};
}

// "H.264" as waypipe's --video spells it.
std::string codec_word(std::string_view codec) {
    std::string word;
    for (char c : codec)
        if (c != '.') word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return word;
}

double milliseconds(std::int64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e6;
}

std::string stage_json(const char* name, const StageTimes& times) {
    // The sum in nanoseconds' digits, so that sums of stages can be compared exactly.
    return fmt::format(R"("{}":{{"p50":{:.3f},"p99":{:.3f},"sum":{}.{:06}}})", name,
                       milliseconds(times.latest.p50), milliseconds(times.latest.p99), times.sum / 1'000'000,
                       times.sum % 1'000'000);
}

std::string writes_json(const surface::GuardCounts& writes) {
    return fmt::format(R"({{"waited":{},"forced":{},"attached":{}}})", writes.waited, writes.forced,
                       writes.attached);
}

std::string store_json(const StatisticsSnapshot& snapshot) {
    const surface::StoreCounts& memory = snapshot.surface_memory;
    return fmt::format(R"({{"created":{},"recycled":{},"live":{},"free":{},"bytes":{},"writes":{}}})",
                       memory.created, memory.recycled, memory.live, memory.free, memory.bytes,
                       writes_json(snapshot.surface_writes));
}

std::string surface_json(const SurfaceStatistics& surface, const char* compression) {
    std::string text = fmt::format(R"({{"surface":{})", surface.id);
    auto out = std::back_inserter(text);
    if (!surface.title.empty()) fmt::format_to(out, R"(,"title":{})", json_string(surface.title));
    if (!surface.app_id.empty()) fmt::format_to(out, R"(,"app_id":{})", json_string(surface.app_id));
    if (surface.destroyed) text += R"(,"destroyed":true)";
    fmt::format_to(out, R"(,"codec":"{}")", codec_word(surface.codec));
    if (std::string_view(surface.codec) == "raw")
        fmt::format_to(out, R"(,"compression":"{}")", compression);
    else
        fmt::format_to(out, R"(,"decoder":{},"hardware":{},"failovers":{},"without_picture":{})",
                       json_string(surface.decoder), surface.hardware, surface.failovers,
                       surface.without_picture);
    if (surface.in_store) fmt::format_to(out, R"(,"writes":{})", writes_json(surface.writes));
    fmt::format_to(out, R"(,"width":{},"height":{},"frames":{},"measured":{},"bytes":{},"stages":{{)",
                   surface.width, surface.height, surface.frames, surface.measured, surface.bytes);
    for (std::size_t i = 0; i < surface.stages.size(); ++i)
        if (surface.stages[i].frames != 0) text += stage_json(kStageNames[i], surface.stages[i]) + ",";
    return text + stage_json("total", surface.total) + "}}";
}

} // namespace

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const auto [code, bytes] = next_character(text);
        text.remove_prefix(bytes);
        if (code == '"' || code == '\\')
            quoted += {'\\', static_cast<char>(code)};
        else if (code >= 0x20 && code < 0x7f)
            quoted += static_cast<char>(code);
        else if (code < 0x10000)
            quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
        else
            quoted +=
                fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + static_cast<unsigned>((code - 0x10000) >> 10),
                            0xdc00 + static_cast<unsigned>(code & 0x3ff));
    }
    return quoted + "\"";
}

std::string stats_json(const StatisticsSnapshot& snapshot, pid_t process) {
    std::string line = fmt::format(
        R"({{"time":{}.{:03},"process":{},"final":{},"compression":"{}","wire_version":{},"gpu":{})",
        snapshot.time / 1'000'000'000, snapshot.time / 1'000'000 % 1000, process, snapshot.final,
        snapshot.compression, snapshot.wire_version, snapshot.gpu);
    fmt::format_to(std::back_inserter(line),
                   R"(,"frames":{},"bytes":{},"frames_per_second":{:.1f},"mbit_per_second":{:.3f})",
                   snapshot.frames, snapshot.bytes, snapshot.frames_per_second,
                   snapshot.bytes_per_second * 8 / 1e6);
    if (snapshot.surface_store) line += R"(,"store":)" + store_json(snapshot);
    constexpr std::string_view kBegin = R"(,"surfaces":[)";
    constexpr std::size_t kEndRoom = 64;
    line += kBegin;
    std::size_t written = 0;
    for (const SurfaceStatistics& surface : snapshot.surfaces) {
        const std::string next = surface_json(surface, snapshot.compression);
        if (line.size() + 1 + next.size() + kEndRoom > kMaxStatsLine) break;
        if (written++ != 0) line += ',';
        line += next;
    }
    line += ']';
    if (written != snapshot.surfaces.size())
        line += fmt::format(R"(,"omitted":{})", snapshot.surfaces.size() - written);
    return line + "}\n";
}

} // namespace tv::cli
