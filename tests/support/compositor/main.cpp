// tv-test-compositor: the test compositor as a program, driven by commands on standard input.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <tuple>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "more_options.h"
#include "script.h"
#include "support/parse.h"
#include "support/pixel_format.h"

namespace {

using namespace tv::test;

struct Settings {
    CompositorOptions options;
    std::vector<std::string> globals;
    std::vector<std::string> shm_formats;
    std::vector<std::string> errors;
    std::vector<std::string> disconnects;
    std::vector<std::string> exits;
    std::vector<std::string> stalls;
    std::string release = "now";
    std::string output;
    std::string size;
    std::uint32_t error_code = 0;
    bool print_commits = false;
    bool print_log = false;
    bool no_stdin = false;
};

bool add_faults(Settings& settings, Fault::What what, const std::vector<std::string>& texts,
                std::uint32_t code) {
    for (const std::string& text : texts) {
        auto fault = parse_fault(what, text);
        if (!fault) {
            fmt::print(stderr, "tv-test-compositor: {}: {}\n", text, tv::describe(fault.error()));
            return false;
        }
        fault->code = code;
        settings.options.faults.push_back(*fault);
    }
    return true;
}

bool complain(const char* text) {
    fmt::print(stderr, "tv-test-compositor: {}\n", text);
    return false;
}

bool interpret(Settings& settings) {
    CompositorOptions& options = settings.options;
    for (const std::string& text : settings.globals) {
        const auto equals = text.find('=');
        const auto version = equals == std::string::npos
                                 ? std::nullopt
                                 : parse_number<std::uint32_t>(std::string_view(text).substr(equals + 1));
        if (!version) return complain("--global takes INTERFACE=VERSION");
        options.versions[text.substr(0, equals)] = *version;
    }
    if (!settings.shm_formats.empty()) options.more_shm_formats.clear();
    for (const std::string& name : settings.shm_formats) {
        if (find_pixel_format(name) == nullptr)
            return complain("--shm-format takes the four characters of a format");
        options.more_shm_formats.push_back(fourcc_of(name));
    }
    if (settings.release == "now") {
        options.release = ReleasePolicy::AtOnce;
    } else if (settings.release == "replaced") {
        options.release = ReleasePolicy::WhenReplaced;
    } else if (settings.release == "never") {
        options.release = ReleasePolicy::Never;
    } else {
        const auto delay = parse_number(settings.release);
        if (!delay || *delay < 0) return complain("--release takes now, replaced, never or milliseconds");
        options.release = ReleasePolicy::Delayed;
        options.release_delay_ms = *delay;
    }
    if (!settings.output.empty()) {
        const auto size = parse_size(settings.output);
        if (!size) return complain("--output takes WxH");
        std::tie(options.outputs[0].width, options.outputs[0].height) = *size;
    }
    if (!settings.size.empty()) {
        const auto size = parse_size(settings.size);
        if (!size) return complain("--toplevel-size takes WxH");
        std::tie(options.toplevel_width, options.toplevel_height) = *size;
    }
    return add_faults(settings, Fault::What::PostError, settings.errors, settings.error_code) &&
           add_faults(settings, Fault::What::Disconnect, settings.disconnects, 0) &&
           add_faults(settings, Fault::What::Stall, settings.stalls, 0) &&
           add_faults(settings, Fault::What::Exit, settings.exits, 1);
}

void add_options(CLI::App& app, Settings& settings) {
    CompositorOptions& options = settings.options;
    app.add_option("--directory", options.directory, "where the socket goes (default: $XDG_RUNTIME_DIR)");
    app.add_option("--socket", options.socket, "name of the socket")->capture_default_str();
    app.add_option("--global", settings.globals, "INTERFACE=VERSION announced; 0 hides it");
    app.add_option("--shm-format", settings.shm_formats,
                   "a format of wl_shm beside AR24 and XR24, by its DRM name (default: XB24 and AB24)");
    app.add_option("--output", settings.output, "WxH of the first output");
    app.add_option("--toplevel-size", settings.size, "WxH that toplevels are configured to");
    app.add_option("--layout", options.keymap_layout, "xkb layout of the keymap")->capture_default_str();
    app.add_option("--frame-delay", options.frame_delay_ms, "ms from commit to frame callback")
        ->capture_default_str();
    app.add_option("--release", settings.release, "buffers: now, replaced, never, or after that many ms");
    app.add_option("--presentation-clock", options.presentation_clock, "clock id")->capture_default_str();
    app.add_flag("!--no-focus", options.auto_focus, "give new toplevels no focus");
    app.add_flag("!--no-read", options.read_pixels, "do not look at buffers (no CRC, no pictures)");
    app.add_flag("!--no-requests", options.log_requests, "do not keep the requests");
    app.add_flag("--events", options.log_events, "keep the events, too");
    app.add_option("--error", settings.errors, "INTERFACE.REQUEST:NTH answered with a protocol error");
    app.add_option("--error-code", settings.error_code, "the code of such errors");
    app.add_option("--disconnect", settings.disconnects,
                   "INTERFACE.REQUEST:NTH at which the client is cut off");
    app.add_option("--stall", settings.stalls, "INTERFACE.REQUEST:NTH after which nothing is read");
    app.add_option("--exit", settings.exits, "INTERFACE.REQUEST:NTH at which this process exits with 1");
    app.add_flag("--print-commits", settings.print_commits, "a line for every commit with its CRC");
    app.add_flag("--print-log", settings.print_log, "a line for everything");
    app.add_flag("--no-stdin", settings.no_stdin, "take no commands; run until a signal comes");
    app.footer(std::string("Commands on standard input, each answered with ok or error:\n") + command_help());
}

// Commands line by line until quit, end of input or a signal.
void serve(TestCompositor& compositor, int signals, bool with_stdin) {
    std::string buffered;
    for (;;) {
        pollfd watched[2] = {{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (poll(watched, with_stdin ? 2 : 1, -1) < 0) continue;
        if (watched[0].revents != 0) return;
        if (!with_stdin || watched[1].revents == 0) continue;
        char block[4096];
        const ssize_t got = read(STDIN_FILENO, block, sizeof block);
        if (got <= 0) return;
        buffered.append(block, static_cast<std::size_t>(got));
        for (auto end = buffered.find('\n'); end != std::string::npos; end = buffered.find('\n')) {
            const std::string answer = carry_out(compositor, buffered.substr(0, end));
            buffered.erase(0, end + 1);
            if (answer.empty()) return;
            fmt::print("{}\n", answer);
            std::fflush(stdout);
        }
    }
}

} // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): out of memory may end a test program.
int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Headless Wayland compositor for tests");
    add_options(app, settings);
    add_more_options(app);
    CLI11_PARSE(app, argc, argv);
    if (!interpret(settings)) return 1;
    use_more_options(settings.options);
    if (settings.options.directory.empty()) {
        const char* runtime = std::getenv("XDG_RUNTIME_DIR");
        if (runtime == nullptr) {
            fmt::print(stderr, "tv-test-compositor: no --directory and no XDG_RUNTIME_DIR\n");
            return 1;
        }
        settings.options.directory = runtime;
    }
    // The socket's path is handed to clients, who may run elsewhere.
    settings.options.directory = std::filesystem::absolute(settings.options.directory).string();
    if (settings.print_commits || settings.print_log) {
        settings.options.on_log = [all = settings.print_log](const LogEntry& entry) {
            const bool commit =
                entry.kind == LogEntry::Kind::Note && (entry.text.find(" commit ") != std::string::npos ||
                                                       entry.text.find(" contract ") != std::string::npos);
            if (!all && !commit) return;
            fmt::print("[{}] {}\n", entry.client, entry.text);
            std::fflush(stdout);
        };
    }

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    const auto signals = tv::UniqueFd::adopt(signalfd(-1, &set, SFD_CLOEXEC));

    auto compositor = TestCompositor::start(settings.options);
    if (!compositor) {
        fmt::print(stderr, "tv-test-compositor: {}\n", tv::describe(compositor.error()));
        return 1;
    }
    fmt::print("ready {}\n", (*compositor)->display());
    std::fflush(stdout);
    serve(**compositor, signals.get(), !settings.no_stdin);
    return 0;
}
