#include "metal/gpu.h"

#include <utility>

namespace tv::metal {

std::shared_ptr<Gpu> Gpu::create(video::Executor& executor, Log log,
                                 std::shared_ptr<std::atomic<std::size_t>> linear_alignment, Make make) {
    return std::shared_ptr<Gpu>(
        new Gpu(executor, std::move(log), std::move(linear_alignment), std::move(make)));
}

Gpu::Gpu(video::Executor& executor, Log log, std::shared_ptr<std::atomic<std::size_t>> linear_alignment,
         Make make)
    : executor_(executor), log_(std::move(log)), linear_alignment_(std::move(linear_alignment)),
      make_(std::move(make)) {}

std::shared_ptr<Converter> Gpu::converter() {
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::Unasked) return converter_;
        state_ = State::Making;
        ++makings_;
    }
    if (auto posted = executor_.post([self = shared_from_this()] { self->make_one(); }); !posted) {
        log_.warning("no worker to prepare the GPU: {}", tv::describe(posted.error()));
        const std::lock_guard lock(mutex_);
        state_ = State::GivenUp;
    }
    return nullptr;
}

void Gpu::make_one() {
    auto made = make_();
    const std::lock_guard lock(mutex_);
    if (!made) {
        log_.info("pictures are converted by the CPU: {}", tv::describe(made.error()));
        state_ = State::GivenUp;
        return;
    }
    log_.info("pictures are converted by {}", (*made)->device().name);
    if (linear_alignment_) linear_alignment_->store((*made)->device().linear_alignment);
    ++counts_.devices;
    failures_ = 0;
    converter_ = *std::move(made);
    state_ = State::Ready;
}

void Gpu::report(const Converter& by, const Status& outcome) {
    std::shared_ptr<Converter> old; // its end is not for under the lock
    const std::lock_guard lock(mutex_);
    if (outcome) {
        ++counts_.by_gpu;
        failures_ = makings_ = 0;
        return;
    }
    if (&by != converter_.get()) return; // known already
    const bool lost = outcome.error().category == ErrorCategory::Closed;
    if (!lost && ++failures_ < kFailuresInARow) return;
    log_.warning("{}; {}", tv::describe(outcome.error()),
                 makings_ < kMakings ? "it is prepared anew" : "it is done without from now on");
    old = std::exchange(converter_, nullptr);
    state_ = makings_ < kMakings ? State::Unasked : State::GivenUp;
}

void Gpu::count_cpu(bool repeated) {
    const std::lock_guard lock(mutex_);
    ++counts_.by_cpu;
    counts_.repeated += repeated ? 1 : 0;
}

GpuStatistics Gpu::statistics() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

} // namespace tv::metal
