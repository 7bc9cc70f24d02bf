// Logging without a global: a Log is handed down by reference, its sink belongs to whoever made it.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace tv {

enum class LogLevel : unsigned char { Debug, Info, Warning, Error };

// May be called from any thread; the text is borrowed for the call.
using LogSink = std::function<void(LogLevel, std::string_view)>;

class Log {
public:
    Log() = default; // drops everything
    Log(LogLevel threshold, LogSink sink) : sink_(std::move(sink)), threshold_(threshold) {}

    [[nodiscard]] bool enabled(LogLevel level) const { return sink_ && level >= threshold_; }

    template <typename... Args>
    void debug(fmt::format_string<Args...> text, Args&&... args) const {
        write(LogLevel::Debug, text, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void info(fmt::format_string<Args...> text, Args&&... args) const {
        write(LogLevel::Info, text, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void warning(fmt::format_string<Args...> text, Args&&... args) const {
        write(LogLevel::Warning, text, std::forward<Args>(args)...);
    }
    template <typename... Args>
    void error(fmt::format_string<Args...> text, Args&&... args) const {
        write(LogLevel::Error, text, std::forward<Args>(args)...);
    }

private:
    template <typename... Args>
    void write(LogLevel level, fmt::format_string<Args...> text, Args&&... args) const {
        if (enabled(level)) sink_(level, fmt::format(text, std::forward<Args>(args)...));
    }

    LogSink sink_;
    LogLevel threshold_ = LogLevel::Error;
};

} // namespace tv
