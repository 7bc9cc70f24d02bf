#include "mirror/decompress_pool.h"

#include <new>
#include <system_error>

#include "base/limits.h"

namespace tv::mirror {
namespace {

// Jobs kept for reuse, at most 1 MiB of output each: a 1440p frame in 256 KiB chunks. More than that is a
// burst whose memory is given back.
constexpr std::size_t kKeptJobs = 64;
constexpr std::size_t kKeptJobBytes = 1 * limits::kMiB;

// What ends the process when it leaves a thread ends the session.
Status decompress(Decompressor& with, DecompressJob& job) {
    try {
        return with.decompress(job.kind, job.input, job.output);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCategory::Limit, "out of memory");
    }
}

} // namespace

void DecompressJob::trim() {
    for (std::vector<std::byte>* kept : {&input, &output})
        if (kept->capacity() > kKeptJobBytes) *kept = {};
}

DecompressPool::DecompressPool(unsigned threads, std::function<void()> wake, std::function<void()> started)
    : thread_count_(threads), wake_(std::move(wake)), started_(std::move(started)) {}

DecompressPool::~DecompressPool() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        waiting_.clear();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

std::shared_ptr<DecompressJob> DecompressPool::take() {
    for (auto& job : all_) {
        // Only this thread makes new owners, so a count of one cannot rise behind our back; `finished` orders
        // the worker's writes before our reuse.
        if (job.use_count() == 1 && job->finished.load(std::memory_order_acquire)) {
            job->finished.store(false, std::memory_order_relaxed);
            job->unwanted.store(false, std::memory_order_relaxed);
            job->trim();
            return job;
        }
    }
    auto job = std::make_shared<DecompressJob>();
    if (all_.size() < kKeptJobs) all_.push_back(job);
    return job;
}

void DecompressPool::release_memory() {
    std::erase_if(all_, [](const std::shared_ptr<DecompressJob>& job) {
        return job.use_count() == 1 && job->finished.load(std::memory_order_acquire);
    });
}

Status DecompressPool::submit(std::shared_ptr<DecompressJob> job) {
    while (threads_.size() < thread_count_) {
        try {
            threads_.emplace_back([this] { work(); });
        } catch (const std::system_error& error) {
            if (threads_.empty()) return fail_errno("starting a decompression thread", error.code().value());
            break;
        }
    }
    {
        std::lock_guard lock(mutex_);
        waiting_.push(std::move(job));
    }
    changed_.notify_one();
    return {};
}

void DecompressPool::work() {
    if (started_) started_();
    Decompressor decompressor;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        std::shared_ptr<DecompressJob> job = waiting_.pop();
        lock.unlock();
        if (!job->unwanted.load(std::memory_order_relaxed)) job->status = decompress(decompressor, *job);
        job->finished.store(true, std::memory_order_release);
        job.reset();
        wake_();
        lock.lock();
    }
}

} // namespace tv::mirror
