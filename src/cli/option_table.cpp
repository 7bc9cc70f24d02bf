#include "cli/option_table.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace tv::cli {
namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Done apply_compression(Options& options, std::string_view value) {
    const auto equals = value.find('=');
    const std::string_view kind = value.substr(0, equals);
    const bool known = kind == "lz4" || kind == "zstd" || value == "none";
    // The range of the newer waypipe; the older one takes more, but no level outside of it exists.
    const bool level_fits = equals == value.npos || parse_number<std::int8_t>(value.substr(equals + 1));
    if (!known || !level_fits)
        return failure(fmt::format(
            "--compress: '{}' is not none, lz4[=LEVEL] or zstd[=LEVEL] with a level from -128 to 127",
            value));
    options.compression = value;
    return {};
}

Done apply_threads(Options& options, std::string_view value) {
    const auto number = parse_number<unsigned>(value);
    if (!number || *number > kMaxThreads)
        return failure(fmt::format("--threads: '{}' is not a number from 0 to {}", value, kMaxThreads));
    options.threads = *number;
    return {};
}

// Strict: no surrogates, no overlong forms, nothing above U+10FFFF. Compositors end connections over less.
bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text[0]);
        std::size_t length = 1;
        char32_t point = first;
        if (first >= 0xf0 && first < 0xf5) {
            length = 4;
            point = first & 0x07;
        } else if (first >= 0xe0 && first < 0xf0) {
            length = 3;
            point = first & 0x0f;
        } else if (first >= 0xc2 && first < 0xe0) {
            length = 2;
            point = first & 0x1f;
        } else if (first >= 0x80) {
            return false;
        }
        if (length > text.size()) return false;
        for (std::size_t i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(text[i]);
            if ((next & 0xc0) != 0x80) return false;
            point = point << 6 | (next & 0x3f);
        }
        if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000)) return false;
        if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
        text.remove_prefix(length);
    }
    return true;
}

Done apply_title_prefix(Options& options, std::string_view value) {
    if (value.size() > kMaxTitlePrefix)
        return failure(fmt::format("--title-prefix: {} bytes are too long, at most {} are allowed",
                                   value.size(), kMaxTitlePrefix));
    if (!valid_utf8(value)) return failure("--title-prefix: the text is not valid UTF-8");
    options.title_prefix = value;
    return {};
}

Done apply_video(Options& options, std::string_view value) {
    TV_ASSIGN(options.video, parse_video(value));
    return {};
}

Done apply_store(Options& options, std::string_view value) {
    if (value == "auto")
        options.store = StoreWish::Auto;
    else if (value == "shm")
        options.store = StoreWish::Shm;
    else if (value == "iosurface")
        options.store = StoreWish::IOSurface;
    else
        return failure(fmt::format("--store: '{}' is not auto, shm or iosurface", value));
    return {};
}

Done apply_speed(Options& options, std::string_view value) {
    if (value == "max") return options.speed = 0, Done{};
    // Not from_chars, which has no floating numbers everywhere.
    const std::string text(value);
    char* end = nullptr;
    const double speed = std::strtod(text.c_str(), &end);
    const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
    if (!plain || *end != '\0' || speed < kMinSpeed || speed > kMaxSpeed)
        return failure(
            fmt::format("--speed: '{}' is not max or a number from {} to {}", value, kMinSpeed, kMaxSpeed));
    options.speed = speed;
    return {};
}

Done apply_socket_fds(Options& options, std::string_view value) {
    const auto comma = std::min(value.find(','), value.size());
    const int read = parse_number<int>(value.substr(0, comma)).value_or(-1);
    const int write = comma == value.size() ? -1 : parse_number<int>(value.substr(comma + 1)).value_or(-1);
    if (read < 0 || write < 0)
        return failure(fmt::format("--socket-fds: '{}' is not two descriptor numbers, as in 100,101", value));
    options.socket_fds = SocketFds{read, write};
    return {};
}

// Words that reach the remote shell or ssh as arguments of their own; one with a dash would become an option.
Done apply_program(std::string& program, std::string_view option, std::string_view value) {
    if (value.empty() || value.starts_with('-'))
        return failure(fmt::format("{}: '{}' is not the name of a program", option, value));
    program = value;
    return {};
}

constexpr OptionRow kTable[] = {
    {"compress", 'c', Takes::Value, "C", "compression: none, lz4[=N] or zstd[=N] (default lz4)",
     apply_compression},
    {"debug", 'd', Takes::Nothing, "", "say what happens, here and on the remote side",
     [](Options& o, std::string_view) -> Done { return o.debug = true, Done{}; }},
    {"help", 'h', Takes::Nothing, "", "show this text",
     [](Options& o, std::string_view) -> Done { return o.mode = Mode::Help, Done{}; }},
    {"no-gpu", 'n', Takes::Nothing, "", "applications render on the remote CPU",
     [](Options& o, std::string_view) -> Done { return o.no_gpu = true, Done{}; }},
    {"oneshot", 'o', Takes::Nothing, "", "serve one application, then end",
     [](Options& o, std::string_view) -> Done { return o.oneshot = true, Done{}; }},
    {"socket", 's', Takes::Value, "S",
     "client: the socket to listen on\n(default /tmp/waypipe-client.sock);\n"
     "ssh: the sockets' names begin so (default /tmp/waypipe),\n"
     "with --vsock: [[s]CID:]PORT",
     [](Options& o, std::string_view v) -> Done {
         if (v.empty()) return failure("--socket: the path is empty");
         return o.socket = v, Done{};
     }},
    {"version", 0, Takes::Nothing, "", "show the version and what is built in",
     [](Options& o, std::string_view) -> Done { return o.mode = Mode::Version, Done{}; }},
    {"display", 0, Takes::Value, "D", "ssh: WAYLAND_DISPLAY of the remote side",
     [](Options& o, std::string_view v) -> Done { return o.display = v, Done{}; }},
    {"drm-node", 0, Takes::Value, "R", "accepted; this side needs no render node",
     [](Options&, std::string_view) -> Done { return {}; }},
    {"remote-node", 0, Takes::Value, "R", "ssh: the render node to use on the remote side",
     [](Options& o, std::string_view v) -> Done { return o.remote_node = v, Done{}; }},
    {"ssh-bin", 0, Takes::Value, "P", "ssh: the ssh program (default ssh)",
     [](Options& o, std::string_view v) -> Done { return apply_program(o.ssh_program, "--ssh-bin", v); }},
    {"remote-bin", 0, Takes::Value, "P", "ssh: waypipe on the remote side (default waypipe)",
     [](Options& o, std::string_view v) -> Done {
         return apply_program(o.remote_program, "--remote-bin", v);
     }},
    {"remote-socket", 0, Takes::Value, "S", "ssh: how the remote socket's name begins\n(default as --socket)",
     [](Options& o, std::string_view v) -> Done {
         if (v.empty()) return failure("--remote-socket: the path is empty");
         return o.remote_socket = v, Done{};
     }},
    {"login-shell", 0, Takes::Nothing, "", "accepted; ssh without a command gives one anyway",
     [](Options&, std::string_view) -> Done { return {}; }},
    {"stats", 0, Takes::Nothing, "",
     "live statistics: a status line on a terminal,\nelse JSON lines on standard error",
     [](Options& o, std::string_view) -> Done { return o.stats = true, Done{}; }},
    // From the listener to its connections' processes.
    {"stats-fd", 0, Takes::Value, "N", "",
     [](Options& o, std::string_view v) -> Done {
         o.stats_fd = parse_number<int>(v);
         if (!o.stats_fd || *o.stats_fd < 0)
             return failure(fmt::format("--stats-fd: '{}' is not a descriptor's number", v));
         return o.stats = true, Done{};
     }},
    {"store", 0, Takes::Value, "S",
     "where pixels of GPU-rendered windows live: shm,\niosurface (macOS), or auto: what the compositor "
     "takes\n"
     "(default)",
     apply_store},
    // From the listener to its connections' processes.
    {"lessons-fd", 0, Takes::Value, "N", "",
     [](Options& o, std::string_view v) -> Done {
         o.lessons_fd = parse_number<int>(v);
         if (!o.lessons_fd || *o.lessons_fd < 0)
             return failure(fmt::format("--lessons-fd: '{}' is not a descriptor's number", v));
         return {};
     }},
    {"threads", 0, Takes::Value, "N",
     "threads on each side (default: half of the cores,\nhere all of them for video)", apply_threads},
    {"title-prefix", 0, Takes::Value, "P", "put this before the titles of remote windows",
     apply_title_prefix},
    {"unlink-socket", 0, Takes::Nothing, "", "accepted; sockets are always removed at the end",
     [](Options&, std::string_view) -> Done { return {}; }},
    {"video", 0, Takes::PerhapsValue, "V",
     "encode GPU-rendered windows as video on the remote side;\n"
     "V: a list of none h264 vp9 av1 sw hw swenc hwenc swdec\nhwdec bpf=BITS (default h264)",
     apply_video},
    {"record", 0, Takes::Value, "FILE",
     "write what passes between both sides into FILE,\nof further applications into FILE.2, FILE.3 ...",
     [](Options& o, std::string_view v) -> Done {
         if (v.empty()) return failure("--record: the path is empty");
         return o.record = v, Done{};
     }},
    {"speed", 0, Takes::Value, "N", "replay: times the recorded speed, or max (default 1)", apply_speed},
    {"json", 0, Takes::Nothing, "", "selftest, doctor: one line of JSON instead of a table",
     [](Options& o, std::string_view) -> Done { return o.json = true, Done{}; }},
    {"vsock", 0, Takes::Nothing, "", "use a vsock of a virtual machine; needs --socket",
     [](Options& o, std::string_view) -> Done { return o.vsock = true, Done{}; }},
    {"secctx", 0, Takes::Value, "S",
     "put applications into a security context of the\ncompositor, with app id S",
     [](Options& o, std::string_view v) -> Done { return o.security_context = v, Done{}; }},
    {"xwls", 0, Takes::Nothing, "", "ssh: X11 applications too (xwayland-satellite there)",
     [](Options& o, std::string_view) -> Done { return o.xwls = true, Done{}; }},
    {"socket-fds", 0, Takes::Value, "R,W", "client: serve one channel on inherited descriptors",
     apply_socket_fds},
    // Gone from waypipe, still typed.
    {"control", 0, Takes::Value, "", "",
     [](Options& o, std::string_view) -> Done {
         return o.notices.emplace_back("--control is ignored: waypipe no longer reconnects since 0.10"),
                Done{};
     }},
    {"hwvideo", 0, Takes::Nothing, "", "",
     [](Options& o, std::string_view) -> Done {
         o.notices.emplace_back("--hwvideo is old: taken as --video=hw");
         return apply_video(o, "hw");
     }},
    {"allow-tiled", 0, Takes::Nothing, "", "",
     [](Options& o, std::string_view) -> Done {
         return o.notices.emplace_back("--allow-tiled is ignored: waypipe chooses by itself since 0.10"),
                Done{};
     }},
};

} // namespace

std::span<const OptionRow> option_table() {
    return kTable;
}

} // namespace tv::cli
