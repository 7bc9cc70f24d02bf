#include "video/videotoolbox/supplemental.h"

namespace tv::video {

void register_supplemental_decoder(CMVideoCodecType /*codec*/) {}

} // namespace tv::video
