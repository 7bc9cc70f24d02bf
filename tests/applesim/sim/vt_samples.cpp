#include "vt_samples.h"

#include <span>

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

// What the frames of a sample say of themselves, as far as their first bits do.
struct Frames {
    unsigned shown = 0;
    bool key = false;
};

Verdict judge_frames(const Frames& frames) {
    if (frames.shown == 0) return refuse(kVTVideoDecoderBadDataErr, "a sample without a picture");
    if (frames.shown > 1) return refuse(kVTVideoDecoderBadDataErr, "a sample with more than one access unit");
    return {frames.key, 0, {}};
}

// leb128; the bytes that it takes, 0: it does not end.
std::size_t read_leb128(std::span<const std::uint8_t> from, std::uint64_t& value) {
    value = 0;
    for (std::size_t i = 0; i < from.size() && i < 8; ++i) {
        value |= std::uint64_t{from[i] & 0x7fU} << (7 * i);
        if ((from[i] & 0x80U) == 0) return i + 1;
    }
    return 0;
}

// AV1 in ISOBMFF, 2.4: OBUs with their sizes, without temporal delimiters, of one temporal unit.
Verdict judge_obus(std::span<const std::uint8_t> data) {
    enum : unsigned { kSequenceHeader = 1, kTemporalDelimiter = 2, kFrameHeader = 3, kFrame = 6 };
    Frames frames;
    while (!data.empty()) {
        const unsigned type = data[0] >> 3U & 15U;
        if (data[0] == 0)
            return refuse(kVTVideoDecoderMalfunctionErr, "zeros behind the last OBU of a sample");
        if ((data[0] & 0x81U) != 0) return refuse(kVTVideoDecoderBadDataErr, "no OBU where one should be");
        if ((data[0] & 2U) == 0) return refuse(kVTVideoDecoderBadDataErr, "an OBU without its size");
        if (type == kTemporalDelimiter)
            return refuse(kVTVideoDecoderBadDataErr, "a temporal delimiter inside a sample");
        const std::size_t header = (data[0] & 4U) != 0 ? 2 : 1; // with an extension
        std::uint64_t size = 0;
        const std::size_t length = data.size() > header ? read_leb128(data.subspan(header), size) : 0;
        if (length == 0 || size > data.size() - header - length)
            return refuse(kVTVideoDecoderBadDataErr, "sizes of OBUs do not add up");
        const auto payload = data.subspan(header + length, static_cast<std::size_t>(size));
        data = data.subspan(header + length + payload.size());
        if (type != kSequenceHeader && type != kFrameHeader && type != kFrame) continue;
        if (payload.empty()) return refuse(kVTVideoDecoderBadDataErr, "an OBU without contents");
        // seq_profile (3 bits), still_picture, reduced_still_picture_header
        if (type == kSequenceHeader && (payload[0] & 8U) != 0)
            return refuse(kVTVideoDecoderUnsupportedDataFormatErr,
                          "reduced still pictures are not simulated");
        if (type == kSequenceHeader) continue;
        // show_existing_frame, frame_type (2 bits), show_frame
        const bool existing = (payload[0] & 0x80U) != 0;
        frames.shown += existing || (payload[0] & 0x10U) != 0 ? 1 : 0;
        frames.key = frames.key || (!existing && (payload[0] & 0x60U) == 0);
    }
    return judge_frames(frames);
}

// The first bits of a VP9 frame (6.2); false: it is none.
bool read_vp9_frame(std::span<const std::uint8_t> frame, Frames& frames) {
    if (frame.empty() || frame[0] >> 6U != 2) return false;
    // frame_marker (2 bits), profile_low_bit, profile_high_bit, with profile 3 a zero; show_existing_frame,
    // frame_type, show_frame
    unsigned bits = frame[0] & 15U;
    if ((frame[0] & 0x30U) == 0x30U) {
        if ((bits & 8U) != 0) return false;
        bits = (bits << 1U | (frame.size() > 1 ? frame[1] >> 7U : 0U)) & 15U;
    }
    const bool existing = (bits & 8U) != 0, key = (bits & 4U) == 0, shown = (bits & 2U) != 0;
    frames.shown += existing || shown ? 1 : 0;
    frames.key = frames.key || (!existing && key);
    return true;
}

// One frame, or a superframe (Annex B) whose frames and index are all there is.
Verdict judge_vp9(std::span<const std::uint8_t> data) {
    Frames frames;
    const unsigned marker = data.empty() ? 0 : data.back();
    const std::size_t bytes = (marker >> 3U & 3U) + 1, count = (marker & 7U) + 1, index = 2 + bytes * count;
    if ((marker & 0xe0U) != 0xc0U || data.size() < index || data[data.size() - index] != marker) {
        if (!read_vp9_frame(data, frames))
            return refuse(kVTVideoDecoderBadDataErr, "no VP9 frame in a sample");
        return judge_frames(frames);
    }
    const auto sizes = data.last(index).subspan(1);
    data = data.first(data.size() - index);
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t size = 0;
        for (std::size_t at = 0; at < bytes; ++at) size |= std::size_t{sizes[i * bytes + at]} << (8 * at);
        if (size > data.size())
            return refuse(kVTVideoDecoderBadDataErr, "sizes of a superframe do not add up");
        if (!read_vp9_frame(data.first(size), frames))
            return refuse(kVTVideoDecoderBadDataErr, "no VP9 frame in a superframe");
        data = data.subspan(size);
    }
    if (!data.empty()) return refuse(kVTVideoDecoderBadDataErr, "sizes of a superframe do not add up");
    return judge_frames(frames);
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
        return judge_obus({data, size});
    default:
        return judge_vp9({data, size});
    }
}

} // namespace tv::sim
