// Worker threads for decompressions too big for the poll thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/byte_queue.h"
#include "base/result.h"
#include "channel/compression.h"

namespace tv::mirror {

// One decompression. Written by the submitter before submit(), by the worker until `finished`; after that it
// is the submitter's again. The vectors keep their capacity from use to use.
struct DecompressJob {
    CompressionKind kind = CompressionKind::None;
    std::vector<std::byte> input;
    std::vector<std::byte> output; // sized by the submitter
    Status status;
    std::atomic<bool> finished{false};
    std::atomic<bool> unwanted{false}; // set by the submitter: the worker need not begin

    // Gives back what one large update took; the owner's.
    void trim();
};

// submit() and take() belong to one thread. Threads start with the first job, so that an idle session has
// none.
class DecompressPool {
public:
    // `wake` is called from worker threads whenever a job has finished.
    // `started` is called first on every thread.
    DecompressPool(unsigned threads, std::function<void()> wake, std::function<void()> started = {});
    ~DecompressPool(); // drops waiting jobs, waits for running ones

    // A job to fill in; recycled when nobody holds it any more.
    [[nodiscard]] std::shared_ptr<DecompressJob> take();
    // Gives back the memory of jobs that nobody holds; the submitter's thread.
    void release_memory();
    [[nodiscard]] Status submit(std::shared_ptr<DecompressJob> job);

private:
    void work();

    const unsigned thread_count_;
    const std::function<void()> wake_;
    const std::function<void()> started_;
    std::vector<std::shared_ptr<DecompressJob>> all_; // the submitter's

    std::mutex mutex_;
    std::condition_variable changed_;
    Fifo<std::shared_ptr<DecompressJob>> waiting_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace tv::mirror
