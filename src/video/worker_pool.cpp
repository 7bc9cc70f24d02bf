#include "video/worker_pool.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <vector>

#include "base/byte_queue.h"

namespace tv::video {

struct WorkerPool::State {
    std::mutex mutex;
    std::condition_variable work;
    std::condition_variable ended;
    Fifo<std::function<void()>> waiting;
    unsigned wanted = 1; // threads that may serve
    unsigned serving = 0;
    unsigned idle = 0;                     // of those serving, waiting for a task
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
    state_->work.notify_all();
    state_->ended.wait(lock, [this] { return state_->serving == 0; });
    lock.unlock();
}

Status WorkerPool::post(std::function<void()> task) {
    std::unique_lock lock(state_->mutex);
    if (state_->idle <= state_->waiting.size() && state_->serving < state_->wanted) {
        try {
            // Detached, because a thread that is given up can never be joined; the destructor waits by count.
            std::thread([state = state_] { work(state); }).detach();
            ++state_->serving;
        } catch (const std::system_error& error) {
            if (state_->serving == 0) return fail_errno("starting a video thread", error.code().value());
        }
    }
    state_->waiting.push(std::move(task));
    lock.unlock();
    state_->work.notify_one();
    return {};
}

void WorkerPool::give_up_worker(std::thread::id worker) {
    std::lock_guard lock(state_->mutex);
    if (std::ranges::find(state_->given_up, worker) != state_->given_up.end()) return;
    state_->given_up.push_back(worker);
    --state_->serving;
    // Tasks that had been left to it need somebody now, not at the next post().
    if (state_->waiting.empty() || state_->stopping || state_->serving >= state_->wanted) return;
    try {
        std::thread([state = state_] { work(state); }).detach();
        ++state_->serving;
    } catch (const std::system_error&) {
        return; // the next post() tries again and can say so
    }
}

void WorkerPool::work(const std::shared_ptr<State>& state) {
    std::unique_lock lock(state->mutex);
    auto given_up = [&state] { return std::ranges::find(state->given_up, std::this_thread::get_id()); };
    while (!state->stopping && given_up() == state->given_up.end()) {
        if (state->waiting.empty()) {
            ++state->idle;
            state->work.wait(lock);
            --state->idle;
            continue;
        }
        std::function<void()> task = state->waiting.pop();
        lock.unlock();
        task();
        task = nullptr; // what it owned goes before the pool may end
        lock.lock();
    }
    // One that was given up and came back after all: its place is taken.
    if (const auto found = given_up(); found != state->given_up.end())
        state->given_up.erase(found);
    else
        --state->serving;
    state->ended.notify_all();
}

} // namespace tv::video
