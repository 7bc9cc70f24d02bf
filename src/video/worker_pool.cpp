#include "video/worker_pool.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <vector>

#include "base/byte_queue.h"

namespace tv::video {

struct WorkerPool::State {
    // On its worker's stack while that has nothing to do.
    struct Seat {
        std::condition_variable work;
        bool called = false;
    };
    std::mutex mutex;
    std::condition_variable ended;
    Fifo<std::function<void()>> waiting;
    unsigned wanted = 1; // threads that may serve
    unsigned serving = 0;
    std::vector<Seat*> idle;               // of those serving, in the order in which they ran out of tasks
    std::vector<std::thread::id> given_up; // threads that sit in a call and no longer count as serving
    bool stopping = false;
};

WorkerPool::WorkerPool(unsigned threads) : state_(std::make_shared<State>()) {
    state_->wanted = std::max(threads, 1u);
}

WorkerPool::~WorkerPool() {
    Fifo<std::function<void()>> dropped; // destroyed outside the lock: tasks may own anything
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    std::swap(dropped, state_->waiting);
    while (call_while_locked(*state_)) {
    }
    state_->ended.wait(lock, [this] { return state_->serving == 0; });
    lock.unlock();
}

// The one that worked last: what a stream does next is most likely about what that worker has in its caches.
bool WorkerPool::call_while_locked(State& state) {
    if (state.idle.empty()) return false;
    State::Seat* seat = state.idle.back();
    state.idle.pop_back();
    seat->called = true;
    seat->work.notify_one();
    return true;
}

// For a task that waits. An error: nobody will ever take it.
Status WorkerPool::staff_while_locked(const std::shared_ptr<State>& state) {
    if (call_while_locked(*state) || state->serving >= state->wanted) return {};
    try {
        // Detached, because a thread that is given up can never be joined; the destructor waits by count.
        std::thread([state] { work(state); }).detach();
        ++state->serving;
    } catch (const std::system_error& error) {
        if (state->serving == 0) return fail_errno("starting a video thread", error.code().value());
    }
    return {};
}

Status WorkerPool::post(std::function<void()> task) {
    std::lock_guard lock(state_->mutex);
    TV_TRY(staff_while_locked(state_));
    state_->waiting.push(std::move(task));
    return {};
}

void WorkerPool::give_up_worker(std::thread::id worker) {
    std::lock_guard lock(state_->mutex);
    if (std::ranges::find(state_->given_up, worker) != state_->given_up.end()) return;
    state_->given_up.push_back(worker);
    --state_->serving;
    // Tasks that had been left to it need somebody now; if nobody can be had, the next post() tries again and
    // can say so.
    if (!state_->waiting.empty() && !state_->stopping) (void)staff_while_locked(state_);
}

void WorkerPool::work(const std::shared_ptr<State>& state) {
    std::unique_lock lock(state->mutex);
    auto given_up = [&state] { return std::ranges::find(state->given_up, std::this_thread::get_id()); };
    while (!state->stopping && given_up() == state->given_up.end()) {
        if (state->waiting.empty()) {
            State::Seat seat;
            state->idle.push_back(&seat);
            seat.work.wait(lock, [&seat] { return seat.called; });
            continue;
        }
        std::function<void()> task = state->waiting.pop();
        lock.unlock();
        task();
        task = nullptr; // what it owned goes before the pool may end
        lock.lock();
    }
    // One that was given up and came back after all: its place is taken, and what it was called for is not
    // its business any more.
    if (const auto found = given_up(); found != state->given_up.end()) {
        state->given_up.erase(found);
        if (!state->waiting.empty() && !state->stopping) (void)staff_while_locked(state);
    } else {
        --state->serving;
    }
    state->ended.notify_all();
}

} // namespace tv::video
