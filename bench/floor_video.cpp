#include "floor_video.h"

#include "common.h"
#include "video/convert/convert.h"
#include "video/ffmpeg/library.h"

namespace tv::bench {
namespace {

constexpr std::size_t kPixelBytes = 4;

const video::AvLibrary& library() {
    static const auto loaded = video::load_av_library();
    if (!loaded) die(describe(loaded.error()).c_str());
    return **loaded;
}

video::Plane plane(const AVFrame& frame, int index, std::size_t rows) {
    const auto stride = static_cast<std::size_t>(frame.linesize[index]);
    return {std::as_bytes(std::span(frame.data[index], stride * rows)), stride};
}

} // namespace

struct FloorVideo::Decoder {
    const AVCodec* codec = library().avcodec_find_decoder(AV_CODEC_ID_H264);
    AVCodecContext* context = library().avcodec_alloc_context3(codec);
    AVPacket* packet = library().av_packet_alloc();
    AVFrame* frame = library().av_frame_alloc();
    video::PixelTarget target;
};

FloorVideo::FloorVideo(std::uint32_t width, std::uint32_t height, MutableBytes pixels, int threads)
    : decoder_(std::make_unique<Decoder>()) {
    decoder_->target = {pixels, width * kPixelBytes, {width, height}};
    AVCodecContext* context = decoder_->context;
    if (context == nullptr || decoder_->packet == nullptr || decoder_->frame == nullptr) die("libavcodec");
    context->thread_count = threads;
    context->thread_type = FF_THREAD_SLICE;
    context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    context->err_recognition |= AV_EF_EXPLODE;
    if (library().avcodec_open2(context, decoder_->codec, nullptr) < 0) die("avcodec_open2");
}

FloorVideo::~FloorVideo() {
    library().av_frame_free(&decoder_->frame);
    library().av_packet_free(&decoder_->packet);
    library().avcodec_free_context(&decoder_->context);
}

void FloorVideo::show(Bytes h264_packet) {
    static_assert(kReadAhead >= AV_INPUT_BUFFER_PADDING_SIZE);
    const video::AvLibrary& av = library();
    AVPacket& packet = *decoder_->packet;
    AVFrame& frame = *decoder_->frame;
    auto* data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(h264_packet.data()));
    // Without a reference libavcodec would copy the packet.
    packet.buf = av.av_buffer_create(
        data, h264_packet.size() + AV_INPUT_BUFFER_PADDING_SIZE, [](void*, std::uint8_t*) {}, nullptr,
        AV_BUFFER_FLAG_READONLY);
    packet.data = data;
    packet.size = static_cast<int>(h264_packet.size());
    const int sent = av.avcodec_send_packet(decoder_->context, &packet);
    av.av_packet_unref(&packet);
    if (sent < 0 || av.avcodec_receive_frame(decoder_->context, &frame) < 0)
        die("a packet without a picture");
    if (frame.format != AV_PIX_FMT_YUV420P) die("pictures are not 8 bit 4:2:0");
    video::Picture picture;
    picture.size = {static_cast<std::uint32_t>(frame.width), static_cast<std::uint32_t>(frame.height)};
    const std::size_t chroma_rows = (picture.size.height + 1) / 2;
    picture.planes = {plane(frame, 0, picture.size.height), plane(frame, 1, chroma_rows),
                      plane(frame, 2, chroma_rows)};
    if (!video::convert(picture, decoder_->target)) die("conversion failed");
}

} // namespace tv::bench
