// Streams through the driver with VideoToolbox on the simulation, and what has to come out.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sim/vt.h"
#include "video/driver.h"
#include "video/ffmpeg_tool.h"
#include "video/recorded.h"

namespace tv::test {

struct TestStream {
    std::string name;
    video::Codec codec = video::Codec::H264;
    video::Size size{};
    std::vector<Buffer> packets;
    std::vector<Buffer> pictures; // I420 without padding, by libavcodec alone
};

// From the recorded sessions: the first stream of each codec that stock peers send, at most `packets` of it.
[[nodiscard]] std::vector<TestStream> recorded_test_streams(std::size_t packets);
// A recorded HEVC stream there is none: made by the ffmpeg program; empty packets without it.
[[nodiscard]] TestStream hevc_test_stream(int frames);
// H.264 with more than one key frame.
[[nodiscard]] TestStream h264_with_key_frames(int frames, int distance);
[[nodiscard]] TestStream h264_of_size(video::Size size, int frames);

// A picture's samples as I420, read as the product must: locked, by its own strides.
[[nodiscard]] Buffer samples_of(const video::Picture& picture);

struct PlayOptions {
    bool software = true;    // libavcodec behind VideoToolbox
    bool one_by_one = false; // each packet only after the last one's picture
    const Clock* clock = &system_clock();
    std::chrono::seconds at_most{60}; // then Played::timed_out
    unsigned workers = 2;
    bool count_left_behind = false; // before calls that hang are let go on
};

struct Played {
    std::vector<Buffer> pictures; // an empty one where a packet gave none
    video::DriverStatistics statistics{};
    bool timed_out = false;
    unsigned left_behind = 0;    // threads that were in a call when the decoders ended
    bool all_in_surfaces = true; // VideoToolbox's pictures lie in IOSurfaces that Metal can map
};

[[nodiscard]] Played play(const TestStream& stream, PlayOptions options = {});

// "", or where the first difference is.
[[nodiscard]] std::string difference(const TestStream& stream, const Played& played);

// Threads and descriptors of this process.
[[nodiscard]] std::size_t thread_count();
[[nodiscard]] std::size_t descriptor_count();

} // namespace tv::test
