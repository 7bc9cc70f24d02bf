// The command line: waypipe's, so that scripts and launchers written for it keep working.
//
// Options come before the mode word; everything after `ssh` belongs to ssh and the remote command. Only the
// modes that waypipe has not got (replay, selftest, doctor) take them on both sides.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.h"
#include "cli/video_choice.h"

namespace tv::cli {

enum class Mode : std::uint8_t { Ssh, Client, Replay, Selftest, Doctor, Help, Version };

// --socket with --vsock: [[s]CID:]PORT.
struct VsockAddress {
    bool sibling = false;             // s: a sibling virtual machine, through the host
    std::optional<std::uint32_t> cid; // none: any
    std::uint32_t port = 0;
};

// A channel on descriptors that the parent process left open.
struct SocketFds {
    int read = -1;
    int write = -1; // may be the same
};

// --store: where the pixels of remote GPU buffers live.
enum class StoreWish : std::uint8_t { Auto, Shm, IOSurface };

struct Options {
    Mode mode = Mode::Client;
    std::string compression =
        "lz4"; // asked of the remote side; what arrives is taken from the channel's header
    bool debug = false;
    bool json = false; // selftest, doctor
    bool no_gpu = false;
    bool oneshot = false;
    bool stats = false;
    bool vsock = false;
    bool xwls = false;
    unsigned threads = 0; // 0: chosen by each side
    VideoChoice video;
    StoreWish store = StoreWish::Auto;
    std::optional<int> lessons_fd;     // an inherited pipe, see lessons.h
    std::optional<std::string> socket; // path, prefix of paths (ssh) or vsock address
    std::optional<VsockAddress> vsock_address;
    std::optional<SocketFds> socket_fds;
    std::optional<int> stats_fd; // with stats: JSON lines go to this inherited pipe
    std::optional<std::string> remote_socket;
    std::optional<std::string> display;
    std::optional<std::string> remote_node;
    std::optional<std::string> security_context;
    std::optional<std::string> record; // path of the first connection's recording
    std::string recording;             // replay: path
    std::optional<double> speed;       // replay: times the recorded one, 0: without waiting
    std::string ssh_program = "ssh";
    std::string remote_program = "waypipe";
    std::string title_prefix;
    std::vector<std::string> notices;   // one line each: options that no longer do anything
    std::vector<std::string> arguments; // after the mode word, untouched
};

inline constexpr const char* kDefaultClientSocket = "/tmp/waypipe-client.sock";
inline constexpr const char* kDefaultSocketPrefix = "/tmp/waypipe";
// waypipe's own limit, so that both ends take the same prefixes.
inline constexpr std::size_t kMaxTitlePrefix = 128;
// Far more than helps; keeps a slip of the finger from starting a million threads.
inline constexpr unsigned kMaxThreads = 1024;

// Of --speed: times scaled by these still fit.
inline constexpr double kMinSpeed = 0.001;
inline constexpr double kMaxSpeed = 1000;

// `arguments` without the program's name.
[[nodiscard]] Outcome<Options> parse_options(std::span<const std::string> arguments);

[[nodiscard]] Outcome<VsockAddress> parse_vsock(std::string_view text);

// --help and --version, with a line end.
[[nodiscard]] std::string help_text();
[[nodiscard]] std::string version_text();

} // namespace tv::cli
