// Child processes, private directories and descriptor counts for tests.
// Every child is ended by its own pid; nothing here looks processes up by name.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace tv::test {

// A directory of mode 700 under $TMPDIR or /tmp (short, since socket paths have 107 bytes), removed at the
// end.
class TempDir {
public:
    [[nodiscard]] static Result<TempDir> create();
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&& other) noexcept;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    explicit TempDir(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

// What a child is started with. The parent's environment is inherited; `environment` overrides it, an empty
// optional removes a variable.
struct SpawnOptions {
    std::vector<std::string> arguments; // the first is the program, looked up in PATH
    std::map<std::string, std::optional<std::string>> environment;
    // Descriptors of ours that the child gets under the given numbers; everything else is close-on-exec.
    std::vector<std::pair<int, int>> descriptors; // ours, child's
    std::string input;                            // what the child reads from stdin, then end of file
    bool keep_stdin_open = false;                 // stdin stays a pipe that write_stdin() feeds
    bool own_group = false; // the child leads a process group, and kill_group() ends it whole
};

struct Exit {
    bool signalled = false;
    int code = 0; // exit code, or the signal's number
    [[nodiscard]] bool ok() const { return !signalled && code == 0; }
    friend bool operator==(const Exit&, const Exit&) = default;
};

// A running child with its output in unlinked temporary files, so that a child which prints much never
// blocks. Not thread-safe. The destructor kills what still runs and reaps it.
class Child {
public:
    [[nodiscard]] static Result<Child> spawn(const SpawnOptions& options);
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool running();
    // Nothing when it still runs after the timeout (it is left running).
    [[nodiscard]] std::optional<Exit> wait(std::chrono::milliseconds timeout);
    void kill(int signal);
    void kill_group(int signal); // only with own_group
    void write_stdin(const std::string& text);
    void close_stdin();
    // All that it has printed so far.
    [[nodiscard]] std::string out() const;
    [[nodiscard]] std::string err() const;
    // Waits until its standard output contains the text.
    [[nodiscard]] bool wait_for_output(const std::string& text, std::chrono::milliseconds timeout);

private:
    Child() = default;
    void finish();

    pid_t pid_ = -1;
    bool group_ = false;
    std::optional<Exit> exit_;
    UniqueFd stdin_;
    UniqueFd out_;
    UniqueFd err_;
};

// Spawns, waits, kills at the timeout (then `exit` is the SIGKILL).
struct RunResult {
    Exit exit;
    std::string out;
    std::string err;
    bool timed_out = false;
};
[[nodiscard]] Result<RunResult> run(const SpawnOptions& options, std::chrono::milliseconds timeout);

// Open descriptors of a process, -1 when it cannot be read. 0 means this process.
[[nodiscard]] int count_descriptors(pid_t pid = 0);
// Where each descriptor of a process leads, for a message that says which one leaked.
[[nodiscard]] std::vector<std::string> list_descriptors(pid_t pid = 0);
// Direct children of a process that are not zombies.
[[nodiscard]] std::vector<pid_t> list_children(pid_t pid = 0);
// Resident set in KiB, -1 when it cannot be read.
[[nodiscard]] long resident_kib(pid_t pid = 0);

// Polls a condition every few milliseconds until it holds or the time is over; returns whether it holds.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::milliseconds timeout);

namespace detail {
void sleep_a_little();
} // namespace detail

template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return condition();
        detail::sleep_a_little();
    }
    return true;
}

} // namespace tv::test
