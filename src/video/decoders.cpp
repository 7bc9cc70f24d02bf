#include "video/decoders.h"

namespace tv::video {

std::vector<std::unique_ptr<DecoderFactory>> available_decoders() {
    std::vector<std::unique_ptr<DecoderFactory>> decoders;
    if (auto ffmpeg = ffmpeg_decoders()) decoders.push_back(std::move(ffmpeg));
    return decoders;
}

} // namespace tv::video
