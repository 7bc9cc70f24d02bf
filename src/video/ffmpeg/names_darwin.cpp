#include "video/ffmpeg/library.h"

#define TV_AVCODEC_FILE "libavcodec." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR) ".dylib"

namespace tv::video {

const char* const kAvcodecFile = TV_AVCODEC_FILE;
const char* const kAvcodecAbsent = TV_AVCODEC_FILE " cannot be loaded";
const char* const kAvutilFile = "libavutil." AV_STRINGIFY(LIBAVUTIL_VERSION_MAJOR) ".dylib";

} // namespace tv::video
