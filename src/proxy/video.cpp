#include "proxy/video.h"

#include <algorithm>

#include <fmt/format.h>

#include "proxy/dmabuf_surface.h"
#include "proxy/image_format.h"
#include "proxy/proxy.h"
#include "video/paint_in_turn.h"

namespace tv::proxy {

using mirror::ImageLayout;

// One image's stream, or the reason to do without: then its packets count as shown, and it stays black.
class VideoImage final : public mirror::PictureSource {
public:
    VideoImage(VideoStreams& streams, Rid rid, const ImageLayout& layout, const Log& log)
        : streams_(streams), rid_(rid), layout_(layout), log_(log) {
        streams_.images_.push_back(this);
    }
    ~VideoImage() override {
        std::erase(streams_.images_, this);
        if (stream_) streams_.pixels_ -= pixels();
    }

    [[nodiscard]] std::uint64_t pixels() const { return std::uint64_t{layout_.width} * layout_.height; }
    [[nodiscard]] std::size_t queued_bytes() const { return stream_ ? stream_->queued_bytes() : 0; }

    void decode(Proxy& proxy, video::Codec codec, video::PixelFormat format, mirror::Replica& image) {
        streams_.pixels_ += pixels();
        codec_ = video::codec_name(codec);
        target_ = std::make_shared<video::PixelTarget>();
        target_->pixels = image.file().bytes();
        target_->stride = layout_.file_stride;
        target_->size = {layout_.width, layout_.height};
        target_->format = format;
        video::DriverOptions options;
        options.codec = codec;
        options.buffer = target_->size;
        options.threads = streams_.config_.threads;
        options.decoders = streams_.config_.decoders;
        options.executor = streams_.config_.executor;
        options.clock = &proxy.clock;
        options.wake = streams_.config_.wake;
        options.budget = &streams_.budget_;
        options.said = &streams_.said_;
        options.log = proxy.log;
        options.stream = rid_;
        const bool zero_pass = streams_.config_.zero_pass;
        video::Paint paint = make_paint(image);
        // With zero_pass the host asks for passes, from any of its threads.
        paint_ = std::make_shared<const Pass>(zero_pass ? video::paint_in_turn(paint) : paint);
        stream_.emplace(std::move(options), zero_pass ? video::Paint(paint_nothing) : std::move(paint),
                        streams_.config_.keep_pictures);
        stream_->hold(0);
    }

    void push(Bytes packet) override {
        ++received_;
        if (!stream_) return;
        // Held for good, they would pause the channel for good.
        if (!started_ && stream_->queued_bytes() + packet.size() > limits::kMaxUnshownVideoBytes) {
            log_.warning("a video that no buffer was made of is given up (kMaxUnshownVideoBytes)");
            streams_.pixels_ -= pixels();
            return stream_.reset();
        }
        stream_->push(video::make_packet(packet, streams_.packets_));
    }

    void start(bool flipped) override {
        if (std::exchange(started_, true) || !stream_) return;
        target_->bottom_up = flipped; // no worker has it yet
        stream_->hold(most_);
    }
    void hold(std::optional<std::uint64_t> packets) override {
        if (packets == most_) return;
        most_ = packets;
        if (started_ && stream_) stream_->hold(packets);
    }
    std::uint64_t service() override {
        if (!stream_) return received_;
        stream_->service();
        return stream_->shown();
    }
    [[nodiscard]] mirror::PictureReport report() const override {
        mirror::PictureReport report;
        report.codec = codec_;
        if (!stream_) return report;
        const video::DriverStatistics counts = stream_->driver_counts();
        report.decoder = counts.decoder;
        report.hardware = counts.hardware;
        report.failovers = counts.failovers;
        report.without_picture = counts.without_picture;
        report.by_cpu = by_cpu_->load(std::memory_order_relaxed);
        if (const auto& times = stream_->latest())
            report.latest = {times->packet, times->pushed, times->submitted, times->decoded, times->painted};
        return report;
    }
    [[nodiscard]] const video::Picture* picture() const override {
        return stream_ ? stream_->shown_picture() : nullptr;
    }
    [[nodiscard]] bool flipped() const override { return target_ && target_->bottom_up; }
    [[nodiscard]] std::weak_ptr<const Pass> pass() const override { return paint_; }
    // Only while something is undecided: then service() is called in every turn of the loop.
    [[nodiscard]] std::optional<std::int64_t> deadline() const {
        return stream_ && stream_->shown() < received_ ? stream_->deadline() : std::nullopt;
    }

private:
    static void paint_nothing(const video::Picture& /*picture*/, const video::PaintDone& done) { done({}); }
    [[nodiscard]] video::Paint make_paint(mirror::Replica& image) const {
        if (!image.published())
            return [target = target_, memory = image.file().mapping()](const video::Picture& picture,
                                                                       const video::PaintDone& done) {
                done(video::convert(picture, *target));
            };
        if (const auto& paint = streams_.config_.paint_surface)
            return paint(image.published()->surface, target_, by_cpu_);
        *by_cpu_ = true;
        return [target = target_, surface = image.published()->surface](const video::Picture& picture,
                                                                        const video::PaintDone& done) {
            done(convert_into(*surface, *target, picture));
        };
    }
    static Status convert_into(surface::Surface& surface, video::PixelTarget target,
                               const video::Picture& picture) {
        TV_ASSIGN(const auto writing, surface::Writing::begin(surface));
        target.pixels = writing.bytes();
        return video::convert(picture, target);
    }

    VideoStreams& streams_;
    const Rid rid_;
    const ImageLayout layout_;
    const Log& log_; // the proxy's
    const char* codec_ = "unknown";
    std::shared_ptr<video::PixelTarget> target_;
    const video::CpuMark by_cpu_ = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<const Pass> paint_;
    std::optional<video::Stream> stream_;
    std::optional<std::uint64_t> most_;
    std::uint64_t received_ = 0;
    bool started_ = false;
};

namespace {

struct Opened {
    Rid rid = 0;
    std::uint32_t codec = 0;
    msg::Slice slice{};
};

Result<Opened> read_open(MessageType type, Bytes message) {
    if (type == MessageType::OpenDmavidDst) {
        TV_ASSIGN(auto open, decode<msg::OpenDmavidDst>(message));
        return Opened{open.rid, static_cast<std::uint32_t>(video::Codec::H264), open.slice};
    }
    TV_ASSIGN(auto open, decode<msg::OpenDmavidDstV2>(message));
    constexpr std::uint32_t kCodecBits = 0xff;
    return Opened{open.rid, open.vid_flags & kCodecBits, open.slice};
}

// The pictures fill the whole file; how the sender's rows lie is of no interest.
Result<ImageLayout> video_layout(msg::Slice slice) {
    slice.strides[0] = std::max(slice.strides[0], slice.width * bytes_per_pixel(slice.format).value_or(1));
    TV_ASSIGN(ImageLayout layout, image_layout(slice));
    layout.view_stride = layout.file_stride;
    return layout;
}

std::optional<video::Codec> codec_of(VideoKind kind) {
    switch (kind) {
    case VideoKind::H264:
        return video::Codec::H264;
    case VideoKind::Vp9:
        return video::Codec::Vp9;
    case VideoKind::Av1:
        return video::Codec::Av1;
    case VideoKind::Unspecified:
    case VideoKind::None:
        break;
    }
    return std::nullopt;
}

} // namespace

bool VideoStreams::prepare(VideoKind kind, const Log& log) const {
    if (kind == VideoKind::Unspecified || kind == VideoKind::None) return true;
    const std::optional<video::Codec> codec = codec_of(kind);
    std::string reasons;
    for (video::DecoderFactory* decoder : config_.decoders) {
        const Status ready = codec ? decoder->prepare(*codec) : Status{}; // newer: message by message
        if (ready) return true;
        reasons += fmt::format("; {}: {}", decoder->name(), describe(ready.error()));
    }
    if (reasons.empty()) reasons = "; there is no decoder at all";
    log.warning(
        "nothing here decodes the {}video that the remote side would send ({}): its applications draw "
        "without GPU. Install what is missing (`tunnelview doctor` lists the decoders), or start the remote "
        "side with another --video or without",
        codec ? fmt::format("{} ", video::codec_name(*codec)) : "", reasons.substr(2));
    return false;
}

std::optional<std::int64_t> VideoStreams::deadline() const {
    std::optional<std::int64_t> first;
    for (const VideoImage* image : images_)
        if (auto at = image->deadline(); at && (!first || *at < *first)) first = at;
    return first;
}

std::size_t VideoStreams::queued_bytes() const {
    std::size_t total = 0;
    for (const VideoImage* image : images_) total += image->queued_bytes();
    return total;
}

bool VideoStreams::admits(std::uint64_t pixels) const {
    return images_.size() < config_.max_streams && pixels_ + pixels <= config_.max_pixels;
}

bool unconvertible_video_format(std::uint32_t drm_format) {
    constexpr std::uint32_t kEncoded[] = {fourcc("R8  "), fourcc("GR88"), fourcc("RG24"), fourcc("BG24"),
                                          fourcc("RX24"), fourcc("BX24"), fourcc("XR48"), fourcc("XB48"),
                                          fourcc("RG16"), fourcc("BG16"), fourcc("XR30"), fourcc("XB30")};
    return std::ranges::count(kEncoded, drm_format) != 0 && !video::pixel_format_from_drm(drm_format);
}

Status open_video(Proxy& proxy, MessageType type, Bytes message) {
    TV_ASSIGN(Opened open, read_open(type, message));
    TV_ASSIGN(ImageLayout layout, video_layout(open.slice));
    TV_ASSIGN(auto published, publish_image(proxy, layout));
    layout.view_stride = layout.file_stride;
    TV_TRY(proxy.rids.open_image(open.rid, layout, std::move(published)));
    TV_ASSIGN(auto image, proxy.rids.find_file(open.rid));
    TV_TRY(image->note_written(0, layout.file_size()));
    const bool admitted = proxy.video.admits(std::uint64_t{layout.width} * layout.height);
    auto source = std::make_unique<VideoImage>(proxy.video, open.rid, layout, proxy.log);
    auto codec = video::codec_from_id(open.codec);
    auto format = video::pixel_format_from_drm(layout.format);
    if (codec && format && admitted)
        source->decode(proxy, *codec, *format, *image);
    else if (!std::exchange(proxy.video.told_, true))
        proxy.log.warning("a video of {}x{} pixels cannot be shown and stays black: {}", layout.width,
                          layout.height,
                          !codec    ? "its codec is unknown"
                          : !format ? "pictures cannot be converted to its pixel format"
                                    : "too many streams (kMaxVideoStreams, kMaxVideoPixels)");
    image->set_source(std::move(source));
    return {};
}

Status video_packet(Proxy& proxy, Bytes message) {
    TV_ASSIGN(auto packet, decode<msg::SendDmavidPacket>(message));
    TV_ASSIGN(auto image, proxy.rids.find_file(packet.rid));
    if (!image) return {}; // late
    proxy.note_arrival(*image, message.size());
    return image->receive_packet(packet.data);
}

} // namespace tv::proxy
