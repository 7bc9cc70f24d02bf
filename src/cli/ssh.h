// What `tunnelview ssh` hands to ssh, and what it says when ssh ends badly. No system calls.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/options.h"

namespace tv::cli {

// The words after `ssh`, told apart by ssh's own rules.
struct SshWords {
    std::vector<std::string> options; // as given, without "--"
    std::string destination;
    std::vector<std::string> command; // empty: a shell
    std::optional<bool> terminal;     // -t or -T was given
};
// Options are recognised before and after the destination, as ssh does it.
[[nodiscard]] Outcome<SshWords> parse_ssh_words(std::span<const std::string> words);

// The names of one run.
struct SshSockets {
    std::string local;   // what we listen on; with vsock: unused
    std::string remote;  // what `waypipe server` connects to; with vsock the address as given
    std::string display; // remote WAYLAND_DISPLAY
};
// `tag` is random, so that runs do not meet each other's files. Fails when a path does not fit into ssh's
// syntax.
[[nodiscard]] Outcome<SshSockets> choose_ssh_sockets(const Options& options, const std::string& tag);

// ssh's argv, with argv[0].
[[nodiscard]] std::vector<std::string> ssh_command(const Options& options, const SshWords& words,
                                                   const SshSockets& sockets);

// One line for the user about an ssh that ended with this wait status, on top of what ssh said itself;
// nothing when there is nothing to add. `sessions`: how many applications connected before.
[[nodiscard]] std::optional<std::string> explain_ssh_end(int wait_status, unsigned sessions,
                                                         const Options& options, const SshWords& words);

} // namespace tv::cli
