#include "video/stream.h"

#include <utility>

namespace tv::video {

Paint paint_pixels(PixelTarget target, std::shared_ptr<const void> memory) {
    return [target, memory = std::move(memory)](const Picture& picture, const PaintDone& done) {
        done(convert(picture, target));
    };
}

Stream::Stream(DriverOptions options, Paint paint, bool keep)
    : paint_(std::make_shared<const Paint>(std::move(paint))), executor_(*options.executor),
      clock_(*options.clock), wake_(options.wake), driver_(std::move(options)), keep_(keep) {}

Stream::~Stream() {
    for (const auto& job : jobs_) job->abandon();
}

void Stream::Job::abandon() {
    std::lock_guard lock(mutex);
    abandoned = true;
    wake = nullptr;
}

void Stream::Job::begin(const Paint& paint) {
    self = shared_from_this();
    began = clock.steady();
    if (handed_on) handed_on->conversions.begin();
    paint(picture, [this](Status outcome) { finish(outcome); });
}

void Stream::Job::finish(Status outcome) {
    const std::shared_ptr<Job> kept = std::move(self);
    picture = {}; // back to the decoder's pool
    if (handed_on) handed_on->conversions.end();
    status = outcome;
    std::lock_guard lock(mutex);
    if (abandoned) return;
    ended = clock.steady();
    done.store(true, std::memory_order_release);
    if (wake) wake();
}

std::uint64_t Stream::push(std::shared_ptr<const Packet> packet) {
    const std::uint64_t number = driver_.push(std::move(packet));
    collect();
    return number;
}

void Stream::hold(std::optional<std::uint64_t> packets) {
    most_ = packets;
    collect();
}

void Stream::service() {
    driver_.service();
    if (job_ && job_->done.load(std::memory_order_acquire)) {
        ++(job_->status ? counts_.painted : counts_.refused);
        if (job_->status) {
            latest_ = job_times_;
            latest_->painted = job_->ended;
            kept_ = std::move(job_picture_);
        }
        job_picture_.reset();
        paint_waits_.add(job_->began - job_times_.decoded);
        convert_times_.add(job_->ended - job_->began);
        job_.reset();
        shown_ = taken_;
    }
    collect();
}

// Takes what may be shown; of several pictures only the last is worth converting.
void Stream::collect() {
    if (job_) return;
    std::optional<Outcome> latest;
    while (!most_ || taken_ < *most_) {
        std::optional<Outcome> outcome = driver_.next();
        if (!outcome) break;
        taken_ = outcome->packet + 1;
        if (!outcome->picture) continue;
        if (latest) ++counts_.overtaken;
        latest = std::move(outcome);
    }
    if (latest) begin(std::move(*latest));
    if (!job_) shown_ = taken_;
}

// One that nobody else holds, ready to be used.
std::shared_ptr<Stream::Job> Stream::free_job() {
    for (const auto& job : jobs_) {
        if (job.use_count() > 1) continue;
        // Its last user let go of the mutex before of the job, so all that was written is seen behind it.
        std::lock_guard lock(job->mutex);
        job->done.store(false, std::memory_order_relaxed);
        job->status = {};
        return job;
    }
    auto job = jobs_.emplace_back(std::make_shared<Job>(clock_, executor_.handed_on()));
    job->wake = wake_;
    return job;
}

void Stream::begin(Outcome outcome) {
    job_times_ = {outcome.packet, outcome.pushed_at, outcome.submitted_at, outcome.decoded_at};
    job_ = free_job();
    if (keep_) job_picture_ = outcome.picture;
    job_->picture = std::move(*outcome.picture);
    const Status posted = executor_.post([job = job_, paint = paint_] { job->begin(*paint); });
    if (posted) return;
    job_->picture = {}; // no thread to be had: the last picture stays
    job_.reset();
}

StreamStatistics Stream::statistics() const {
    StreamStatistics statistics = counts_;
    statistics.driver = driver_.statistics();
    statistics.paint_wait = paint_waits_.percentiles();
    statistics.convert = convert_times_.percentiles();
    return statistics;
}

} // namespace tv::video
