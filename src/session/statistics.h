// Gathers a session's statistics.
#pragma once

#include <memory>
#include <vector>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "proxy/frame_watch.h"
#include "session/snapshot.h"

namespace tv {

// The poll thread's.
class Statistics final : public proxy::FrameWatch {
public:
    explicit Statistics(const Clock& clock) : clock_(clock) {}

    void committed(proxy::CommittedFrame frame, mirror::Replica& replica) override;
    void forwarded(std::uint64_t gate, mirror::Replica& replica) override;

    // Once a turn; `bytes`: read from the channel so far. True when a snapshot is due: once a second while
    // something goes on, and once more after that.
    [[nodiscard]] bool tick(std::int64_t now, std::uint64_t bytes);
    // When tick() must run even if nothing happens; 0: not at all. Clock::steady().
    [[nodiscard]] std::int64_t next() const { return next_; }
    // Since the last one. What concerns the connection as a whole is left to the caller.
    [[nodiscard]] StatisticsSnapshot take(std::int64_t now, std::uint64_t bytes);

private:
    struct Frame {
        proxy::CommittedFrame commit;
        mirror::Arrivals arrived;
        std::uint64_t needs = 0; // packets
    };
    struct Surface {
        std::shared_ptr<const proxy::SurfaceName> name;
        SurfaceStatistics counts;
        std::array<video::Durations, kStageNames.size()> stages;
        video::Durations total;
        std::uint64_t last_frame = 0; // gate
    };

    [[nodiscard]] Surface& surface_of(const Frame& frame);
    static void measure(Surface& surface, std::int64_t begun, std::span<const std::int64_t> ends,
                        std::span<const Stage> stages);
    static void measure_video(Surface& surface, const Frame& frame, const mirror::PictureReport& report,
                              std::int64_t now);

    const Clock& clock_;
    Fifo<Frame> frames_; // committed, not forwarded
    std::vector<std::unique_ptr<Surface>> surfaces_;
    std::uint64_t forwarded_ = 0;
    std::int64_t next_ = 0;
    std::int64_t since_ = 0; // of the last snapshot, or of the end of a pause
    std::uint64_t frames_before_ = 0;
    std::uint64_t bytes_before_ = 0;
};

} // namespace tv
