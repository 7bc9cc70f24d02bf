// --video: which codec the remote side shall encode with, in the words of every waypipe version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/failure.h"

namespace tv::cli {

enum class VideoCodec : std::uint8_t { None, H264, Vp9, Av1 };
enum class VideoEngine : std::uint8_t { Any, Software, Hardware };

struct VideoChoice {
    VideoCodec codec = VideoCodec::None;
    VideoEngine encoder = VideoEngine::Any; // the remote side's
    VideoEngine decoder = VideoEngine::Any; // ours
    std::optional<std::uint32_t> bits_per_frame;
};

// Reads a comma list of none h264 vp9 av1 sw hw swenc hwenc swdec hwdec bpf=N onto an earlier choice; of
// contradicting words the last one wins. `text` may be empty: video with the defaults. Without a codec it is
// H.264, as with waypipe.
[[nodiscard]] Outcome<VideoChoice> parse_video(std::string_view text);

// "--video=h264,sw,bpf=120000", or nothing when there shall be no video. Only words that waypipe 0.8.4
// parses, with the exception of av1, for which there is no older word.
[[nodiscard]] std::optional<std::string> remote_video_argument(const VideoChoice& choice);

} // namespace tv::cli
