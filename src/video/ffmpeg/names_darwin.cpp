#include "video/ffmpeg/library.h"

namespace tv::video {

const char* const kAvcodecFile = "libavcodec." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR) ".dylib";
const char* const kAvutilFile = "libavutil." AV_STRINGIFY(LIBAVUTIL_VERSION_MAJOR) ".dylib";

} // namespace tv::video
