// Threads for decoding and conversion.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "video/executor.h"

namespace tv::video {

// Threads start with the first tasks, so that a session without video has none.
class WorkerPool final : public Executor {
public:
    // `started` is called first on every thread.
    // `out_of_memory` is called on a worker that a task left with std::bad_alloc, quick and while the pool
    // lives; what the task was to do is not done.
    explicit WorkerPool(unsigned threads, std::function<void()> started = {},
                        std::function<void()> out_of_memory = {});
    // Drops waiting tasks and waits for running ones and last calls, except those of threads that were given
    // up.
    ~WorkerPool() override;
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    [[nodiscard]] Status post(Task task) override;
    void give_up_worker(std::thread::id worker) override;
    // On a few threads at a time, which end when nothing is left to do.
    [[nodiscard]] std::shared_ptr<LastCalls> last_calls() override;

    // Lives until the last worker is gone, also one that was given up: what tasks point to.
    void keep(std::shared_ptr<const void> used);
    [[nodiscard]] std::shared_ptr<HandedOn> handed_on() override;
    [[nodiscard]] std::optional<std::int64_t> running_since() const override;
    // Begins no task until resume(). True once none runs and what was handed on is done, false when that
    // takes longer; nanoseconds. Any thread.
    [[nodiscard]] bool pause(std::int64_t patience);
    void resume(std::int64_t now); // steady nanoseconds, of the clock that decoders are timed by
    // Ends the pool: lets waiting tasks and last calls run, for so long, and then gives up the threads that
    // have not come back. Tells how many it was left by in all, those given up earlier included. No post()
    // after this.
    [[nodiscard]] unsigned finish(std::int64_t patience);

private:
    struct State;
    [[nodiscard]] static bool call_while_locked(State& state); // false: nobody is idle
    [[nodiscard]] static Status staff_while_locked(const std::shared_ptr<State>& state);
    static void hand_on_while_locked(const std::shared_ptr<State>& state);
    [[nodiscard]] static bool run(Task& task);
    static void work(const std::shared_ptr<State>& state);
    static void make_last_calls(const std::shared_ptr<State>& state);

    // Shared with the threads: one that was given up may outlive the pool.
    std::shared_ptr<State> state_;
};

} // namespace tv::video
