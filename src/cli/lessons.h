// What a connection's process found out that later connections should know: a byte through a pipe that all of
// them inherit from the listener.
#pragma once

#include "base/fd.h"
#include "base/log.h"
#include "cli/failure.h"
#include "cli/options.h"

namespace tv::cli {

enum class Lesson : char {
    SurfaceRefused = 's', // the compositor has refused an IOSurface
    NoRemoteGpu = 'g',    // the remote side ends applications that are offered dmabufs
};

// Any process of the listener's; a pipe that is full or gone takes nothing.
void tell_lesson(int pipe, Lesson lesson);

// The listener's.
class Lessons {
public:
    [[nodiscard]] static Outcome<Lessons> create();

    // The end that connections' processes inherit.
    [[nodiscard]] int descriptor() const { return write_.get(); }
    // Changes the options for the connections to come after what came since the last call.
    void apply(Options& options, const Log& log);

private:
    UniqueFd read_, write_;
};

} // namespace tv::cli
