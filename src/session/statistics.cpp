#include "session/statistics.h"

#include <algorithm>
#include <tuple>

namespace tv {
namespace {

constexpr std::int64_t kInterval = 1'000'000'000;
// Each takes some 13 KiB; an application may make thousands.
constexpr std::size_t kMaxSurfaces = 64;

StageTimes summary(const video::Durations& durations) {
    return {durations.count(), durations.sum(), durations.percentiles()};
}

// What the guard of a buffer's surface has counted since the last look goes to the window that shows it now.
void count_writes(SurfaceStatistics& counts, mirror::Replica& replica) {
    counts.in_store = replica.published() != nullptr;
    if (!counts.in_store) return;
    const surface::GuardCounts now = replica.published()->guard.counts();
    const surface::GuardCounts before = std::exchange(replica.arrivals.writes, now);
    counts.writes.forced += now.forced - before.forced;
    counts.writes.attached += now.attached - before.attached;
    counts.writes.waited += now.waited - before.waited;
}

} // namespace

void Statistics::committed(proxy::CommittedFrame commit, mirror::Replica& replica) {
    if (!commit.fresh) return;
    Frame frame{std::move(commit), replica.arrivals, replica.received()};
    replica.arrivals.clear_messages();
    frames_.push(std::move(frame));
}

void Statistics::forwarded(std::uint64_t gate, mirror::Replica& replica) {
    if (frames_.empty() || frames_.front().commit.gate != gate) return;
    const std::int64_t now = clock_.steady();
    const Frame frame = frames_.pop();
    Surface& surface = surface_of(frame);
    surface.last_frame = gate;
    SurfaceStatistics& counts = surface.counts;
    ++forwarded_;
    ++counts.frames;
    ++counts.recent;
    counts.bytes += frame.arrived.bytes;
    counts.width = frame.commit.width;
    counts.height = frame.commit.height;
    count_writes(counts, replica);
    if (replica.source() == nullptr) {
        constexpr std::array kStages{Stage::Receive, Stage::WaitForCommit};
        const bool updated = frame.arrived.messages != 0;
        const std::int64_t complete = updated ? frame.arrived.complete : frame.commit.begun;
        counts.codec = "raw";
        counts.decoder = "";
        counts.hardware = false;
        measure(surface, updated ? frame.arrived.first_begun : frame.commit.begun, std::array{complete, now},
                kStages);
        return;
    }
    const mirror::PictureReport report = replica.source()->report();
    counts.codec = report.codec;
    counts.decoder = report.decoder;
    counts.hardware = report.hardware;
    counts.failovers += report.failovers - std::exchange(replica.arrivals.failovers, report.failovers);
    counts.without_picture +=
        report.without_picture - std::exchange(replica.arrivals.without_picture, report.without_picture);
    measure_video(surface, frame, report, now);
}

// The pixels are still those of this commit: what later ones show is held back until it is out.
void Statistics::measure_video(Surface& surface, const Frame& frame, const mirror::PictureReport& report,
                               std::int64_t now) {
    if (frame.arrived.messages == 0) return; // shown again
    const auto& times = report.latest;
    if (!times || times->packet + 1 != frame.needs) return; // no new picture
    constexpr std::array kStages{Stage::Receive, Stage::Queue, Stage::Decode, Stage::Convert,
                                 Stage::WaitForCommit};
    measure(surface, frame.arrived.last_begun,
            std::array{times->pushed, times->submitted, times->decoded, times->painted, now}, kStages);
}

void Statistics::measure(Surface& surface, std::int64_t begun, std::span<const std::int64_t> ends,
                         std::span<const Stage> stages) {
    surface.total.add(ends.back() - begun);
    for (std::size_t i = 0; i < stages.size(); ++i) {
        surface.stages[static_cast<std::size_t>(stages[i])].add(ends[i] - begun);
        begun = ends[i];
    }
    ++surface.counts.measured;
}

Statistics::Surface& Statistics::surface_of(const Frame& frame) {
    for (auto& surface : surfaces_)
        if (surface->name == frame.commit.surface) return *surface;
    if (surfaces_.size() >= kMaxSurfaces)
        surfaces_.erase(
            std::ranges::min_element(surfaces_, {}, [](const auto& surface) { return surface->last_frame; }));
    auto& made = surfaces_.emplace_back(std::make_unique<Surface>());
    made->name = frame.commit.surface;
    return *made;
}

bool Statistics::tick(std::int64_t now, std::uint64_t bytes) {
    if (next_ == 0 && (bytes != bytes_before_ || forwarded_ != frames_before_)) {
        since_ = now;
        next_ = now + kInterval;
    }
    return next_ != 0 && now >= next_;
}

StatisticsSnapshot Statistics::take(std::int64_t now, std::uint64_t bytes) {
    StatisticsSnapshot snapshot;
    snapshot.frames = forwarded_;
    snapshot.bytes = bytes;
    if (now > since_ && next_ != 0) {
        const double seconds = static_cast<double>(now - since_) / 1e9;
        snapshot.frames_per_second = static_cast<double>(forwarded_ - frames_before_) / seconds;
        snapshot.bytes_per_second = static_cast<double>(bytes - bytes_before_) / seconds;
    }
    next_ = bytes != bytes_before_ || forwarded_ != frames_before_ ? now + kInterval : 0;
    since_ = now;
    frames_before_ = forwarded_;
    bytes_before_ = bytes;

    std::ranges::sort(surfaces_, [](const auto& a, const auto& b) {
        return std::tie(a->counts.recent, a->last_frame) > std::tie(b->counts.recent, b->last_frame);
    });
    for (auto& surface : surfaces_) {
        SurfaceStatistics& counts = snapshot.surfaces.emplace_back(surface->counts);
        counts.id = surface->name->id;
        counts.title = surface->name->title;
        counts.app_id = surface->name->app_id;
        // A frame on its way holds the name, too, and will be reported next time.
        counts.destroyed = surface->name.use_count() == 1;
        for (std::size_t i = 0; i < counts.stages.size(); ++i) counts.stages[i] = summary(surface->stages[i]);
        counts.total = summary(surface->total);
        surface->counts.recent = 0;
    }
    std::erase_if(surfaces_, [](const auto& surface) { return surface->name.use_count() == 1; });
    return snapshot;
}

} // namespace tv
