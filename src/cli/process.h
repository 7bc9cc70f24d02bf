// Starting other programs, and the signals of this one. Never a fork without an exec: Apple's frameworks do
// not survive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace tv::cli {

struct HandedDescriptor {
    int ours;   // borrowed
    int theirs; // its number in the child
};

struct SpawnRequest {
    std::string program;
    bool search_path = false;           // look for it in PATH, as a shell does
    std::vector<std::string> arguments; // with argv[0]
    // "NAME=value" to set, "NAME" to remove; the rest is inherited.
    std::vector<std::string> environment_changes;
    std::vector<HandedDescriptor> descriptors;
    bool detach_stdio = false; // stdin and stdout are /dev/null
};

// The child gets stdin, stdout, stderr, the named descriptors, and default signals for what we ignore.
[[nodiscard]] Result<pid_t> spawn(const SpawnRequest& request);

// How a child ended, as a shell counts: its exit code, or 128 + the signal's number.
[[nodiscard]] int exit_code_of(int wait_status);
// Nothing while it still runs.
[[nodiscard]] std::optional<int> reap(pid_t pid);

// The program's signals, as bytes in a pipe: SIGCHLD, and those of SIGTERM, SIGINT and SIGHUP that are not
// ignored already (nohup, background jobs). Installed once per process and kept. Returns the end to poll.
[[nodiscard]] Result<int> install_signal_pipe();
// The next signal that came, or nothing.
[[nodiscard]] std::optional<int> next_signal(int signal_pipe);
void ignore_sigpipe();
// Ends this process the way the signal would have done, so that the parent sees it. Returns only if that
// failed.
void die_from(int signal);

// Puts /dev/null where 0, 1 or 2 is closed, so that no socket of ours gets such a number and is printed into.
void occupy_standard_descriptors();

// Soft limit of descriptors up to the hard one: the soft one is 256 on some systems.
void raise_descriptor_limit();

} // namespace tv::cli
