// Software decoding by libavcodec.
#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "video/decoders.h"
#include "video/ffmpeg/library.h"

namespace tv::video {
namespace {

static_assert(kAccessUnitPadding >= AV_INPUT_BUFFER_PADDING_SIZE);

using Library = std::shared_ptr<const AvLibrary>;

// Below this a second thread costs more in hand-overs than it saves.
constexpr std::uint64_t kThreadedPixels = std::uint64_t{1280} * 720;
constexpr unsigned kMaxAutomaticThreads = 4;
// Pushes a context's messages below every log level: what is wrong with a packet is told by the driver, and
// the level itself is the process's, which is not ours to set. More than the most talkative level, 56, and
// little enough for the 8 bits that libavutil keeps of a level.
constexpr int kSilent = 100;

// libavcodec's own AV1 decoder needs hardware, so the libraries behind it are asked for by name.
constexpr const char* kAv1Decoders[] = {"libdav1d", "libaom-av1", "libaom"};

const AVCodec* find_decoder(const AvLibrary& library, Codec codec) {
    switch (codec) {
    case Codec::H264:
        return library.avcodec_find_decoder(AV_CODEC_ID_H264);
    case Codec::Vp9:
        return library.avcodec_find_decoder(AV_CODEC_ID_VP9);
    case Codec::Hevc:
        return library.avcodec_find_decoder(AV_CODEC_ID_HEVC);
    case Codec::Av1:
        for (const char* name : kAv1Decoders)
            if (const AVCodec* found = library.avcodec_find_decoder_by_name(name)) return found;
        return nullptr;
    }
    return nullptr;
}

Result<const AVCodec*> need_decoder(const AvLibrary& library, Codec codec) {
    if (const AVCodec* found = find_decoder(library, codec)) return found;
    return fail(ErrorCategory::Unsupported, "libavcodec has no decoder for this codec");
}

unsigned thread_count(const StreamParameters& stream) {
    if (std::uint64_t{stream.buffer.width} * stream.buffer.height < kThreadedPixels) return 1;
    const unsigned processors = std::thread::hardware_concurrency();
    if (stream.threads != 0) return std::clamp(processors, 1u, stream.threads);
    // Half of the processors: more would take as much from a second window as they give to the first.
    return std::clamp(processors / 2, 1u, kMaxAutomaticThreads);
}

std::int64_t max_pixels(Size buffer) {
    return (std::int64_t{buffer.width} + limits::kMaxVideoExcess) *
           (std::int64_t{buffer.height} + limits::kMaxVideoExcess);
}

Error error_of(int code) {
    switch (code) {
    case AVERROR_INVALIDDATA:
    case AVERROR(EINVAL):
        return {ErrorCategory::Corrupted, "packet does not decode", 0, 0};
    case AVERROR_PATCHWELCOME:
    case AVERROR(ENOSYS):
        return {ErrorCategory::Unsupported, "libavcodec does not know this kind of stream", 0, 0};
    case AVERROR(ENOMEM):
        return {ErrorCategory::Io, "decoding", ENOMEM, 0};
    default:
        return {ErrorCategory::TryAgain, "libavcodec failed", 0, code};
    }
}

struct FreeContext {
    Library library;
    void operator()(AVCodecContext* context) const { library->avcodec_free_context(&context); }
};
struct FreeFrame {
    Library library;
    void operator()(AVFrame* frame) const { library->av_frame_free(&frame); }
};
struct FreePacket {
    Library library;
    void operator()(AVPacket* packet) const { library->av_packet_free(&packet); }
};

using Context = std::unique_ptr<AVCodecContext, FreeContext>;
using Frame = std::unique_ptr<AVFrame, FreeFrame>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;

Plane plane_of(const AVFrame& frame, int index, std::size_t row_bytes, std::size_t rows) {
    if (frame.data[index] == nullptr || frame.linesize[index] <= 0 || rows == 0) return {};
    const auto stride = static_cast<std::size_t>(frame.linesize[index]);
    return {std::as_bytes(std::span(frame.data[index], stride * (rows - 1) + row_bytes)), stride};
}

Result<Picture> picture_of(Frame frame) {
    if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0)
        return fail(ErrorCategory::Corrupted, "picture has errors", frame->decode_error_flags);
    if (frame->width <= 0 || frame->height <= 0) return fail(ErrorCategory::Io, "picture without a size");
    Picture picture;
    picture.size = {static_cast<std::uint32_t>(frame->width), static_cast<std::uint32_t>(frame->height)};
    const std::size_t width = picture.size.width, height = picture.size.height;
    const std::size_t chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
    picture.planes[0] = plane_of(*frame, 0, width, height);
    switch (frame->format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P: // whatever range a stream claims, senders mean limited
        picture.layout = PixelLayout::I420;
        picture.planes[1] = plane_of(*frame, 1, chroma_width, chroma_height);
        picture.planes[2] = plane_of(*frame, 2, chroma_width, chroma_height);
        break;
    case AV_PIX_FMT_NV12:
        picture.layout = PixelLayout::Nv12;
        picture.planes[1] = plane_of(*frame, 1, 2 * chroma_width, chroma_height);
        break;
    default:
        return fail(ErrorCategory::Unsupported, "pictures are not 8 bit 4:2:0", frame->format);
    }
    picture.owner = std::shared_ptr<const void>(std::shared_ptr<AVFrame>(std::move(frame)));
    return picture;
}

class FfmpegDecoder final : public Decoder {
public:
    FfmpegDecoder(Library library, Context context, PacketPtr packet, std::shared_ptr<DecodeSink> sink)
        : library_(std::move(library)), context_(std::move(context)), packet_(std::move(packet)),
          sink_(std::move(sink)) {}

    [[nodiscard]] Status decode(const AccessUnit& unit) override {
        TV_TRY(send(unit));
        pending_.push_back(unit.ticket);
        for (;;) {
            Frame frame(library_->av_frame_alloc(), FreeFrame{library_});
            if (!frame) return fail(ErrorCategory::Io, "decoding");
            const int code = library_->avcodec_receive_frame(context_.get(), frame.get());
            if (code == AVERROR(EAGAIN)) return {}; // what is pending comes later, or when waited for
            if (code < 0) {
                std::erase(pending_, unit.ticket);
                return std::unexpected(error_of(code));
            }
            report(std::move(frame));
        }
    }

    // Draining would take the references away. Streams of one packet a picture leave nothing to ask for,
    // unless their parameter sets allow reordering: the driver rewrites those.
    [[nodiscard]] Status ask_for_delayed() override { return {}; }

    void wait_for_delayed() override {
        for (const std::uint64_t ticket : std::exchange(pending_, {}))
            sink_->decoded(ticket, std::optional<Picture>{});
    }

private:
    Status send(const AccessUnit& unit) {
        using Owner = std::shared_ptr<const void>;
        // libavcodec only reads packets; its signature is older than const.
        auto* data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(unit.bytes.data()));
        auto* owner = new Owner(unit.owner); // the buffer's, once there is one
        packet_->buf = library_->av_buffer_create(
            data, unit.bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE,
            [](void* opaque, std::uint8_t*) { delete static_cast<Owner*>(opaque); }, owner,
            AV_BUFFER_FLAG_READONLY);
        if (packet_->buf == nullptr) {
            delete owner;
            return fail(ErrorCategory::Io, "decoding");
        }
        packet_->data = data;
        packet_->size = static_cast<int>(unit.bytes.size());
        packet_->pts = packet_->dts = static_cast<std::int64_t>(unit.ticket);
        packet_->flags = unit.key_frame ? AV_PKT_FLAG_KEY : 0;
        const int code = library_->avcodec_send_packet(context_.get(), packet_.get());
        library_->av_packet_unref(packet_.get());
        if (code < 0) return std::unexpected(error_of(code));
        return {};
    }

    void report(Frame frame) {
        const auto ticket = static_cast<std::uint64_t>(frame->pts);
        if (std::erase(pending_, ticket) == 0) return; // a second picture of one packet
        auto picture = picture_of(std::move(frame));
        if (picture)
            sink_->decoded(ticket, std::optional(std::move(*picture)));
        else
            sink_->decoded(ticket, std::unexpected(picture.error()));
    }

    const Library library_;
    const Context context_;
    const PacketPtr packet_;
    const std::shared_ptr<DecodeSink> sink_;
    std::vector<std::uint64_t> pending_; // tickets whose picture did not come out yet
};

class FfmpegFactory final : public DecoderFactory {
public:
    explicit FfmpegFactory(AvLoader load) : load_(std::move(load)) {}
    [[nodiscard]] const char* name() const override { return "ffmpeg"; }
    [[nodiscard]] bool hardware() const override { return false; }
    [[nodiscard]] bool may_decode(Codec) const override { return true; }
    [[nodiscard]] Status prepare(Codec codec) override {
        TV_ASSIGN(Library library, loaded());
        TV_TRY(need_decoder(*library, codec));
        return {};
    }

    [[nodiscard]] Result<std::unique_ptr<Decoder>> create(const StreamParameters& stream,
                                                          std::shared_ptr<DecodeSink> sink) override {
        TV_ASSIGN(Library library, loaded());
        TV_ASSIGN(const AVCodec* codec, need_decoder(*library, stream.codec));
        Context context(library->avcodec_alloc_context3(codec), FreeContext{library});
        PacketPtr packet(library->av_packet_alloc(), FreePacket{library});
        if (!context || !packet) return fail(ErrorCategory::Io, "creating a decoder");
        context->thread_count = static_cast<int>(thread_count(stream));
        context->thread_type = FF_THREAD_SLICE; // frame threads would hold pictures back
        context->flags |= AV_CODEC_FLAG_LOW_DELAY;
        // A picture with errors is not shown, so none is to be papered over.
        context->err_recognition |= AV_EF_EXPLODE;
        context->log_level_offset = kSilent;
        context->max_pixels = max_pixels(stream.buffer);
        const int code = library->avcodec_open2(context.get(), codec, nullptr);
        if (code < 0) return fail(ErrorCategory::Unsupported, "libavcodec cannot open its decoder", code);
        return std::make_unique<FfmpegDecoder>(std::move(library), std::move(context), std::move(packet),
                                               std::move(sink));
    }

private:
    Result<Library> loaded() {
        std::lock_guard lock(mutex_); // several streams may begin at once
        if (!library_) library_ = load_();
        return *library_;
    }

    const AvLoader load_;
    std::mutex mutex_;
    std::optional<Result<Library>> library_; // the answer stays, whatever it was
};

} // namespace

std::unique_ptr<DecoderFactory> decoders_of_library(AvLoader load) {
    return std::make_unique<FfmpegFactory>(std::move(load));
}

std::unique_ptr<DecoderFactory> ffmpeg_decoders() {
    return decoders_of_library(load_av_library);
}

} // namespace tv::video
