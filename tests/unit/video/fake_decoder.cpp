#include "video/fake_decoder.h"

#include "video/bitstream/bit_writer.h"
#include "video/bitstream/vp9.h"

namespace tv::test {
namespace {

using video::Picture;
using video::Size;

Picture flat_picture(Size size, std::uint8_t luma) {
    const std::size_t chroma_width = (size.width + 1) / 2, chroma_height = (size.height + 1) / 2;
    const std::size_t luma_bytes = std::size_t{size.width} * size.height,
                      chroma_bytes = chroma_width * chroma_height;
    auto samples = std::make_shared<std::vector<std::byte>>(luma_bytes + 2 * chroma_bytes, std::byte{128});
    std::fill_n(samples->begin(), luma_bytes, std::byte{luma});
    Picture picture;
    picture.size = size;
    const Bytes all(*samples);
    picture.planes[0] = {all.first(luma_bytes), size.width};
    picture.planes[1] = {all.subspan(luma_bytes, chroma_bytes), chroma_width};
    picture.planes[2] = {all.subspan(luma_bytes + chroma_bytes), chroma_width};
    picture.owner = std::move(samples);
    return picture;
}

class FakeDecoder final : public video::Decoder {
public:
    FakeDecoder(FakeScript& script, Size size, std::shared_ptr<video::DecodeSink> sink)
        : script_(script), number_(script.created++), size_(size), sink_(std::move(sink)) {
        ++script_.alive;
    }
    ~FakeDecoder() override {
        for (std::thread& thread : elsewhere_) thread.join();
        --script_.alive;
    }
    FakeDecoder(const FakeDecoder&) = delete;
    FakeDecoder& operator=(const FakeDecoder&) = delete;

    [[nodiscard]] Status decode(const video::AccessUnit& unit) override {
        ++script_.decoded;
        follow(unit);
        if (on_next_) report(std::exchange(on_next_, std::nullopt));
        const Held held{unit.ticket, flat_picture(size_, fake_luma(ids_))};
        switch (script_.fate ? script_.fate(number_, unit.ticket) : Fate::Picture) {
        case Fate::Picture:
            report(held);
            break;
        case Fate::Corrupted:
            return fail(ErrorCategory::Corrupted, "fake corruption");
        case Fate::CorruptedLate:
            ids_.back() ^= 1;
            corrupted_ = unit.ticket;
            return {};
        case Fate::Unsupported:
            sink_->decoded(unit.ticket, fail(ErrorCategory::Unsupported, "fake refusal"));
            break;
        case Fate::Broken:
            sink_->decoded(unit.ticket, fail(ErrorCategory::Io, "fake failure"));
            break;
        case Fate::Nothing:
            sink_->decoded(unit.ticket, std::optional<Picture>{});
            break;
        case Fate::Small:
            sink_->decoded(unit.ticket, std::optional(flat_picture({2, 2}, 1)));
            break;
        case Fate::Truncated: {
            Picture picture = held.picture;
            picture.planes[1].bytes = picture.planes[1].bytes.first(picture.planes[1].bytes.size() - 1);
            sink_->decoded(unit.ticket, std::optional(picture));
            break;
        }
        case Fate::OnAsking:
            on_asking_ = held;
            break;
        case Fate::OnWaiting:
            on_waiting_ = held;
            break;
        case Fate::OnNext:
            on_next_ = held;
            break;
        case Fate::Silent:
            break;
        case Fate::Hang:
            script_.hang();
            break;
        case Fate::Slow:
            script_.hang();
            report(held);
            break;
        case Fate::Elsewhere:
            elsewhere_.emplace_back([this, held] {
                script_.hang();
                ++script_.reported_elsewhere;
                report(held);
            });
            break;
        }
        if (corrupted_)
            sink_->decoded(*std::exchange(corrupted_, std::nullopt),
                           fail(ErrorCategory::Corrupted, "fake corruption seen late"));
        return {};
    }
    [[nodiscard]] Status ask_for_delayed() override {
        if (on_asking_) report(std::exchange(on_asking_, std::nullopt));
        return {};
    }
    void wait_for_delayed() override {
        ++script_.waited;
        if (on_waiting_) report(std::exchange(on_waiting_, std::nullopt));
        if (on_next_) sink_->decoded(std::exchange(on_next_, std::nullopt)->ticket, std::optional<Picture>{});
    }

private:
    struct Held {
        std::uint64_t ticket;
        Picture picture;
    };

    void follow(const video::AccessUnit& unit) {
        if (unit.key_frame) {
            ids_.clear();
            const auto header = video::parse_vp9_frame_header(unit.bytes);
            if (header && header->size.width != 0) size_ = header->size;
        } else if (ids_.empty() || unit.ticket != last_ + 1) {
            script_.out_of_order = true;
        }
        last_ = unit.ticket;
        ids_.push_back(std::to_integer<std::uint8_t>(unit.bytes.back()));
    }
    void report(const std::optional<Held>& held) {
        sink_->decoded(held->ticket, std::optional(held->picture));
    }

    FakeScript& script_;
    const int number_;
    Size size_;
    const std::shared_ptr<video::DecodeSink> sink_;
    std::vector<std::uint8_t> ids_;
    std::uint64_t last_ = 0;
    std::optional<Held> on_asking_, on_waiting_, on_next_;
    std::optional<std::uint64_t> corrupted_;
    std::vector<std::thread> elsewhere_;
};

} // namespace

void FakeScript::release() {
    std::lock_guard lock(mutex_);
    released_ = true;
    released_cv_.notify_all();
}

void FakeScript::hang() {
    std::unique_lock lock(mutex_);
    released_cv_.wait(lock, [this] { return released_; });
}

Result<std::unique_ptr<video::Decoder>> FakeFactory::create(const video::StreamParameters& stream,
                                                            std::shared_ptr<video::DecodeSink> sink) {
    if (script_.create) {
        if (const auto error = script_.create(script_.created)) {
            ++script_.created;
            return fail(*error, "fake decoder cannot be made");
        }
    }
    return std::make_unique<FakeDecoder>(script_, stream.buffer, std::move(sink));
}

std::vector<std::byte> fake_key(std::uint8_t id, Size size) {
    video::BitWriter bits;
    bits.bits(0b10'00'0010, 8); // marker, profile 0, coded, key frame, shown
    bits.bits(0x498342, 24);
    bits.bits(0b0010, 4);
    bits.bits(size.width - 1, 16);
    bits.bits(size.height - 1, 16);
    bits.bits(0, 4);
    bits.bits(id, 8);
    return bits.bytes();
}

std::vector<std::byte> fake_inter(std::uint8_t id) {
    video::BitWriter bits;
    bits.bits(0b10'00'0110, 8);
    bits.bits(id, 8);
    return bits.bytes();
}

std::uint8_t fake_luma(const std::vector<std::uint8_t>& ids_since_key) {
    std::uint32_t luma = 7;
    for (const std::uint8_t id : ids_since_key) luma = luma * 31 + id;
    return static_cast<std::uint8_t>(luma ^ luma >> 8);
}

} // namespace tv::test
