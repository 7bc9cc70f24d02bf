#include "support/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/parse.h"

extern char** environ;

namespace tv::test {

namespace fs = std::filesystem;

namespace {

std::string process_folder(pid_t pid) {
    return fmt::format("/proc/{}", pid == 0 ? getpid() : pid);
}

std::string read_whole(int fd) {
    std::string text;
    char block[65536];
    off_t offset = 0;
    for (;;) {
        const ssize_t got = pread(fd, block, sizeof block, offset);
        if (got <= 0) return text;
        text.append(block, static_cast<std::size_t>(got));
        offset += got;
    }
}

std::vector<std::string>
merged_environment(const std::map<std::string, std::optional<std::string>>& changes) {
    std::map<std::string, std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string::npos) merged[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const auto& [name, value] : changes) {
        if (value) {
            merged[name] = *value;
        } else {
            merged.erase(name);
        }
    }
    std::vector<std::string> list;
    list.reserve(merged.size());
    for (const auto& [name, value] : merged) list.push_back(fmt::format("{}={}", name, value));
    return list;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    list.reserve(strings.size() + 1);
    for (std::string& text : strings) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

// posix_spawn's file actions and attributes need a matching destroy whatever happens.
struct SpawnSettings {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    SpawnSettings() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
};

} // namespace

namespace detail {
void sleep_a_little() {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}
} // namespace detail

Result<TempDir> TempDir::create() {
    std::string name = (fs::temp_directory_path() / "tvt-XXXXXX").string();
    // mkdtemp makes the directory with mode 700.
    if (mkdtemp(name.data()) == nullptr) return fail_errno("mkdtemp");
    return TempDir(fs::path(name));
}
TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}
TempDir& TempDir::operator=(TempDir&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}
TempDir::~TempDir() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<Child> Child::spawn(const SpawnOptions& options) {
    Child child;
    child.out_ = UniqueFd::adopt(memfd_create("child-out", MFD_CLOEXEC));
    child.err_ = UniqueFd::adopt(memfd_create("child-err", MFD_CLOEXEC));
    if (!child.out_.valid() || !child.err_.valid()) return fail_errno("memfd_create");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2");
    const UniqueFd child_stdin = UniqueFd::adopt(ends[0]);
    child.stdin_ = UniqueFd::adopt(ends[1]);

    SpawnSettings settings;
    posix_spawn_file_actions_adddup2(&settings.actions, child_stdin.get(), 0);
    posix_spawn_file_actions_adddup2(&settings.actions, child.out_.get(), 1);
    posix_spawn_file_actions_adddup2(&settings.actions, child.err_.get(), 2);
    for (const auto& [ours, theirs] : options.descriptors) {
        posix_spawn_file_actions_adddup2(&settings.actions, ours, theirs);
    }
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&settings.attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&settings.attributes, &signals);
    if (options.own_group) {
        flags = static_cast<short>(flags | POSIX_SPAWN_SETPGROUP);
        posix_spawnattr_setpgroup(&settings.attributes, 0);
    }
    posix_spawnattr_setflags(&settings.attributes, flags);

    std::vector<std::string> arguments = options.arguments;
    std::vector<std::string> environment = merged_environment(options.environment);
    const int error =
        posix_spawnp(&child.pid_, arguments.at(0).c_str(), &settings.actions, &settings.attributes,
                     pointers(arguments).data(), pointers(environment).data());
    if (error != 0) {
        child.pid_ = -1;
        return fail_errno("posix_spawnp", error);
    }
    child.group_ = options.own_group;
    if (!options.input.empty()) child.write_stdin(options.input);
    if (!options.keep_stdin_open) child.close_stdin();
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), group_(other.group_), exit_(other.exit_),
      stdin_(std::move(other.stdin_)), out_(std::move(other.out_)), err_(std::move(other.err_)) {}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        finish();
        pid_ = std::exchange(other.pid_, -1);
        group_ = other.group_;
        exit_ = other.exit_;
        stdin_ = std::move(other.stdin_);
        out_ = std::move(other.out_);
        err_ = std::move(other.err_);
    }
    return *this;
}

Child::~Child() {
    finish();
}

void Child::finish() {
    if (pid_ < 0) return;
    if (group_) kill_group(SIGKILL);
    if (running()) {
        kill(SIGKILL);
        (void)wait(std::chrono::seconds(10));
    }
    pid_ = -1;
}

bool Child::running() {
    return pid_ >= 0 && !wait(std::chrono::milliseconds(0));
}

std::optional<Exit> Child::wait(std::chrono::milliseconds timeout) {
    if (exit_ || pid_ < 0) return exit_;
    const auto reap = [this] {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
        exit_ = WIFSIGNALED(status) ? Exit{true, WTERMSIG(status)} : Exit{false, WEXITSTATUS(status)};
        return true;
    };
    (void)eventually(reap, timeout);
    return exit_;
}

void Child::kill(int signal) {
    if (pid_ > 0 && !exit_) ::kill(pid_, signal);
}
void Child::kill_group(int signal) {
    if (pid_ > 0 && group_) ::kill(-pid_, signal);
}

void Child::write_stdin(const std::string& text) {
    // A child that has gone must not end the test with SIGPIPE.
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t wrote = write(stdin_.get(), text.data() + done, text.size() - done);
        if (wrote <= 0) {
            if (errno == EINTR) continue;
            if (errno == EPIPE) {
                const timespec now{};
                (void)sigtimedwait(&blocked, nullptr, &now);
            }
            break;
        }
        done += static_cast<std::size_t>(wrote);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}
void Child::close_stdin() {
    stdin_.reset();
}

std::string Child::out() const {
    return read_whole(out_.get());
}
std::string Child::err() const {
    return read_whole(err_.get());
}

bool Child::wait_for_output(const std::string& text, std::chrono::milliseconds timeout) {
    const auto printed = [&] { return out().find(text) != std::string::npos; };
    return eventually([&] { return printed() || !running(); }, timeout) && printed();
}

Result<RunResult> run(const SpawnOptions& options, std::chrono::milliseconds timeout) {
    TV_ASSIGN(Child child, Child::spawn(options));
    RunResult result;
    std::optional<Exit> exit = child.wait(timeout);
    if (!exit) {
        result.timed_out = true;
        child.kill(SIGKILL);
        exit = child.wait(std::chrono::seconds(10));
    }
    result.exit = exit.value_or(Exit{true, SIGKILL});
    result.out = child.out();
    result.err = child.err();
    return result;
}

std::vector<std::string> list_descriptors(pid_t pid) {
    std::vector<std::string> list;
    std::error_code error;
    const fs::directory_iterator folder(process_folder(pid) + "/fd", error);
    if (error) return list;
    for (const auto& entry : folder) {
        const fs::path target = fs::read_symlink(entry.path(), error);
        // The iterator's own descriptor shows up in our own listing.
        if (target == fs::path(process_folder(pid)) / "fd") continue;
        list.push_back(entry.path().filename().string() + " " + (error ? "?" : target.string()));
    }
    std::sort(list.begin(), list.end());
    return list;
}

int count_descriptors(pid_t pid) {
    std::error_code error;
    if (!fs::exists(process_folder(pid) + "/fd", error) || error) return -1;
    return static_cast<int>(list_descriptors(pid).size());
}

std::vector<pid_t> list_children(pid_t pid) {
    const pid_t parent = pid == 0 ? getpid() : pid;
    std::vector<pid_t> children;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        // The name is in parentheses and may hold anything; state and parent follow the last one.
        const auto close = line.rfind(')');
        if (close == std::string::npos || close + 4 >= line.size()) continue;
        const char state = line[close + 2];
        const std::string rest = line.substr(close + 4);
        const auto child = parse_number<pid_t>(name);
        if (child && parse_number<pid_t>(rest.substr(0, rest.find(' '))) == parent && state != 'Z') {
            children.push_back(*child);
        }
    }
    return children;
}

long resident_kib(pid_t pid) {
    std::ifstream file(process_folder(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        // "VmRSS:      1234 kB"
        if (!line.starts_with("VmRSS:")) continue;
        const auto first = line.find_first_of("0123456789");
        if (first == std::string::npos) return -1;
        return parse_number<long>(line.substr(first, line.find(' ', first) - first)).value_or(-1);
    }
    return -1;
}

} // namespace tv::test
