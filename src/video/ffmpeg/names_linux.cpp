#include "video/ffmpeg/library.h"

#define TV_AVCODEC_FILE "libavcodec.so." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR)

namespace tv::video {

const char* const kAvcodecFile = TV_AVCODEC_FILE;
const char* const kAvcodecAbsent = TV_AVCODEC_FILE " cannot be loaded";
const char* const kAvutilFile = "libavutil.so." AV_STRINGIFY(LIBAVUTIL_VERSION_MAJOR);

} // namespace tv::video
