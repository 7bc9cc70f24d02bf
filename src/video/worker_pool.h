// Threads for decoding and conversion.
#pragma once

#include <memory>

#include "video/executor.h"

namespace tv::video {

// Threads start with the first tasks, so that a session without video has none.
class WorkerPool final : public Executor {
public:
    explicit WorkerPool(unsigned threads);
    // Drops waiting tasks and waits for running ones, except those of workers that were given up.
    ~WorkerPool() override;
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    [[nodiscard]] Status post(std::function<void()> task) override;
    void give_up_worker(std::thread::id worker) override;

private:
    struct State;
    [[nodiscard]] static bool call_while_locked(State& state); // false: nobody is idle
    [[nodiscard]] static Status staff_while_locked(const std::shared_ptr<State>& state);
    static void work(const std::shared_ptr<State>& state);

    // Shared with the threads: one that was given up may outlive the pool.
    std::shared_ptr<State> state_;
};

} // namespace tv::video
