// tv-test-dmabuf-client: plays known frames through zwp_linux_dmabuf_v1 against $WAYLAND_SOCKET or
// $WAYLAND_DISPLAY. Prints a line for everything that tests look at, then "done" (exit code 0) or "failed
// ..." (1).
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dmabuf_player.h"
#include "support/parse.h"

namespace {

using namespace tv::test;

struct Options {
    PlaySettings play;
    std::string size = "320x240";
    std::vector<std::string> resizes;
    std::string modifier = "linear";
    std::string pattern = "smooth";
    std::string file;
    std::string file_size;
    int version = 4;
    int windows = 1;
    bool offer = false;
    bool with_create = false;
};

void add_options(CLI::App& app, Options& options) {
    PlaySettings& play = options.play;
    app.add_option("--size", options.size, "WxH of the buffers")->capture_default_str();
    app.add_option("--resize", options.resizes, "FRAME:WxH: buffers of that size from that frame on");
    app.add_option("--format", play.formats,
                   "four characters, or NV12; several: the windows take them in turn");
    app.add_option("--modifier", options.modifier, "linear or invalid")->capture_default_str();
    app.add_option("--stride-padding", play.stride_padding, "bytes of junk after each row")
        ->check(CLI::Range(0, 65536));
    app.add_option("--offset", play.offset, "bytes of junk before the first row")
        ->check(CLI::Range(0, 65536));
    app.add_option("--buffers", play.buffers, "of each window")
        ->capture_default_str()
        ->check(CLI::Range(1, 4));
    app.add_option("--frames", play.frames, "to show")->capture_default_str()->check(CLI::Range(0, 1000000));
    app.add_option("--windows", options.windows, "playing at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 16));
    app.add_option("--hold", play.hold_ms, "milliseconds to go on living after the last frame");
    app.add_flag("--create", options.with_create, "create instead of create_immed");
    app.add_flag("--drop-params", options.play.drop_params, "destroy the params right after create_immed");
    app.add_flag("--ignore-release", play.ignore_release, "draw into the buffers in turn, released or not");
    app.add_flag("--y-invert", play.y_invert, "the lowest row first");
    app.add_option("--bind", options.version, "newest version to bind")->capture_default_str();
    app.add_flag("--offer", options.offer, "print what is offered (with version 4: check feedback)");
    app.add_option("--pattern", options.pattern, "smooth, gradient, noise or text")->capture_default_str();
    app.add_option("--file", options.file, "raw frames, 4 bytes B G R X a pixel, instead of a pattern");
    app.add_option("--file-size", options.file_size, "WxH of the file's frames (default: --size)");
}

bool complain(const std::string& text) {
    fmt::print(stderr, "tv-test-dmabuf-client: {}\n", text);
    return false;
}

bool interpret(Options& options) {
    PlaySettings& play = options.play;
    const auto size = parse_size(options.size);
    if (!size) return complain("--size takes WxH");
    play.size = *size;
    for (const std::string& text : options.resizes) {
        const auto colon = text.find(':');
        const auto frame = parse_number(std::string_view(text).substr(0, colon));
        const auto to = colon == std::string::npos ? std::nullopt : parse_size(text.substr(colon + 1));
        if (!frame || !to) return complain("--resize takes FRAME:WxH");
        play.resizes[*frame] = *to;
    }
    for (const std::string& format : play.formats) {
        if (format != "NV12" && find_pixel_format(format) == nullptr)
            return complain("unknown format " + format);
    }
    if (options.modifier != "linear" && options.modifier != "invalid")
        return complain("--modifier takes linear or invalid");
    play.modifier = options.modifier == "linear" ? kModifierLinear : kModifierInvalid;
    play.immediately = !options.with_create;
    const auto pattern = find_pattern(options.pattern);
    if (!pattern) return complain("unknown pattern " + options.pattern);
    play.source = FrameSource(*pattern);
    if (options.file.empty()) return true;
    const auto file_size = options.file_size.empty() ? size : parse_size(options.file_size);
    if (!file_size) return complain("--file-size takes WxH");
    auto source = FrameSource::from_file(options.file, file_size->first, file_size->second);
    if (!source) return complain(describe(source.error()));
    play.source = std::move(*source);
    return true;
}

bool run(Connection& connection, Options& options) {
    connection.be_quiet(true);
    const auto dmabuf = Dmabuf::bind(connection, options.version);
    if (!dmabuf) return false;
    if (options.offer && !dmabuf->report_offer()) return false;
    return options.play.frames == 0 || play(connection, *dmabuf, options.play, options.windows);
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Plays known frames through linux-dmabuf buffers that are memfds.");
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    if (!interpret(options)) return 1;
    const auto connection = Connection::open();
    if (!connection) {
        complain("cannot connect");
        return 1;
    }
    const bool good = run(*connection, options);
    const std::string trouble = connection->trouble();
    connection->say(good && trouble.empty() ? "done" : "failed" + (trouble.empty() ? "" : ": " + trouble));
    return good && trouble.empty() ? 0 : 1;
}
