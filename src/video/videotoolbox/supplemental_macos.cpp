#include <VideoToolbox/VideoToolbox.h>

#include "video/videotoolbox/supplemental.h"

namespace tv::video {

void register_supplemental_decoder(CMVideoCodecType codec) {
    VTRegisterSupplementalVideoDecoderIfAvailable(codec);
}

} // namespace tv::video
