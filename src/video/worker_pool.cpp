#include "video/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <vector>

#include "base/byte_queue.h"

namespace tv::video {

namespace {
// At once. So many decoders may never end before the next ones that end have to wait for them.
constexpr unsigned kLastThreads = 4;
// From the last report or return of a decoder on. Far more than hardware takes for a picture whose call has
// returned: one that is still out is withheld until later packets come, and nobody works at it.
constexpr auto kWithheldAfter = std::chrono::milliseconds(500);
constexpr std::int64_t kPaused = -1;
} // namespace

struct WorkerPool::State : LastCalls, std::enable_shared_from_this<State> {
    // On its worker's stack while that has nothing to do.
    struct Seat {
        std::condition_variable work;
        bool called = false;
    };
    std::mutex mutex;
    std::condition_variable ended;
    Fifo<Task> waiting;
    unsigned wanted = 1; // threads that may serve
    unsigned serving = 0;
    std::vector<std::thread::id> busy;     // of those serving, with a task
    std::vector<Seat*> idle;               // of those serving, in the order in which they ran out of tasks
    std::vector<std::thread::id> given_up; // threads that sit in a call and no longer count as serving
    std::function<void()> started;
    std::function<void()> out_of_memory;
    std::vector<std::shared_ptr<const void>> kept;
    bool paused = false;
    std::atomic<std::int64_t> running_since{0}; // or kPaused
    const std::shared_ptr<HandedOn> handed_on = std::make_shared<HandedOn>();
    bool finishing = false; // whoever runs out of tasks leaves
    bool stopping = false;  // whoever finishes a task leaves
    bool finished = false;  // nobody counts any more who leaves

    Fifo<Task> last; // calls that may never return
    unsigned last_threads = 0;

    [[nodiscard]] bool has_work() const { return !waiting.empty() && !paused; }
    [[nodiscard]] unsigned threads() const { return serving + last_threads; }
    [[nodiscard]] bool post(Task& task) override;
};

bool WorkerPool::State::post(Task& task) {
    const std::lock_guard lock(mutex);
    if (stopping) return false;
    // Whether those that there are will come back is not known.
    if (last_threads < kLastThreads) {
        try {
            std::thread([state = shared_from_this()] { make_last_calls(state); }).detach();
            ++last_threads;
        } catch (const std::system_error&) {
            if (last_threads == 0) return false;
        }
    }
    last.push(std::move(task));
    return true;
}

std::shared_ptr<LastCalls> WorkerPool::last_calls() {
    return state_;
}

WorkerPool::WorkerPool(unsigned threads, std::function<void()> started, std::function<void()> out_of_memory)
    : state_(std::make_shared<State>()) {
    state_->out_of_memory = std::move(out_of_memory);
    state_->wanted = std::max(threads, 1u);
    state_->started = std::move(started);
}

WorkerPool::~WorkerPool() {
    Fifo<Task> dropped; // destroyed outside the lock: tasks may own anything
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    // What a worker that hangs had before it may hang as well: that is left with it.
    if (!state_->finished) std::swap(dropped, state_->waiting);
    while (call_while_locked(*state_)) {
    }
    state_->ended.wait(lock, [this] { return state_->finished || state_->threads() == 0; });
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

// Tasks that had been left to a worker that is given up need somebody now.
void WorkerPool::hand_on_while_locked(const std::shared_ptr<State>& state) {
    if (state->waiting.empty() || state->stopping) return;
    // If nobody can be had, the next post() tries again and can say so.
    [[maybe_unused]] const Status staffed = staff_while_locked(state);
}

Status WorkerPool::post(Task task) {
    std::lock_guard lock(state_->mutex);
    if (state_->stopping) return fail(ErrorCategory::Closed, "video threads have ended");
    TV_TRY(staff_while_locked(state_));
    state_->waiting.push(std::move(task));
    return {};
}

void WorkerPool::give_up_worker(std::thread::id worker) {
    std::lock_guard lock(state_->mutex);
    if (std::ranges::find(state_->given_up, worker) != state_->given_up.end()) return;
    state_->given_up.push_back(worker);
    --state_->serving;
    std::erase(state_->busy, worker);
    state_->ended.notify_all();
    hand_on_while_locked(state_);
}

void WorkerPool::keep(std::shared_ptr<const void> used) {
    std::lock_guard lock(state_->mutex);
    state_->kept.push_back(std::move(used));
}

std::shared_ptr<HandedOn> WorkerPool::handed_on() {
    return state_->handed_on;
}

std::optional<std::int64_t> WorkerPool::running_since() const {
    const std::int64_t since = state_->running_since.load(std::memory_order_relaxed);
    return since == kPaused ? std::nullopt : std::optional(since);
}

bool WorkerPool::pause(std::int64_t patience) {
    const auto deadline = InFlight::Clock::now() + std::chrono::nanoseconds(patience);
    {
        std::unique_lock lock(state_->mutex);
        state_->paused = true;
        state_->running_since.store(kPaused, std::memory_order_relaxed);
        if (!state_->ended.wait_until(lock, deadline, [this] { return state_->busy.empty(); })) return false;
    }
    // Only tasks hand on, so these can but become fewer.
    return state_->handed_on->conversions.wait_until(deadline) &&
           state_->handed_on->decodes.wait_until(deadline, kWithheldAfter);
}

void WorkerPool::resume(std::int64_t now) {
    std::lock_guard lock(state_->mutex);
    state_->paused = false;
    state_->running_since.store(now, std::memory_order_relaxed);
    for (std::size_t task = 0; task < state_->waiting.size() && call_while_locked(*state_); ++task) {
    }
}

unsigned WorkerPool::finish(std::int64_t patience) {
    std::unique_lock lock(state_->mutex);
    state_->paused = false;
    state_->finishing = true;
    while (call_while_locked(*state_)) {
    }
    state_->ended.wait_for(lock, std::chrono::nanoseconds(patience),
                           [this] { return state_->threads() == 0; });
    state_->stopping = true;
    state_->finished = true;
    const auto left = static_cast<unsigned>(state_->given_up.size()) + state_->threads();
    state_->serving = 0;
    return left;
}

// False: it ran out of memory, which ends the session and not the process.
bool WorkerPool::run(Task& task) {
    try {
        task();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

void WorkerPool::work(const std::shared_ptr<State>& state) {
    std::unique_lock lock(state->mutex);
    auto given_up = [&state] { return std::ranges::find(state->given_up, std::this_thread::get_id()); };
    if (state->started) {
        lock.unlock();
        state->started();
        lock.lock();
    }
    while (!state->stopping && given_up() == state->given_up.end()) {
        if (!state->has_work()) {
            if (state->finishing) break;
            State::Seat seat;
            state->idle.push_back(&seat);
            seat.work.wait(lock, [&seat] { return seat.called; });
            continue;
        }
        Task task = state->waiting.pop();
        state->busy.push_back(std::this_thread::get_id());
        lock.unlock();
        const bool done = run(task);
        task.reset(); // what it owned goes before the pool may end
        lock.lock();
        if (!done && !state->finished && given_up() == state->given_up.end() && state->out_of_memory)
            state->out_of_memory();
        if (std::erase(state->busy, std::this_thread::get_id()) != 0 && state->paused)
            state->ended.notify_all();
    }
    // One that was given up and came back after all: its place is taken, and what it was called for is not
    // its business any more.
    if (const auto found = given_up(); found != state->given_up.end()) {
        state->given_up.erase(found);
        hand_on_while_locked(state);
    } else if (!state->finished) {
        --state->serving;
    }
    state->ended.notify_all();
}

// Also when the pool has ended: what waits goes here and not wherever the state does.
void WorkerPool::make_last_calls(const std::shared_ptr<State>& state) {
    if (state->started) state->started();
    std::unique_lock lock(state->mutex);
    while (!state->last.empty()) {
        Task task = state->last.pop();
        lock.unlock();
        task();
        task.reset();
        lock.lock();
    }
    --state->last_threads;
    state->ended.notify_all();
}

} // namespace tv::video
