// The GPU that a session's pictures are converted on: made when first asked for, on a worker; made again when
// it is lost; done without when it keeps failing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "base/log.h"
#include "metal/converter.h"
#include "video/executor.h"

namespace tv::metal {

struct GpuStatistics {
    std::uint64_t by_gpu = 0;   // pictures
    std::uint64_t by_cpu = 0;   // because there was no GPU (yet), or it could not take the picture
    std::uint64_t repeated = 0; // of those, after the GPU had failed
    std::uint64_t devices = 0;  // made so far
};

// Thread-safe.
class Gpu : public std::enable_shared_from_this<Gpu> {
public:
    using Make = std::function<Result<std::shared_ptr<Converter>>()>;

    // Makes nothing yet. The executor outlives every task that it runs for this; what is posted to it holds
    // this object. `linear_alignment` is told what the device wants of surfaces once there is one (nullptr:
    // nobody is). `make` blocks; tests give another.
    static std::shared_ptr<Gpu> create(video::Executor& executor, Log log,
                                       std::shared_ptr<std::atomic<std::size_t>> linear_alignment = nullptr,
                                       Make make = make_converter);

    // The converter, or nullptr: not made yet (the first call has a worker make it), being made again, or
    // given up. Never blocks.
    [[nodiscard]] std::shared_ptr<Converter> converter();
    // What became of a pass, or of the attempt to make one; `by` is whose. A GPU that is lost says so, or
    // only makes no textures any more.
    void report(const Converter& by, const Status& outcome);
    void count_cpu(bool repeated);
    [[nodiscard]] GpuStatistics statistics() const;

private:
    Gpu(video::Executor& executor, Log log, std::shared_ptr<std::atomic<std::size_t>> linear_alignment,
        Make make);
    void make_one();

    // A GPU that fails this often in a row is made again, and after so many of those done without: each costs
    // the pictures of a moment their place on the GPU, and a CPU does them all in time.
    static constexpr unsigned kFailuresInARow = 3;
    static constexpr unsigned kMakings = 3;

    enum class State : std::uint8_t { Unasked, Making, Ready, GivenUp };

    video::Executor& executor_;
    const Log log_;
    const std::shared_ptr<std::atomic<std::size_t>> linear_alignment_;
    const Make make_;

    mutable std::mutex mutex_;
    State state_ = State::Unasked;
    std::shared_ptr<Converter> converter_;
    unsigned failures_ = 0; // in a row
    unsigned makings_ = 0;  // since the last success
    GpuStatistics counts_;
};

} // namespace tv::metal
