// Decoding by VideoToolbox. Plain C++ over C functions: whatever can be decided without them is the driver's.
//
// Sessions are used from one thread at a time (the lane's); VideoToolbox calls back from threads of its own,
// and also from inside its calls.
#include <VideoToolbox/VideoToolbox.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <mutex>
#include <utility>

#include "base/apple/cf_ref.h"
#include "base/limits.h"
#include "video/bitstream/sample.h"
#include "video/decoders.h"
#include "video/videotoolbox/format.h"
#include "video/videotoolbox/owner.h"
#include "video/videotoolbox/status.h"
#include "video/videotoolbox/supplemental.h"

namespace tv::video {
namespace {

// Newer than the oldest SDK that this is built with; both mean that the picture is not what was coded.
constexpr VTDecodeInfoFlags kSkippedLeadingFrameDropped = 8;
constexpr VTDecodeInfoFlags kFrameInterrupted = 16;
constexpr VTDecodeInfoFlags kNotThePicture =
    kVTDecodeInfo_FrameDropped | kSkippedLeadingFrameDropped | kFrameInterrupted;

// What is known of this system; shared by the factory and its decoders. Any thread.
class Capabilities {
public:
    // VideoToolbox has no decoder for the codec at all.
    [[nodiscard]] bool none(Codec codec) const { return of(codec).none; }
    void note_none(Codec codec) { of(codec).none = true; }
    // Decoders that come apart from the system are found only after this, once a process.
    void find(Codec codec) {
        if (codec == Codec::Vp9 || codec == Codec::Av1)
            std::call_once(of(codec).registered, register_supplemental_decoder, codec_type(codec));
    }
    // Says nothing of profiles and sizes: only a session knows what it uses.
    [[nodiscard]] bool hardware(Codec codec) {
        find(codec);
        std::call_once(of(codec).asked, [this, codec] {
            of(codec).hardware = VTIsHardwareDecodeSupported(codec_type(codec)) != 0;
        });
        return of(codec).hardware;
    }

private:
    struct Known {
        std::atomic<bool> none{false};
        std::once_flag registered, asked;
        bool hardware = false; // once asked
    };
    [[nodiscard]] Known& of(Codec codec) { return known_[static_cast<std::size_t>(codec)]; }
    [[nodiscard]] const Known& of(Codec codec) const { return known_[static_cast<std::size_t>(codec)]; }

    std::array<Known, kCodecCount> known_;
};

// The visible part of a decoder's buffer, which may be larger than what it shows.
Result<Size> visible_size(CVImageBufferRef image) {
    const auto height = static_cast<double>(CVPixelBufferGetHeight(image));
    const CGRect clean = CVImageBufferGetCleanRect(image);
    // Its origin is the lower left corner.
    const double top = height - clean.origin.y - clean.size.height;
    if (std::lround(clean.origin.x) != 0 || std::lround(top) != 0)
        return fail(ErrorCategory::Unsupported, "a picture that is cropped at its top or left");
    const long width = std::lround(clean.size.width), rows = std::lround(clean.size.height);
    if (width <= 0 || rows <= 0) return fail(ErrorCategory::TryAgain, "a picture without a size");
    return Size{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(rows)};
}

// The session's callback and what it reports to. Outlives the session; the decoder's thread and
// VideoToolbox's.
class Output {
public:
    explicit Output(std::shared_ptr<DecodeSink> sink) : sink_(std::move(sink)) {
        pending_.reserve(limits::kMaxPicturesInFlight + 1);
    }

    void begin(std::uint64_t ticket) {
        std::lock_guard lock(mutex_);
        pending_.push_back(ticket);
    }
    // Whether the ticket had no report; it will get none from here now.
    [[nodiscard]] bool take(std::uint64_t ticket) {
        std::lock_guard lock(mutex_);
        return std::erase(pending_, ticket) != 0;
    }
    // After VideoToolbox said that it called back for every picture.
    void report_lost() {
        std::vector<std::uint64_t> lost;
        {
            std::lock_guard lock(mutex_);
            lost.assign(pending_.begin(), pending_.end());
            pending_.clear();
        }
        for (const std::uint64_t ticket : lost)
            sink_->decoded(ticket, fail(ErrorCategory::TryAgain, "VideoToolbox lost a picture"));
    }
    void report(std::uint64_t ticket, Result<std::optional<Picture>> outcome) {
        if (take(ticket)) sink_->decoded(ticket, std::move(outcome));
    }
    void report_hardware(bool hardware) { sink_->using_hardware(hardware); }

    // The ticket travels as the frame's reference, so that nothing has to be allocated for it.
    static void* reference_of(std::uint64_t ticket) { return std::bit_cast<void*>(ticket); }

    static void decoded(void* self, void* reference, OSStatus status, VTDecodeInfoFlags flags,
                        CVImageBufferRef image, CMTime /*presented*/, CMTime /*duration*/) {
        auto& output = *static_cast<Output*>(self);
        output.report(std::bit_cast<std::uint64_t>(reference), output.outcome_of(status, flags, image));
    }

private:
    [[nodiscard]] Result<std::optional<Picture>> outcome_of(OSStatus status, VTDecodeInfoFlags flags,
                                                            CVImageBufferRef image) {
        if (status != 0) return std::unexpected(error_of_status(status, "VideoToolbox refused a packet"));
        if ((flags & kNotThePicture) != 0)
            return fail(ErrorCategory::TryAgain, "VideoToolbox dropped a picture", flags);
        if (image == nullptr) return std::nullopt;
        const OSType format = CVPixelBufferGetPixelFormatType(image);
        if (format != kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange &&
            format != kCVPixelFormatType_420YpCbCr8BiPlanarFullRange)
            return fail(ErrorCategory::Unsupported, "pictures are not 8 bit 4:2:0", format);
        TV_ASSIGN(const Size size, visible_size(image));
        Picture picture;
        picture.layout = PixelLayout::Nv12;
        picture.size = size;
        picture.owner = owners_.own(image);
        picture.native = image;
        return picture;
    }

    const std::shared_ptr<DecodeSink> sink_;
    OwnerPool owners_;
    std::mutex mutex_; // never held around a call of VideoToolbox, which may call back from inside
    std::vector<std::uint64_t> pending_;
};

// A session that ends before its output does.
class Session {
public:
    [[nodiscard]] static Result<std::unique_ptr<Session>> create(CMVideoFormatDescriptionRef format,
                                                                 Output& output) {
        const auto specification = decoder_specification();
        const auto attributes = image_attributes();
        const VTDecompressionOutputCallbackRecord callback{&Output::decoded, &output};
        CfRef<VTDecompressionSessionRef> session;
        const OSStatus status = VTDecompressionSessionCreate(nullptr, format, specification.get(),
                                                             attributes.get(), &callback, session.out());
        if (status != 0) return std::unexpected(error_of_status(status, "making a decompression session"));
        return std::make_unique<Session>(std::move(session));
    }
    explicit Session(CfRef<VTDecompressionSessionRef> session) : session_(std::move(session)) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { VTDecompressionSessionInvalidate(session_.get()); } // no callback after this

    [[nodiscard]] VTDecompressionSessionRef get() const { return session_.get(); }

    [[nodiscard]] bool uses_hardware() const {
        CFTypeRef value = nullptr;
        const OSStatus status = VTSessionCopyProperty(
            session_.get(), kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder, nullptr,
            static_cast<void*>(&value));
        if (status != 0 || value == nullptr) return false;
        const auto owned = CfRef<CFTypeRef>::adopt(value);
        return CFGetTypeID(value) == CFBooleanGetTypeID() &&
               CFBooleanGetValue(static_cast<CFBooleanRef>(value)) != 0;
    }

private:
    const CfRef<VTDecompressionSessionRef> session_;
};

class VideoToolboxDecoder final : public Decoder {
public:
    VideoToolboxDecoder(Codec codec, std::shared_ptr<DecodeSink> sink,
                        std::shared_ptr<Capabilities> capabilities)
        : codec_(codec), capabilities_(std::move(capabilities)), output_(std::move(sink)), sets_(codec) {}

    // After an error the driver goes on with another decoder; what it had queued here is not worth a call.
    [[nodiscard]] Status decode(const AccessUnit& unit) override {
        if (unit.key_frame) broken_.reset();
        if (broken_) return std::unexpected(*broken_);
        const Status status = take(unit);
        if (!status) broken_ = status.error();
        return status;
    }

    [[nodiscard]] Status ask_for_delayed() override {
        if (!session_) return {};
        const OSStatus status = VTDecompressionSessionFinishDelayedFrames(session_->get());
        if (status != 0) return std::unexpected(error_of_status(status, "asking for delayed pictures"));
        return {};
    }

    void wait_for_delayed() override {
        if (session_) (void)VTDecompressionSessionWaitForAsynchronousFrames(session_->get());
        output_.report_lost();
    }

private:
    [[nodiscard]] Status take(const AccessUnit& unit) {
        split_for_sample(codec_, unit.bytes, parts_);
        TV_TRY(follow_format(unit.key_frame));
        output_.begin(unit.ticket);
        if (!parts_.has_picture) {
            output_.report(unit.ticket, std::nullopt);
            return {};
        }
        const Status status = submit(unit.ticket);
        // Where VideoToolbox called back and yet says no, its first word counts.
        if (!status && output_.take(unit.ticket)) return status;
        return {};
    }

    [[nodiscard]] Status submit(std::uint64_t ticket) {
        TV_ASSIGN(const auto sample, make_sample(parts_, format_.get()));
        const OSStatus status = VTDecompressionSessionDecodeFrame(
            session_->get(), sample.get(), kVTDecodeFrame_EnableAsynchronousDecompression,
            Output::reference_of(ticket), nullptr);
        if (status != 0) return std::unexpected(error_of_status(status, "VideoToolbox refused a packet"));
        return {};
    }

    // Makes the description, and where needed the session, that this access unit wants.
    [[nodiscard]] Status follow_format(bool key_frame) {
        TV_ASSIGN(FormatRef changed, changed_format(key_frame));
        if (!changed) {
            if (session_) return {};
            return fail(ErrorCategory::Corrupted, "stream begins without its parameter sets");
        }
        if (session_ &&
            VTDecompressionSessionCanAcceptFormatDescription(session_->get(), changed.get()) != 0) {
            format_ = std::move(changed);
            return {};
        }
        // A new session knows none of the pictures that others refer to.
        if (session_ && !key_frame)
            return fail(ErrorCategory::TryAgain, "parameter sets changed between key frames");
        if (session_) wait_for_delayed();
        session_.reset();
        auto session = Session::create(changed.get(), output_);
        if (!session) {
            if (session.error().value == kVTCouldNotFindVideoDecoderErr) capabilities_->note_none(codec_);
            return std::unexpected(session.error());
        }
        session_ = std::move(*session);
        format_ = std::move(changed);
        output_.report_hardware(session_->uses_hardware());
        return {};
    }

    // Empty: it is still the one in use.
    [[nodiscard]] Result<FormatRef> changed_format(bool key_frame) {
        switch (codec_) {
        case Codec::H264:
        case Codec::Hevc:
            if (sets_.update(parts_.sets, key_frame)) return format_of_sets(codec_, sets_);
            return FormatRef{};
        case Codec::Av1:
            if (parts_.sets.empty() || same_configuration(parts_.sets.back())) return FormatRef{};
            return format_of_av1(parts_.sets.back());
        case Codec::Vp9: {
            if (!key_frame || parts_.units.empty()) return FormatRef{};
            TV_ASSIGN(const Vp9FrameHeader header, parse_vp9_frame_header(vp9_first_frame(parts_.units[0])));
            if (std::exchange(size_, header.size) == header.size) return FormatRef{};
            return format_of_vp9(parts_.units[0]);
        }
        }
        return FormatRef{};
    }

    [[nodiscard]] bool same_configuration(Bytes now) {
        if (std::ranges::equal(configuration_, now)) return true;
        configuration_.assign(now.begin(), now.end());
        return false;
    }

    const Codec codec_;
    const std::shared_ptr<Capabilities> capabilities_;
    Output output_;
    std::unique_ptr<Session> session_; // goes before its output
    FormatRef format_;                 // of the samples to come
    SampleParts parts_;
    std::optional<Error> broken_;
    // What the description was made of: parameter sets; AV1's sequence header; the size of VP9's pictures.
    ParameterSets sets_;
    std::vector<std::byte> configuration_;
    std::optional<Size> size_;
};

class VideoToolboxFactory final : public DecoderFactory {
public:
    [[nodiscard]] const char* name() const override { return "videotoolbox"; }
    [[nodiscard]] bool hardware() const override { return true; }
    [[nodiscard]] bool hardware_for(Codec codec) const override { return capabilities_->hardware(codec); }
    [[nodiscard]] bool may_decode(Codec codec) const override { return !capabilities_->none(codec); }

    [[nodiscard]] Result<std::unique_ptr<Decoder>> create(const StreamParameters& stream,
                                                          std::shared_ptr<DecodeSink> sink) override {
        if (!may_decode(stream.codec))
            return fail(ErrorCategory::Unsupported, "VideoToolbox has no decoder for this codec");
        capabilities_->find(stream.codec);
        return std::make_unique<VideoToolboxDecoder>(stream.codec, std::move(sink), capabilities_);
    }

private:
    const std::shared_ptr<Capabilities> capabilities_ = std::make_shared<Capabilities>();
};

} // namespace

std::unique_ptr<DecoderFactory> videotoolbox_decoders() {
    return std::make_unique<VideoToolboxFactory>();
}

} // namespace tv::video
