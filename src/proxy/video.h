// Video: images that pictures of a codec stream fill, one stream for each remote buffer.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "channel/messages.h"
#include "mirror/replica.h"
#include "video/decoders.h"
#include "video/packet.h"
#include "video/stream.h"
#include "video/surface_painter.h"

namespace tv::proxy {

class Proxy;
class VideoImage;

// What a session gives its proxy for video. Without decoders no video is taken.
struct VideoConfig {
    std::vector<video::DecoderFactory*> decoders; // best first; outlive the proxy
    unsigned threads = 0;                         // at most, for one picture; 0: as many as suit its size
    video::Executor* executor = nullptr;          // outlives the proxy
    std::function<void()> wake;                   // any thread; outlives the executor's last task
    std::size_t max_streams = limits::kMaxVideoStreams;
    std::uint64_t max_pixels = limits::kMaxVideoPixels; // of all streams
    bool keep_pictures = false;                         // PictureSource::picture() is wanted
    bool zero_pass = false;                             // and nothing is painted but on demand
    video::SurfacePainter paint_surface; // how pictures get into surfaces; unset: converted by the CPU
};

// The streams of one connection. The poll thread's.
class VideoStreams {
public:
    explicit VideoStreams(VideoConfig config) : config_(std::move(config)) {}

    [[nodiscard]] const VideoConfig& config() const { return config_; }
    // Whether something here decodes what the remote side says it encodes; if not, the log has the reasons.
    // Loads the first decoder that does (DecoderFactory::prepare).
    [[nodiscard]] bool prepare(VideoKind kind, const Log& log) const;
    // When some stream must be serviced without a wake; steady nanoseconds.
    [[nodiscard]] std::optional<std::int64_t> deadline() const;
    // Packets that wait to be decoded, for the channel's back-pressure.
    [[nodiscard]] std::size_t queued_bytes() const;

private:
    friend class VideoImage;
    friend Status open_video(Proxy& proxy, MessageType type, Bytes message);
    [[nodiscard]] bool admits(std::uint64_t pixels) const;

    const VideoConfig config_;
    std::vector<VideoImage*> images_; // alive now
    std::uint64_t pixels_ = 0;        // of all streams
    video::LogBudget budget_;
    video::SaidOnce said_;
    std::shared_ptr<video::PacketMemory> packets_ = std::make_shared<video::PacketMemory>();
    bool told_ = false; // once is enough for the log
};

// Formats that senders encode and that pictures cannot be converted to here. They are not offered to a sender
// with video.
[[nodiscard]] bool unconvertible_video_format(std::uint32_t drm_format);

// OpenDMAVidDst and OpenDMAVidDstV2.
[[nodiscard]] Status open_video(Proxy& proxy, MessageType type, Bytes message);
[[nodiscard]] Status video_packet(Proxy& proxy, Bytes message);

} // namespace tv::proxy
