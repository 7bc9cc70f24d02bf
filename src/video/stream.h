// One wl_buffer's video: packets in, pixels out. What the proxy holds for each RID that is decoded here.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "video/convert/convert.h"
#include "video/driver.h"

namespace tv::video {

struct StreamStatistics {
    DriverStatistics driver{};
    std::uint64_t painted = 0;   // pictures that went into the pixels
    std::uint64_t refused = 0;   // that paint could not show
    std::uint64_t overtaken = 0; // pictures that a newer one made needless before they could be painted
    Percentiles paint_wait{};    // from the decoder's report to the conversion: hold(), hand-overs
    Percentiles convert{};
};

// The way of one picture into the pixels; steady nanoseconds.
struct PictureTimes {
    std::uint64_t packet = 0;
    std::int64_t pushed = 0;
    std::int64_t submitted = 0; // to the decoder that gave it
    std::int64_t decoded = 0;
    std::int64_t painted = 0;
};

// Says that the picture is where it will be seen, or why not. Called exactly once, from any thread, also from
// inside the Paint, and also after the stream and its executor are gone.
using PaintDone = std::function<void(Status)>;
// Puts a picture where it will be seen; begins on a worker, one picture a stream at a time. The picture lives
// until `done` is called. May still be called, once, after the stream is gone, so it owns what it writes to.
using Paint = std::function<void(const Picture&, PaintDone done)>;

// Conversion by the CPU, on that worker. `memory` keeps the target's pixels mapped.
[[nodiscard]] Paint paint_pixels(PixelTarget target, std::shared_ptr<const void> memory);

// Single-threaded, like its driver; decoding and conversion run on the driver's executor. Never fails: what
// cannot be shown leaves the pixels as they are.
//
// A commit that names the buffer is shown with the packets that came before it, so: remember with the commit
// how many that were, hold() the pixels there, and forward the commit once shown() has reached the number.
// While a commit of an earlier packet is not forwarded, pictures of later ones wait, and with them, after a
// few, the decoder.
class Stream {
public:
    // options.wake outlives the executor's last task.
    // `keep`: shown_picture() is wanted.
    Stream(DriverOptions options, Paint paint, bool keep = false);
    ~Stream(); // waits for nothing
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    std::uint64_t push(std::shared_ptr<const Packet> packet);
    // After a wake, and at the deadline.
    void service();
    [[nodiscard]] std::optional<std::int64_t> deadline() const { return driver_.deadline(); }

    // Only the first so many packets may reach the pixels; nullopt: all.
    void hold(std::optional<std::uint64_t> packets);
    // How many packets the pixels show (or the last good picture of those). While somebody writes to
    // them, how many they showed before.
    [[nodiscard]] std::uint64_t shown() const { return shown_; }
    // Whether somebody is writing to the pixels.
    [[nodiscard]] bool painting() const { return job_ != nullptr; }

    // Bytes that wait to be decoded, for the channel's back-pressure.
    [[nodiscard]] std::size_t queued_bytes() const { return driver_.queued_bytes(); }
    [[nodiscard]] StreamStatistics statistics() const;
    // The picture that the pixels show; nullopt: none yet.
    [[nodiscard]] const std::optional<PictureTimes>& latest() const { return latest_; }
    // The same one, when it is kept; nullptr: none. Valid until service().
    [[nodiscard]] const Picture* shown_picture() const { return kept_ ? &*kept_ : nullptr; }
    [[nodiscard]] DriverStatistics driver_counts() const { return driver_.counts(); }

private:
    // One call of paint, shared with whoever does it, and used again.
    struct Job : std::enable_shared_from_this<Job> {
        Job(const Clock& steady, std::shared_ptr<HandedOn> counts)
            : clock(steady), handed_on(std::move(counts)) {}
        void begin(const Paint& paint); // on a worker
        void finish(Status outcome);
        void abandon(); // its wake has returned, or is never called

        std::shared_ptr<Job> self; // from begin() to finish(), so that PaintDone is a mere pointer
        Picture picture{};
        std::int64_t began = 0;
        std::int64_t ended = 0;
        Status status{};
        std::atomic<bool> done{false}; // after this the members above are the stream's again
        const Clock& clock;
        const std::shared_ptr<HandedOn> handed_on; // the executor's; may be null
        std::mutex mutex; // while the stream lives, so does what the two below stand for
        std::function<void()> wake;
        bool abandoned = false;
    };

    void collect();
    void begin(Outcome outcome);

    [[nodiscard]] std::shared_ptr<Job> free_job();

    const std::shared_ptr<const Paint> paint_; // shared with the tasks that use it
    Executor& executor_;
    const Clock& clock_;
    const std::function<void()> wake_;
    Driver driver_;

    std::uint64_t taken_ = 0; // outcomes taken from the driver
    std::uint64_t shown_ = 0;
    std::optional<std::uint64_t> most_; // packets that may reach the pixels
    std::shared_ptr<Job> job_;
    // What there ever were; collected ones may still be waking us. Few: one is rarely needed while another
    // leaves its worker.
    std::vector<std::shared_ptr<Job>> jobs_;
    PictureTimes job_times_; // all but the last
    std::optional<PictureTimes> latest_;
    const bool keep_;
    std::optional<Picture> job_picture_; // these two with keep_ alone
    std::optional<Picture> kept_;

    StreamStatistics counts_;
    Durations paint_waits_;
    Durations convert_times_;
};

} // namespace tv::video
