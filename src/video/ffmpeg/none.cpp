// Built without libavcodec.
#include "video/decoders.h"

namespace tv::video {

std::unique_ptr<DecoderFactory> ffmpeg_decoders() {
    return nullptr;
}

} // namespace tv::video
