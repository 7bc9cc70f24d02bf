#include "cli/recordings.h"

#include <cerrno>
#include <csignal>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace tv::cli {
namespace {

std::string exists(const std::string& path) {
    return fmt::format("--record: '{}' exists already; remove it or give another name", path);
}

} // namespace

std::string recording_path(const std::string& file, unsigned connection) {
    return connection <= 1 ? file : fmt::format("{}.{}", file, connection);
}

Done check_recording_path(const std::string& path) {
    struct stat there{};
    if (::lstat(path.c_str(), &there) == 0) return failure(exists(path));
    const auto slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return failure(
            fmt::format("--record: cannot write to the folder '{}': {}", folder, errno_text(errno)));
    return {};
}

Outcome<std::unique_ptr<replay::Recorder>> start_recording(const Options& options, const Log& log) {
    if (!options.record) return nullptr;
    // A file size limit is a full disk, not the end of the session.
    (void)std::signal(SIGXFSZ, SIG_IGN);
    auto recorder = replay::Recorder::create(*options.record, system_clock(), log);
    if (recorder) return std::move(*recorder);
    if (recorder.error().sys_errno == EEXIST) return failure(exists(*options.record));
    log.warning("this session is not recorded: cannot make '{}': {}", *options.record,
                errno_text(recorder.error().sys_errno));
    return nullptr;
}

} // namespace tv::cli
