#include "video/decoders.h"

namespace tv::video {

std::vector<std::unique_ptr<DecoderFactory>> available_decoders(bool software_only) {
    std::vector<std::unique_ptr<DecoderFactory>> decoders;
    decoders.push_back(videotoolbox_decoders());
    if (auto ffmpeg = ffmpeg_decoders()) decoders.push_back(std::move(ffmpeg));
    if (software_only) std::erase_if(decoders, [](const auto& decoder) { return decoder->hardware(); });
    return decoders;
}

} // namespace tv::video
