#include "cli/lessons.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace tv::cli {

void tell_lesson(int pipe, Lesson lesson) {
    const char byte = static_cast<char>(lesson);
    (void)!::write(pipe, &byte, 1);
}

Outcome<Lessons> Lessons::create() {
    int ends[2];
    if (::pipe(ends) != 0) return failure(fmt::format("cannot make a pipe: {}", errno_text(errno)));
    Lessons made;
    made.read_ = UniqueFd::adopt(ends[0]);
    made.write_ = UniqueFd::adopt(ends[1]);
    for (int end : ends) {
        (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
        (void)::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    return made;
}

void Lessons::apply(Options& options, const Log& log) {
    char byte = 0;
    while (::read(read_.get(), &byte, 1) == 1) {
        if (byte == static_cast<char>(Lesson::SurfaceRefused) && options.store == StoreWish::IOSurface) {
            log.warning("from now on pixels go through wl_shm: the compositor has refused an IOSurface");
            options.store = StoreWish::Shm;
        }
        if (byte == static_cast<char>(Lesson::NoRemoteGpu) && !options.no_gpu) {
            log.warning("from now on as with --no-gpu, since the remote waypipe seems to have no GPU driver");
            options.no_gpu = true;
        }
    }
}

} // namespace tv::cli
