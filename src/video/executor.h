// Where decoders run: a seam, so that tests decide when.
#pragma once

#include <thread>

#include "base/result.h"
#include "video/task.h"

namespace tv::video {

// Thread-safe.
class Executor {
public:
    virtual ~Executor() = default;
    // Runs the task once, on any worker; tasks of one caller may overlap. A task that was posted and not
    // begun when the executor ends is destroyed without having run.
    [[nodiscard]] virtual Status post(Task task) = 0;
    // That worker sits in a call that does not return: from now on another takes its place, and nobody waits
    // for it.
    virtual void give_up_worker(std::thread::id worker) = 0;
};

} // namespace tv::video
