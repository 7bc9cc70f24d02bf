#include "video/ffmpeg/library.h"

#include <dlfcn.h>

#include <string>

namespace tv::video {
namespace {

// By name, as the system searches; then where the headers' package says its libraries are (Homebrew's folder
// is not searched).
void* open_library(const char* file) {
    if (void* handle = dlopen(file, RTLD_NOW | RTLD_LOCAL)) return handle;
    return dlopen((std::string(TV_FFMPEG_LIBDIR "/") + file).c_str(), RTLD_NOW | RTLD_LOCAL);
}

template <typename Function>
bool resolve(void* handle, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle, name)); // what POSIX promises of dlsym
    return function != nullptr;
}

} // namespace

Result<std::shared_ptr<const AvLibrary>> load_av_library() {
    void* util = open_library(kAvutilFile);
    void* codec = util != nullptr ? open_library(kAvcodecFile) : nullptr;
    if (codec == nullptr) return fail(ErrorCategory::Unsupported, kAvcodecAbsent);
    AvLibrary library;
#define TV_RESOLVE(handle, name) resolve(handle, #name, library.name)
    const bool all = TV_RESOLVE(codec, avcodec_version) && TV_RESOLVE(codec, avcodec_find_decoder) &&
                     TV_RESOLVE(codec, avcodec_find_decoder_by_name) &&
                     TV_RESOLVE(codec, avcodec_alloc_context3) && TV_RESOLVE(codec, avcodec_free_context) &&
                     TV_RESOLVE(codec, avcodec_open2) && TV_RESOLVE(codec, avcodec_send_packet) &&
                     TV_RESOLVE(codec, avcodec_receive_frame) && TV_RESOLVE(codec, av_packet_alloc) &&
                     TV_RESOLVE(codec, av_packet_free) && TV_RESOLVE(codec, av_packet_unref) &&
                     TV_RESOLVE(util, avutil_version) && TV_RESOLVE(util, av_frame_alloc) &&
                     TV_RESOLVE(util, av_frame_free) && TV_RESOLVE(util, av_buffer_create);
#undef TV_RESOLVE
    if (!all) return fail(ErrorCategory::Unsupported, "libavcodec lacks a function");
    if (AV_VERSION_MAJOR(library.avcodec_version()) != LIBAVCODEC_VERSION_MAJOR ||
        AV_VERSION_MAJOR(library.avutil_version()) != LIBAVUTIL_VERSION_MAJOR)
        return fail(ErrorCategory::Unsupported, "libavcodec is of another version than was compiled against",
                    AV_VERSION_MAJOR(library.avcodec_version()));
    return std::make_shared<const AvLibrary>(library);
}

} // namespace tv::video
