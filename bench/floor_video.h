// One stream of tv-bench-floor: libavcodec called directly with the options of our client, our client's
// conversion, and nothing else.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace tv::bench {

class FloorVideo {
public:
    // `pixels`: XRGB8888 without padding between the rows.
    FloorVideo(std::uint32_t width, std::uint32_t height, MutableBytes pixels, int threads);
    ~FloorVideo();
    FloorVideo(const FloorVideo&) = delete;
    FloorVideo& operator=(const FloorVideo&) = delete;

    // kReadAhead bytes after the packet are readable. They are not zero, which does not matter for streams
    // that are whole.
    void show(Bytes h264_packet);
    static constexpr std::size_t kReadAhead = 64;

private:
    struct Decoder;
    const std::unique_ptr<Decoder> decoder_;
};

} // namespace tv::bench
