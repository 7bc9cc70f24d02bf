#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/doctor/doctor.h"
#include "cli/process.h"

namespace tv::cli {
namespace {

constexpr std::size_t kMostOutput = 64 << 10;

using Clock = std::chrono::steady_clock;

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
}

} // namespace

Ran run_and_read(std::vector<std::string> command, int seconds) {
    Ran ran;
    int ends[2];
    if (::pipe(ends) != 0) return ran;
    const UniqueFd output = UniqueFd::adopt(ends[0]);
    UniqueFd theirs = UniqueFd::adopt(ends[1]);
    ::fcntl(output.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(theirs.get(), F_SETFD, FD_CLOEXEC);
    const UniqueFd nothing = UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    SpawnRequest request;
    request.program = command.front();
    request.search_path = true;
    request.arguments = std::move(command);
    request.descriptors = {{nothing.get(), 0}, {theirs.get(), 1}, {theirs.get(), 2}};
    const auto pid = spawn(request);
    theirs.reset();
    if (!pid) return ran;
    ran.started = true;
    const auto deadline = Clock::now() + std::chrono::seconds(seconds);
    while (true) {
        pollfd readable{output.get(), POLLIN, 0};
        const int ready = ::poll(&readable, 1, milliseconds_until(deadline));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            ran.in_time = false;
            break;
        }
        char bytes[4096];
        const ssize_t got = ::read(output.get(), bytes, sizeof bytes);
        if (got <= 0) break;
        if (ran.output.size() < kMostOutput) ran.output.append(bytes, static_cast<std::size_t>(got));
    }
    if (!ran.in_time) ::kill(*pid, SIGKILL);
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    ran.exit_code = exit_code_of(status);
    return ran;
}

std::string find_in_path(std::string_view program) {
    if (program.contains('/'))
        return ::access(std::string(program).c_str(), X_OK) == 0 ? std::string(program) : "";
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const auto colon = rest.find(':');
        const std::string_view folder = rest.substr(0, colon);
        rest = colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
        const std::string file = std::string(folder.empty() ? "." : folder) + "/" + std::string(program);
        if (::access(file.c_str(), X_OK) == 0) return file;
    }
    return "";
}

} // namespace tv::cli
