#include "cli/process.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace tv::cli {
namespace {

class SpawnActions {
public:
    SpawnActions() {
        error_ = posix_spawn_file_actions_init(&actions_);
        if (error_ == 0) error_ = posix_spawnattr_init(&attributes_);
    }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    ~SpawnActions() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    void note(int result) {
        if (error_ == 0) error_ = result;
    }
    [[nodiscard]] int error() const { return error_; }
    posix_spawn_file_actions_t* actions() { return &actions_; }
    posix_spawnattr_t* attributes() { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    int error_ = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    // posix_spawn takes char* const[] for C's sake and does not write.
    for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

std::string_view variable_name(std::string_view assignment) {
    return assignment.substr(0, assignment.find('='));
}

std::vector<std::string> changed_environment(const std::vector<std::string>& changes) {
    std::vector<std::string> result;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        bool changed = false;
        for (const std::string& change : changes)
            changed = changed || variable_name(change) == variable_name(*entry);
        if (!changed) result.emplace_back(*entry);
    }
    for (const std::string& change : changes)
        if (change.contains('=')) result.push_back(change);
    return result;
}

int signal_pipe_write_end = -1;

void on_signal(int signal) {
    const int saved = errno;
    const auto byte = static_cast<unsigned char>(signal);
    // A full pipe means that the reader is about to look anyway.
    (void)!::write(signal_pipe_write_end, &byte, 1);
    errno = saved;
}

Status handle(int signal, bool even_if_ignored) {
    struct sigaction old{};
    if (::sigaction(signal, nullptr, &old) != 0) return fail_errno("sigaction");
    if (old.sa_handler == SIG_IGN && !even_if_ignored) return {};
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART | (signal == SIGCHLD ? SA_NOCLDSTOP : 0);
    sigemptyset(&action.sa_mask);
    if (::sigaction(signal, &action, nullptr) != 0) return fail_errno("sigaction");
    return {};
}

} // namespace

Result<pid_t> spawn(const SpawnRequest& request) {
    SpawnActions spawn_actions;
    // First moved above all target numbers, so that no dup2 overwrites the next source.
    int first_spare = STDERR_FILENO + 1;
    for (const HandedDescriptor& handed : request.descriptors)
        first_spare = std::max(first_spare, handed.theirs + 1);
    std::vector<UniqueFd> moved;
    for (const HandedDescriptor& handed : request.descriptors) {
        UniqueFd copy = UniqueFd::adopt(::fcntl(handed.ours, F_DUPFD_CLOEXEC, first_spare));
        if (!copy.valid()) return fail_errno("fcntl(F_DUPFD_CLOEXEC)");
        spawn_actions.note(
            posix_spawn_file_actions_adddup2(spawn_actions.actions(), copy.get(), handed.theirs));
        moved.push_back(std::move(copy));
    }
    if (request.detach_stdio)
        for (const auto& [number, flags] :
             {std::pair{STDIN_FILENO, O_RDONLY}, std::pair{STDOUT_FILENO, O_WRONLY}})
            spawn_actions.note(
                posix_spawn_file_actions_addopen(spawn_actions.actions(), number, "/dev/null", flags, 0));
    // Ignored signals stay ignored across exec, and ssh counts on dying from a broken pipe.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    spawn_actions.note(posix_spawnattr_setsigdefault(spawn_actions.attributes(), &defaults));
    spawn_actions.note(posix_spawnattr_setflags(spawn_actions.attributes(), POSIX_SPAWN_SETSIGDEF));
    if (spawn_actions.error() != 0) return fail_errno("posix_spawn", spawn_actions.error());

    const std::vector<std::string> environment = changed_environment(request.environment_changes);
    const std::vector<char*> argv = pointers(request.arguments);
    const std::vector<char*> envp = pointers(environment);
    pid_t pid = -1;
    const auto call = request.search_path ? ::posix_spawnp : ::posix_spawn;
    const int error = call(&pid, request.program.c_str(), spawn_actions.actions(), spawn_actions.attributes(),
                           argv.data(), envp.data());
    if (error != 0) return fail_errno("posix_spawn", error);
    return pid;
}

int exit_code_of(int wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

std::optional<int> reap(pid_t pid) {
    int status = 0;
    const pid_t result = ::waitpid(pid, &status, WNOHANG);
    if (result == pid) return status;
    // Cannot happen unless somebody ignores SIGCHLD for us: then nobody will ever know how it ended.
    if (result < 0 && errno == ECHILD) return 0;
    return std::nullopt;
}

Result<int> install_signal_pipe() {
    int ends[2];
    if (::pipe(ends) != 0) return fail_errno("pipe");
    for (int end : ends)
        if (::fcntl(end, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(end, F_SETFL, O_NONBLOCK) != 0)
            return fail_errno("fcntl");
    signal_pipe_write_end = ends[1];
    TV_TRY(handle(SIGCHLD, true));
    TV_TRY(handle(SIGTERM, true));
    TV_TRY(handle(SIGINT, false));
    TV_TRY(handle(SIGHUP, false));
    return ends[0];
}

std::optional<int> next_signal(int signal_pipe) {
    unsigned char byte = 0;
    if (::read(signal_pipe, &byte, 1) != 1) return std::nullopt;
    return byte;
}

void ignore_sigpipe() {
    (void)std::signal(SIGPIPE, SIG_IGN);
}

void die_from(int signal) {
    (void)std::signal(signal, SIG_DFL);
    (void)::raise(signal);
}

void occupy_standard_descriptors() {
    for (int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        // The lowest free number is taken, which is this one.
        if (::fcntl(number, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    const rlim_t hard = limit.rlim_max;
    limit.rlim_cur = hard;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
    // Darwin says "unlimited" and takes at most OPEN_MAX, 10240.
    constexpr rlim_t kDarwinMost = 10240;
    limit.rlim_cur = hard < kDarwinMost ? hard : kDarwinMost;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace tv::cli
