#include "vt_samples.h"

#include <span>

#include "video/bitstream/packet_info.h"
#include "video/bitstream/vp9.h"

namespace tv::sim {
namespace {

Verdict refuse(OSStatus status, std::string why) {
    return {false, status, std::move(why)};
}

struct Nal {
    bool set = false;
    bool delimiter = false;
    bool slice = false;
    bool first = false; // slice of a picture
    bool key = false;
};

Nal describe_h264(const std::uint8_t* unit, std::size_t size) {
    const unsigned type = unit[0] & 0x1fU;
    Nal nal;
    nal.set = type == 7 || type == 8 || type == 13;
    nal.delimiter = type == 9;
    nal.slice = type == 1 || type == 2 || type == 5;
    nal.first = nal.slice && size > 1 && (unit[1] & 0x80U) != 0; // first_mb_in_slice 0 is a single one bit
    nal.key = type == 5;
    return nal;
}

Nal describe_hevc(const std::uint8_t* unit, std::size_t size) {
    const unsigned type = unit[0] >> 1U & 0x3fU;
    Nal nal;
    nal.set = type >= 32 && type <= 34;
    nal.delimiter = type == 35;
    nal.slice = type < 32;
    nal.first = nal.slice && size > 2 && (unit[2] & 0x80U) != 0; // first_slice_segment_in_pic_flag
    nal.key = type >= 16 && type <= 23;
    return nal;
}

Verdict judge_nals(bool hevc, const std::uint8_t* data, std::size_t size) {
    Verdict verdict;
    unsigned pictures = 0;
    bool slices = false;
    for (std::size_t at = 0; at < size;) {
        if (size - at < 5) return refuse(kVTVideoDecoderBadDataErr, "a sample ends inside a length");
        const std::size_t length = std::size_t{data[at]} << 24U | std::size_t{data[at + 1]} << 16U |
                                   std::size_t{data[at + 2]} << 8U | data[at + 3];
        // A start code of four bytes reads as this; one of three bytes as a length that does not add up.
        if (length == 1) return refuse(kVTVideoDecoderBadDataErr, "a start code where a length should be");
        at += 4;
        if (length == 0 || length > size - at) {
            return refuse(kVTVideoDecoderBadDataErr, "lengths of a sample do not add up");
        }
        const std::uint8_t* unit = data + at;
        const Nal nal = hevc ? describe_hevc(unit, length) : describe_h264(unit, length);
        if (nal.set) return refuse(kVTVideoDecoderBadDataErr, "a parameter set inside a sample");
        if (nal.delimiter)
            return refuse(kVTVideoDecoderBadDataErr, "an access unit delimiter inside a sample");
        if (unit[length - 1] == 0) return refuse(kVTVideoDecoderBadDataErr, "a unit ends with padding");
        pictures += nal.first ? 1 : 0;
        slices = slices || nal.slice;
        verdict.key = verdict.key || nal.key;
        at += length;
    }
    if (!slices) return refuse(kVTVideoDecoderBadDataErr, "a sample without a picture");
    if (pictures > 1) return refuse(kVTVideoDecoderBadDataErr, "a sample with more than one access unit");
    return verdict;
}

Verdict judge_obus(std::span<const std::byte> data) {
    const auto info = video::inspect(video::Codec::Av1, data);
    if (info.bytes.size() != data.size()) {
        return refuse(kVTVideoDecoderMalfunctionErr, "zeros behind the last OBU of a sample");
    }
    const unsigned first = std::to_integer<unsigned>(data[0]) >> 3U & 15U;
    if (first == 2) return refuse(kVTVideoDecoderBadDataErr, "a temporal delimiter inside a sample");
    return {info.key_frame, 0, {}};
}

} // namespace

Verdict judge_sample(const opaqueCMSampleBuffer& sample) {
    const auto* data = sample.block->memory;
    const std::size_t size = sample.block->size;
    switch (sample.format->codec) {
    case kCMVideoCodecType_H264:
        return judge_nals(false, data, size);
    case kCMVideoCodecType_HEVC:
        return judge_nals(true, data, size);
    case kCMVideoCodecType_AV1:
        return judge_obus(std::as_bytes(std::span(data, size)));
    default:
        break;
    }
    const auto info = video::inspect(video::Codec::Vp9, std::as_bytes(std::span(data, size)));
    return {info.key_frame, 0, {}};
}

} // namespace tv::sim
