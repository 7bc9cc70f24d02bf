// libavcodec and libavutil, loaded at run time: sessions without video pay neither the memory nor the time.
#pragma once

#include <functional>
#include <memory>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
}

#include "base/result.h"
#include "video/decoder.h"

namespace tv::video {

// The functions in use; structs are those of the headers compiled against, which is why the major versions
// must be the same. Every one of these is in 5.1 (libavcodec 59) and in all later releases so far.
struct AvLibrary {
    decltype(&::avcodec_version) avcodec_version = nullptr;
    decltype(&::avcodec_find_decoder) avcodec_find_decoder = nullptr;
    decltype(&::avcodec_find_decoder_by_name) avcodec_find_decoder_by_name = nullptr;
    decltype(&::avcodec_alloc_context3) avcodec_alloc_context3 = nullptr;
    decltype(&::avcodec_free_context) avcodec_free_context = nullptr;
    decltype(&::avcodec_open2) avcodec_open2 = nullptr;
    decltype(&::avcodec_send_packet) avcodec_send_packet = nullptr;
    decltype(&::avcodec_receive_frame) avcodec_receive_frame = nullptr;
    decltype(&::av_packet_alloc) av_packet_alloc = nullptr;
    decltype(&::av_packet_free) av_packet_free = nullptr;
    decltype(&::av_packet_unref) av_packet_unref = nullptr;
    decltype(&::avutil_version) avutil_version = nullptr;
    decltype(&::av_frame_alloc) av_frame_alloc = nullptr;
    decltype(&::av_frame_free) av_frame_free = nullptr;
    decltype(&::av_buffer_create) av_buffer_create = nullptr;
};

// Takes 30 to 50 ms, cold 200 ms, and 15 MiB. Never unloaded: pictures and libavcodec's threads may outlive
// whoever asked. Unsupported: not installed, or another major version.
[[nodiscard]] Result<std::shared_ptr<const AvLibrary>> load_av_library();

using AvLoader = std::function<Result<std::shared_ptr<const AvLibrary>>()>;
// ffmpeg_decoders() with another library. The loader is called once, on the thread of the first prepare() or
// create().
[[nodiscard]] std::unique_ptr<DecoderFactory> decoders_of_library(AvLoader load);

// File names of the versions compiled against; one file for each system.
extern const char* const kAvcodecFile;
extern const char* const kAvutilFile;
extern const char* const kAvcodecAbsent; // what to say without it

} // namespace tv::video
