// Video packets out of recorded sessions.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "video/decoder.h"

namespace tv::test {

struct RecordedStream {
    std::uint32_t codec_id = 0;
    std::uint32_t width = 0; // of the buffer
    std::uint32_t height = 0;
    std::vector<std::vector<std::byte>> packets;
};

// The recordings of tests/fixtures/video, and what is in them.
struct StockRecording {
    const char* name;
    video::Codec codec;
    video::Size announced; // of the pictures, by the streams themselves
    int streams;           // with packets
    int packets;
    bool c_sender;       // pads
    std::size_t compare; // packets of a stream that are enough for slow tests
    double decibels;     // of the pictures at least, against what was drawn; 0: nobody knows what that was
};
inline constexpr StockRecording kStockRecordings[] = {
    {"0112-h264-xr24-333x217", video::Codec::H264, {336, 224}, 2, 30, false, 15, 27.3},
    {"0112-vp9-xr24-640x480", video::Codec::Vp9, {640, 480}, 2, 30, false, 15, 28.4},
    {"0112-av1-xr24-640x480", video::Codec::Av1, {640, 480}, 2, 30, false, 15, 28.4},
    {"0112-h264-1080p", video::Codec::H264, {1920, 1088}, 2, 20, false, 6, 30.5},
    {"084-h264-xr24-640x480", video::Codec::H264, {640, 482}, 3, 23, true, 15, 28.4},
    {"084-h264-1080p-150", video::Codec::H264, {1920, 1090}, 3, 152, true, 6, 30.3},
    {"084d12-h264-simple-dmabuf-egl", video::Codec::H264, {256, 258}, 4, 29, true, 15, 0},
};
inline void PrintTo(const StockRecording& recording, std::ostream* out) {
    *out << recording.name;
}
// As the name of a test's case.
[[nodiscard]] std::string case_name(const StockRecording& recording);

// The streams of what a server sent (a .s2c file), by RID.
[[nodiscard]] Result<std::map<std::int32_t, RecordedStream>> recorded_streams(const std::string& path);
[[nodiscard]] Result<std::map<std::int32_t, RecordedStream>>
recorded_streams(const StockRecording& recording);

} // namespace tv::test
