// ssh, and what is at its other end.
#include <charconv>

#include <fmt/format.h>

#include "cli/doctor/doctor.h"

namespace tv::cli {
namespace {

constexpr int kLocalSeconds = 10;
constexpr int kRemoteSeconds = 30;

std::string first_line(std::string_view text) {
    std::string line(text.substr(0, text.find('\n')));
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

std::string last_line(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    const auto end = text.rfind('\n');
    return std::string(end == text.npos ? text : text.substr(end + 1));
}

// The text between two marks of the remote script.
std::string_view section(std::string_view text, std::string_view name) {
    const std::string mark = fmt::format("tunnelview-{}:", name);
    const auto begin = text.find(mark);
    if (begin == text.npos) return {};
    text = text.substr(begin + mark.size());
    text = text.substr(0, text.find("tunnelview-"));
    while (!text.empty() && (text.front() == '\n' || text.front() == '\r' || text.front() == ' '))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    return text;
}

std::string quoted(std::string_view word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

// One line of sh that every login shell passes on.
std::string remote_script(const Options& options) {
    const std::string waypipe = quoted(options.remote_program);
    return "sh -c " +
           quoted("echo tunnelview-path:; command -v " + waypipe + "; echo tunnelview-version:; " + waypipe +
                  " --version 2>&1; echo tunnelview-render:; ls /dev/dri 2>/dev/null | grep renderD; "
                  "echo tunnelview-encoders:; ffmpeg -hide_banner -encoders 2>/dev/null | "
                  "awk \"\\$1 ~ /^V/ && /(h264|x264|vp9|av1)/ {print \\$2}\"; echo tunnelview-system:; uname "
                  "-sm; "
                  "echo tunnelview-end:");
}

std::string in_one_line(std::string_view text) {
    std::string line;
    for (const char c : text)
        if (c == '\n')
            line += ", ";
        else if (c != '\r')
            line += c;
    return line;
}

void check_remote_waypipe(Findings& findings, std::string_view output) {
    const std::string path(section(output, "path"));
    const WaypipeVersion version = read_waypipe_version(section(output, "version"));
    if (version.name.empty()) {
        findings.problem("remote waypipe", path.empty() ? "not found" : path + " is no waypipe",
                         "install waypipe there (0.8.4 or newer), or name it with --remote-bin");
        return;
    }
    const std::string features =
        fmt::format("{}{}{}{}", version.lz4 ? " lz4" : "", version.zstd ? " zstd" : "",
                    version.dmabuf ? " dmabuf" : "", version.video ? " video" : "");
    const std::string found = fmt::format("{} {}, built with:{}", path, version.name, features);
    constexpr unsigned kOldestMinor = 8;
    if (version.minor < kOldestMinor)
        findings.problem("remote waypipe", found, "install waypipe 0.8.4 or newer there");
    else if (!version.lz4 && !version.zstd)
        findings.note("remote waypipe", found, "it cannot compress: use -c none, and expect slow windows");
    else
        findings.ok("remote waypipe", found);
    const std::string render(section(output, "render"));
    if (version.video && version.dmabuf) {
        if (render.empty())
            findings.note("remote GPU", "no render node (/dev/dri/renderD*)",
                          "--video has nothing to encode without one; applications draw into memory");
        else
            findings.ok("remote GPU", in_one_line(render));
    } else {
        findings.note("remote GPU", in_one_line(render.empty() ? "no render node" : render),
                      "that waypipe was built without dmabuf or video, so --video does nothing");
    }
}

void check_remote(Findings& findings, const Options& options) {
    const std::string& destination = options.arguments.front();
    const Ran ran = run_and_read({options.ssh_program, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10",
                                  destination, remote_script(options)},
                                 kRemoteSeconds);
    if (!ran.output.contains("tunnelview-end:")) {
        const std::string words = !ran.started   ? "ssh could not be started"
                                  : !ran.in_time ? fmt::format("no answer within {} s", kRemoteSeconds)
                                                 : last_line(ran.output);
        std::string advice = network_permission_advice(words);
        if (!advice.empty()) advice += "; ";
        advice += "make `ssh " + destination + " true` work without a password first (keys, ssh-agent)";
        findings.problem("remote", words.empty() ? "ssh ended without a word" : words, advice);
        return;
    }
    findings.ok("remote", fmt::format("{} ({})", destination, section(ran.output, "system")));
    check_remote_waypipe(findings, ran.output);
    const std::string encoders(section(ran.output, "encoders"));
    if (encoders.empty())
        findings.note("remote encoders", "unknown: no ffmpeg program there that lists them",
                      "waypipe uses FFmpeg's libraries; installing its program there shows which encoders "
                      "they have");
    else
        findings.ok("remote encoders", in_one_line(encoders));
}

} // namespace

WaypipeVersion read_waypipe_version(std::string_view text) {
    WaypipeVersion version;
    const std::string line = first_line(text);
    constexpr std::string_view kName = "waypipe ";
    if (!line.starts_with(kName)) return version;
    std::string_view number = std::string_view(line).substr(kName.size());
    number = number.substr(0, number.find(' '));
    const auto dot = number.find('.');
    if (dot == number.npos) return version;
    auto read = [](std::string_view digits, unsigned& value) {
        const char* begin = digits.data();
        return std::from_chars(begin, begin + digits.size(), value).ec == std::errc{};
    };
    unsigned major = 0;
    if (!read(number.substr(0, dot), major) || !read(number.substr(dot + 1), version.minor)) return version;
    if (major > 0) version.minor += 1000 * major;
    version.name = number;
    // 0.8 lists words after "features:", later versions say "lz4: true".
    std::string_view rest = text;
    std::string features;
    while (!rest.empty()) {
        const std::string next = first_line(rest);
        rest = rest.substr(std::min(rest.size(), next.size() + 1));
        if (next.starts_with("features:")) features += next.substr(9) + " ";
        if (const auto colon = next.find(": true"); colon != next.npos)
            features += " " + next.substr(next.find_first_not_of(' '), colon) + " ";
    }
    features = " " + features + " ";
    auto has = [&](std::string_view word) { return features.contains(fmt::format(" {} ", word)); };
    version.lz4 = has("lz4");
    version.zstd = has("zstd");
    version.dmabuf = has("dmabuf");
    version.video = has("video");
    return version;
}

void check_ssh(Findings& findings, const Options& options) {
    const std::string found = find_in_path(options.ssh_program);
    if (found.empty()) {
        findings.problem("ssh", fmt::format("no '{}' in PATH", options.ssh_program),
                         "install OpenSSH's client, or name it with --ssh-bin");
        return;
    }
    const Ran ran = run_and_read({options.ssh_program, "-V"}, kLocalSeconds);
    const std::string version = first_line(ran.output);
    if (!ran.started || ran.exit_code != 0)
        findings.problem("ssh", fmt::format("{} does not run: {}", found, version),
                         "reinstall OpenSSH's client");
    else
        findings.ok("ssh", fmt::format("{}: {}", found, version));
    if (options.arguments.empty())
        findings.ok("remote", "not asked: `tunnelview doctor user@host` looks there, too");
    else
        check_remote(findings, options);
}

} // namespace tv::cli
