// Where decoders run: a seam, so that tests decide when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "base/in_flight.h"
#include "base/result.h"
#include "video/task.h"

namespace tv::video {

// Runs what may never return and nobody waits for: the end of a system's decoder. Thread-safe; outlives its
// executor.
class LastCalls {
public:
    virtual ~LastCalls() = default;
    // On a thread that takes no worker's place, also while the executor pauses. False: the executor has ended
    // or there is no thread, and the task is still the caller's.
    [[nodiscard]] virtual bool post(Task& task) = 0;
};

// What tasks began and left to others, who may outlive the executor.
struct HandedOn {
    InFlight decodes;     // to a decoder that has returned without a report; it may withhold pictures
    InFlight conversions; // to a GPU; those that the CPU makes are counted, too
};

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
    // nullptr: such calls are a worker's like all others.
    [[nodiscard]] virtual std::shared_ptr<LastCalls> last_calls() { return nullptr; }
    // nullptr: nobody asks.
    [[nodiscard]] virtual std::shared_ptr<HandedOn> handed_on() { return nullptr; }
    // Since when tasks have been beginning, steady nanoseconds; nullopt: it pauses. What takes too long is
    // measured from there on.
    [[nodiscard]] virtual std::optional<std::int64_t> running_since() const { return 0; }
};

} // namespace tv::video
