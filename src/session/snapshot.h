// What a session tells of itself while it runs: SessionConfig::statistics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "surface/release_guard.h"
#include "video/durations.h"

namespace tv {

// The stages of a frame: each ends where the next begins. The first begins with the first byte read of what
// the frame shows, the last ends when the first byte of its commit has gone to the compositor.
enum class Stage : std::uint8_t { Receive, Queue, Decode, Convert, WaitForCommit };
inline constexpr std::array<const char*, 5> kStageNames{"receive", "queue", "decode", "convert",
                                                        "wait_for_commit"};

// Nanoseconds.
struct StageTimes {
    std::uint64_t frames = 0; // that went through it
    std::int64_t sum = 0;     // of all of them
    video::Percentiles latest{};
};

struct SurfaceStatistics {
    std::uint32_t id = 0; // of the wl_surface; may be used again once it is destroyed
    std::string title;    // UTF-8 as the application says, perhaps; cut to 80 bytes
    std::string app_id;
    bool destroyed = false;    // reported for the last time
    const char* codec = "raw"; // of the latest frame
    const char* decoder = "";  // in use, or the last one; empty: none
    bool hardware = false;
    std::uint32_t width = 0; // of the latest buffer
    std::uint32_t height = 0;
    std::uint64_t frames = 0;   // commits with a newly attached buffer that went to the compositor
    std::uint64_t measured = 0; // of those, how many the stages are of
    std::uint64_t bytes = 0;    // of the channel's messages that filled the buffers
    std::uint64_t recent = 0;   // frames since the last snapshot
    std::array<StageTimes, kStageNames.size()> stages{};
    StageTimes total{};
    std::uint64_t failovers = 0;       // to the next decoder
    std::uint64_t without_picture = 0; // packets that left the pixels as they were
    bool in_store = false;             // its latest buffer is a surface of the store
    surface::GuardCounts writes{};     // into buffers that it then showed
};

struct StatisticsSnapshot {
    std::int64_t time = 0; // nanoseconds since 1970
    bool final = false;    // the connection has ended
    const char* compression = "";
    unsigned wire_version = 0;
    bool gpu = false;         // the application has bound a dmabuf global
    std::uint64_t frames = 0; // of all surfaces, also of those that are gone
    std::uint64_t bytes = 0;  // read from the channel
    double frames_per_second = 0;
    double bytes_per_second = 0;
    std::vector<SurfaceStatistics> surfaces{}; // busiest first
    // With a store of surfaces that the compositor shows without copying.
    bool surface_store = false;
    surface::StoreCounts surface_memory{}; // of the store, which sessions may share
    surface::GuardCounts surface_writes{};
};

} // namespace tv
