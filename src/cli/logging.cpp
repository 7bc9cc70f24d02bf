#include "cli/logging.h"

#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "cli/stats_line.h"

namespace tv::cli {
namespace {

spdlog::level::level_enum native(LogLevel level) {
    switch (level) {
    case LogLevel::Debug:
        return spdlog::level::debug;
    case LogLevel::Info:
        return spdlog::level::info;
    case LogLevel::Warning:
        return spdlog::level::warn;
    case LogLevel::Error:
        return spdlog::level::err;
    }
    return spdlog::level::err;
}

bool is_control(char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f;
}

std::string without_controls(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (char c : text)
        if (is_control(c))
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            result += c;
    return result;
}

} // namespace

Log make_stderr_log(bool debug, bool status_line) {
    auto logger =
        std::make_shared<spdlog::logger>("tunnelview", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_level(debug ? spdlog::level::debug : spdlog::level::warn);
    const std::string pattern = debug ? "%T.%e tunnelview[%P] %l: %v" : "tunnelview: %v";
    logger->set_pattern(status_line ? std::string(kClearLine) + pattern : pattern);
    return {debug ? LogLevel::Debug : LogLevel::Warning, [logger](LogLevel level, std::string_view text) {
                const spdlog::string_view_t line(text.data(), text.size());
                if (std::ranges::any_of(text, is_control))
                    logger->log(native(level), spdlog::string_view_t(without_controls(text)));
                else
                    logger->log(native(level), line);
            }};
}

} // namespace tv::cli
