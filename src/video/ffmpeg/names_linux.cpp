#include "video/ffmpeg/library.h"

namespace tv::video {

const char* const kAvcodecFile = "libavcodec.so." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR);
const char* const kAvutilFile = "libavutil.so." AV_STRINGIFY(LIBAVUTIL_VERSION_MAJOR);

} // namespace tv::video
