#include "cli/ssh.h"

#include <csignal>
#include <cstring>
#include <string_view>

#include <sys/wait.h>

#include <fmt/format.h>

#include "cli/unix_socket.h"

namespace tv::cli {
namespace {

// OpenSSH's options that take a value.
constexpr std::string_view kTakesValue = "BbcDEeFIiJLlmOoPpQRSWw";

// A socket name on the other system: Linux, whatever this one is.
constexpr std::size_t kMaxRemotePath = 107;

// The remote shell reads ssh's words again. What the user typed is left to it, as with ssh itself; our own
// words are quoted where they need it.
std::string quoted(const std::string& word) {
    constexpr std::string_view kSafe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
    if (!word.empty() && word.find_first_not_of(kSafe) == word.npos) return word;
    std::string result = "'";
    for (char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

class WordParser {
public:
    explicit WordParser(std::span<const std::string> words) : words_(words) {}

    Outcome<SshWords> run() {
        TV_TRY(options());
        if (next_ == words_.size())
            return failure("ssh needs a destination: tunnelview ssh user@host application");
        result_.destination = words_[next_++];
        // "--" must not smuggle in an option where ssh expects a host.
        if (result_.destination.empty() || result_.destination.starts_with('-'))
            return failure(fmt::format("'{}' is not an ssh destination", result_.destination));
        if (!ended_) TV_TRY(options());
        for (; next_ < words_.size(); ++next_) result_.command.push_back(words_[next_]);
        return std::move(result_);
    }

private:
    Done options() {
        while (next_ < words_.size() && words_[next_].starts_with('-') && words_[next_] != "-") {
            const std::string& word = words_[next_++];
            if (word == "--") {
                ended_ = true;
                return {};
            }
            result_.options.push_back(word);
            TV_TRY(letters(word));
        }
        return {};
    }

    Done letters(std::string_view word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const char letter = word[i];
            if (letter == 't') result_.terminal = true;
            if (letter == 'T') result_.terminal = false;
            if (letter == 'f')
                return failure(
                    "ssh -f would leave without its windows; start 'tunnelview ssh ... &' instead");
            if (!kTakesValue.contains(letter)) continue;
            // An attached value is the rest of the word, whatever letters it has.
            if (i + 1 < word.size()) return {};
            if (next_ == words_.size()) return failure(fmt::format("ssh's option -{} needs a value", letter));
            result_.options.push_back(words_[next_++]);
            return {};
        }
        return {};
    }

    std::span<const std::string> words_;
    std::size_t next_ = 0;
    bool ended_ = false;
    SshWords result_;
};

// Words that waypipe 0.8.4 does not know.
std::string newer_words(const Options& options) {
    std::string words;
    if (options.video.codec == VideoCodec::Av1) words += " --video=av1";
    if (options.vsock) words += " --vsock";
    if (options.xwls) words += " --xwls";
    return words;
}

} // namespace

Outcome<SshWords> parse_ssh_words(std::span<const std::string> words) {
    return WordParser(words).run();
}

Outcome<SshSockets> choose_ssh_sockets(const Options& options, const std::string& tag) {
    SshSockets sockets;
    sockets.display = options.display.value_or("wayland-" + tag);
    if (options.vsock) {
        sockets.remote = *options.socket;
        return sockets;
    }
    const std::string prefix = options.socket.value_or(kDefaultSocketPrefix);
    sockets.local = fmt::format("{}-client-{}.sock", prefix, tag);
    sockets.remote = fmt::format("{}-server-{}.sock", options.remote_socket.value_or(prefix), tag);
    for (const auto& [path, most, option] :
         {std::tuple{&sockets.local, max_socket_path(), "--socket"},
          std::tuple{&sockets.remote, kMaxRemotePath,
                     options.remote_socket ? "--remote-socket" : "--socket"}}) {
        if (path->size() > most)
            return failure(fmt::format(
                "the socket path '{}' is too long for ssh: {} bytes, at most {}; give a shorter {}", *path,
                path->size(), most, option));
        if (path->find(':') != path->npos)
            return failure(fmt::format("{}: ssh cannot forward a path with a colon: '{}'", option, *path));
    }
    return sockets;
}

std::vector<std::string> ssh_command(const Options& options, const SshWords& words,
                                     const SshSockets& sockets) {
    std::vector<std::string> argv{options.ssh_program};
    // A shell wants a terminal; with a command ssh's own rule holds.
    if (words.command.empty() && !words.terminal) argv.emplace_back("-t");
    if (!options.vsock) {
        argv.emplace_back("-R");
        argv.push_back(sockets.remote + ":" + sockets.local);
    }
    argv.insert(argv.end(), words.options.begin(), words.options.end());
    argv.push_back(words.destination);
    // No "--" here: ssh needs none before a word without a dash, and other ssh programs would send it along.
    argv.push_back(options.remote_program);

    if (options.debug) argv.emplace_back("--debug");
    if (options.oneshot) argv.emplace_back("--oneshot");
    if (words.command.empty()) argv.emplace_back("--login-shell");
    if (options.no_gpu) argv.emplace_back("--no-gpu");
    argv.emplace_back("--unlink-socket");
    const auto value = [&](const char* option, const std::string& text) {
        argv.emplace_back(option);
        argv.push_back(quoted(text));
    };
    if (options.threads != 0) value("--threads", fmt::format("{}", options.threads));
    if (options.remote_node) value("--drm-node", *options.remote_node);
    value("--compress", options.compression);
    if (const auto video = remote_video_argument(options.video)) argv.push_back(*video);
    if (options.vsock) argv.emplace_back("--vsock");
    value("--socket", sockets.remote);
    if (!options.oneshot) value("--display", sockets.display);
    if (options.xwls) argv.emplace_back("--xwls");
    argv.emplace_back("server");
    argv.insert(argv.end(), words.command.begin(), words.command.end());
    return argv;
}

std::optional<std::string> explain_ssh_end(int wait_status, unsigned sessions, const Options& options,
                                           const SshWords& words) {
    // ssh's and the shell's own meanings of these.
    constexpr int kSshFailed = 255, kNotFound = 127, kNotExecutable = 126;
    if (WIFSIGNALED(wait_status))
        return fmt::format("{} was ended by signal {} ({}); start tunnelview again", options.ssh_program,
                           WTERMSIG(wait_status), ::strsignal(WTERMSIG(wait_status)));
    const int code = WEXITSTATUS(wait_status);
    // Once an application had connected, all of this worked, and the code is the application's business.
    if (code == 0 || (sessions > 0 && code != kSshFailed)) return std::nullopt;
    if (code == kSshFailed) {
        if (sessions > 0)
            return fmt::format("the ssh connection to {} ended with an error (exit code 255; ssh says why "
                               "above); start tunnelview again when the host can be reached",
                               words.destination);
        const std::string given =
            words.options.empty() ? "" : fmt::format("{} ", fmt::join(words.options, " "));
        return fmt::format("ssh to {} failed (exit code 255); check that '{} {}{} true' works",
                           words.destination, options.ssh_program, given, words.destination);
    }
    if (code == kNotFound || code == kNotExecutable)
        return fmt::format("'{}' or the application could not be run on {}; install waypipe there, or name "
                           "it with --remote-bin",
                           options.remote_program, words.destination);
    if (const std::string newer = newer_words(options); !newer.empty())
        return fmt::format("the remote side ended with exit code {} before an application connected; if its "
                           "waypipe is too old for{}, "
                           "leave that out",
                           code, newer);
    if (options.video.codec != VideoCodec::None)
        return fmt::format("the remote side ended with exit code {} before an application connected; if its "
                           "waypipe was built without "
                           "video, leave out --video",
                           code);
    return std::nullopt;
}

} // namespace tv::cli
