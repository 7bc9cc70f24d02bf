#include "software.h"

#include <cstring>

#include "random.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
}

namespace tv::sim {
namespace {

const AVCodec* find(CMVideoCodecType codec) {
    switch (codec) {
    case kCMVideoCodecType_H264:
        return avcodec_find_decoder(AV_CODEC_ID_H264);
    case kCMVideoCodecType_HEVC:
        return avcodec_find_decoder(AV_CODEC_ID_HEVC);
    case kCMVideoCodecType_VP9:
        return avcodec_find_decoder(AV_CODEC_ID_VP9);
    default:
        break;
    }
    for (const char* name : {"libdav1d", "libaom-av1", "libaom"}) {
        if (const AVCodec* found = avcodec_find_decoder_by_name(name)) return found;
    }
    return nullptr;
}

void interleave(const AVFrame& frame, __CVBuffer& to) {
    const auto& luma = to.planes[0];
    const auto& chroma = to.planes[1];
    const auto width = static_cast<std::size_t>(frame.width), height = static_cast<std::size_t>(frame.height);
    for (std::size_t y = 0; y < height; ++y) {
        std::memcpy(to.pixels->own() + luma.offset + y * luma.stride,
                    frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0], width);
    }
    for (std::size_t y = 0; y < (height + 1) / 2; ++y) {
        std::uint8_t* row = to.pixels->own() + chroma.offset + y * chroma.stride;
        const auto line = static_cast<std::ptrdiff_t>(y);
        for (std::size_t x = 0; x < (width + 1) / 2; ++x) {
            row[2 * x] = frame.data[1][line * frame.linesize[1] + static_cast<std::ptrdiff_t>(x)];
            row[2 * x + 1] = frame.data[2][line * frame.linesize[2] + static_cast<std::ptrdiff_t>(x)];
        }
    }
}

// The same picture in the way that a decoder may choose to lay it out.
__CVBuffer* make_buffer(const AVFrame& frame, OSType format, const std::shared_ptr<PixelPool>& pool) {
    const auto width = static_cast<std::size_t>(frame.width), height = static_cast<std::size_t>(frame.height);
    if (coin()) return make_nv12(pool, format, width, height);
    const auto aligned = [](std::size_t size) { return (size + 15) / 16 * 16; };
    __CVBuffer* buffer = make_nv12(pool, format, aligned(width), aligned(height));
    // The origin is the lower left corner: what is cut off lies at the right and at the bottom.
    buffer->clean = {{0, static_cast<double>(aligned(height) - height)},
                     {static_cast<double>(width), static_cast<double>(height)}};
    return buffer;
}

class Libavcodec final : public SoftwareDecoder {
public:
    explicit Libavcodec(AVCodecContext* context) : context_(context) {}
    ~Libavcodec() override {
        avcodec_free_context(&context_);
        av_frame_free(&frame_);
        av_packet_free(&packet_);
    }

    Outcome decode(const opaqueCMFormatDescription& format, const std::uint8_t* sample, std::size_t size,
                   OSType pixel_format, const std::shared_ptr<PixelPool>& pool, __CVBuffer** out) override {
        std::vector<std::uint8_t> bytes = annex_b(format, sample, size);
        const std::size_t length = bytes.size();
        bytes.resize(length + AV_INPUT_BUFFER_PADDING_SIZE);
        if (av_new_packet(packet_, static_cast<int>(length)) != 0) return Outcome::Damaged;
        std::memcpy(packet_->data, bytes.data(), length);
        const int sent = avcodec_send_packet(context_, packet_);
        av_packet_unref(packet_);
        if (sent < 0) return Outcome::Damaged;
        const int got = avcodec_receive_frame(context_, frame_);
        if (got == AVERROR(EAGAIN)) return Outcome::NoPicture;
        if (got < 0) return Outcome::Damaged;
        const bool damaged = (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0;
        if (damaged || (frame_->format != AV_PIX_FMT_YUV420P && frame_->format != AV_PIX_FMT_YUVJ420P)) {
            av_frame_unref(frame_);
            return Outcome::Damaged;
        }
        *out = make_buffer(*frame_, pixel_format, pool);
        interleave(*frame_, **out);
        av_frame_unref(frame_);
        return Outcome::Picture;
    }

private:
    // libavcodec takes start codes and, where they changed, the parameter sets in front.
    std::vector<std::uint8_t> annex_b(const opaqueCMFormatDescription& format, const std::uint8_t* sample,
                                      std::size_t size) {
        std::vector<std::uint8_t> out;
        const auto append = [&](const std::uint8_t* unit, std::size_t length) {
            out.insert(out.end(), {0, 0, 0, 1});
            out.insert(out.end(), unit, unit + length);
        };
        if (format.sets.empty()) {
            out.assign(sample, sample + size);
            return out;
        }
        if (serial_ != format.serial) {
            for (const auto& set : format.sets) append(set.data(), set.size());
            serial_ = format.serial;
        }
        for (std::size_t at = 0; at + 4 <= size;) {
            const std::size_t length = std::size_t{sample[at]} << 24U | std::size_t{sample[at + 1]} << 16U |
                                       std::size_t{sample[at + 2]} << 8U | sample[at + 3];
            append(sample + at + 4, length);
            at += 4 + length;
        }
        return out;
    }

    AVCodecContext* context_;
    AVFrame* frame_ = av_frame_alloc();
    AVPacket* packet_ = av_packet_alloc();
    std::uint64_t serial_ = 0; // of the description whose sets the decoder has
};

} // namespace

std::unique_ptr<SoftwareDecoder> make_software_decoder(CMVideoCodecType codec) {
    const AVCodec* found = find(codec);
    if (found == nullptr) return nullptr;
    AVCodecContext* context = avcodec_alloc_context3(found);
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    context->err_recognition |= AV_EF_EXPLODE;
    context->log_level_offset = 100;
    if (avcodec_open2(context, found, nullptr) < 0) {
        avcodec_free_context(&context);
        return nullptr;
    }
    return std::make_unique<Libavcodec>(context);
}

} // namespace tv::sim
