#include "video/bitstream/sample.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "video/bitstream/annexb.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"

namespace tv::video {
namespace {

enum class UnitUse : std::uint8_t { Sample, Set, Nothing };

UnitUse h264_use(Bytes unit) {
    constexpr std::uint8_t kEndOfSequence = 10, kEndOfStream = 11, kSpsExtension = 13;
    switch (static_cast<std::uint8_t>(h264_nal_type(unit))) {
    case static_cast<std::uint8_t>(H264NalType::Sps):
    case static_cast<std::uint8_t>(H264NalType::Pps):
    case kSpsExtension:
        return UnitUse::Set;
    case static_cast<std::uint8_t>(H264NalType::Aud):
    case static_cast<std::uint8_t>(H264NalType::Filler):
    case kEndOfSequence:
    case kEndOfStream:
        return UnitUse::Nothing;
    default:
        return UnitUse::Sample;
    }
}

UnitUse hevc_use(Bytes unit) {
    constexpr std::uint8_t kDelimiter = 35, kFiller = 38;
    const std::uint8_t type = hevc_nal_type(unit);
    if (type >= kHevcVps && type <= kHevcPps) return UnitUse::Set;
    if (type >= kDelimiter && type <= kFiller)
        return UnitUse::Nothing; // ends of sequence and stream lie between
    return UnitUse::Sample;
}

bool is_slice(Codec codec, Bytes unit) {
    if (codec == Codec::Hevc) return hevc_nal_type(unit) <= kHevcLastSlice;
    const H264NalType type = h264_nal_type(unit);
    return type >= H264NalType::Slice && type <= H264NalType::Idr;
}

void split_obus(Bytes packet, SampleParts& parts) {
    ObuReader reader(packet);
    while (true) {
        const auto next = reader.next();
        if (!next || !*next) return;
        const Obu& obu = **next;
        if (obu.type == ObuType::TemporalDelimiter || obu.type == ObuType::Padding) continue;
        if (obu.type == ObuType::SequenceHeader) parts.sets.push_back(obu.whole);
        if (obu.type == ObuType::Frame || obu.type == ObuType::FrameHeader) parts.has_picture = true;
        parts.units.push_back(obu.whole);
    }
}

// Which set a NAL unit is: two with the same answer replace one another. The kinds count up in the order VPS,
// SPS, PPS.
struct SetName {
    unsigned kind = 0;
    std::uint32_t id = 0;
    bool operator==(const SetName&) const = default;
};

template <typename Parsed>
std::uint32_t id_of(const Result<Parsed>& parsed) {
    return parsed ? parsed->id : ~std::uint32_t{0};
}

SetName name_of(Codec codec, Bytes unit) {
    if (codec == Codec::H264) {
        switch (h264_nal_type(unit)) {
        case H264NalType::Sps:
            return {1, id_of(parse_h264_sps(unit))};
        case H264NalType::Pps:
            return {3, id_of(parse_h264_pps(unit))};
        default:
            return {2, 0}; // SPS extension
        }
    }
    switch (hevc_nal_type(unit)) {
    case kHevcVps:
        return {0, parse_hevc_vps_id(unit).value_or(~std::uint32_t{0})};
    case kHevcSps:
        return {1, id_of(parse_hevc_sps(unit))};
    default:
        return {3, id_of(parse_hevc_pps(unit))};
    }
}

bool same(const std::vector<std::byte>& kept, Bytes unit) {
    return std::ranges::equal(kept, unit);
}

std::uint8_t vp9_level(Size size) {
    struct Level {
        std::uint64_t samples;
        std::uint8_t level; // ten times its number
    };
    constexpr Level kLevels[] = {{36864, 10},  {73728, 11},   {122880, 20},  {245760, 21},  {552960, 30},
                                 {983040, 31}, {2228224, 41}, {8912896, 51}, {35651584, 61}};
    const std::uint64_t samples = std::uint64_t{size.width} * size.height;
    for (const Level& level : kLevels)
        if (samples <= level.samples) return level.level;
    return 62;
}

} // namespace

std::size_t SampleParts::sample_size() const {
    std::size_t size = 0;
    for (const Bytes unit : units) size += unit.size() + (length_prefixed ? kNalLengthBytes : 0);
    return size;
}

void split_for_sample(Codec codec, Bytes packet, SampleParts& parts) {
    parts.sets.clear();
    parts.units.clear();
    parts.has_picture = codec == Codec::Vp9 && !packet.empty();
    parts.length_prefixed = codec == Codec::H264 || codec == Codec::Hevc;
    if (codec == Codec::Av1) return split_obus(packet, parts);
    if (codec == Codec::Vp9) {
        if (!packet.empty()) parts.units.push_back(packet);
        return;
    }
    NalReader reader(packet);
    while (const auto unit = reader.next()) {
        const UnitUse use = codec == Codec::H264 ? h264_use(*unit) : hevc_use(*unit);
        if (use == UnitUse::Set)
            parts.sets.push_back(*unit);
        else if (use == UnitUse::Sample)
            parts.units.push_back(*unit);
        parts.has_picture = parts.has_picture || is_slice(codec, *unit);
    }
}

void write_sample(const SampleParts& parts, MutableBytes out) {
    std::size_t at = 0;
    for (const Bytes unit : parts.units) {
        if (parts.length_prefixed) {
            for (unsigned shift = 32; shift > 0;) {
                shift -= 8;
                out[at++] = static_cast<std::byte>(unit.size() >> shift & 0xff);
            }
        }
        std::memcpy(out.data() + at, unit.data(), unit.size());
        at += unit.size();
    }
}

bool ParameterSets::update(std::span<const Bytes> sets, bool key_frame) {
    if (sets.empty()) return false;
    // The usual case, an encoder that repeats its sets, costs no memory.
    if (sets.size() == sets_.size() && std::ranges::equal(sets_, sets, same)) return false;
    std::vector<std::vector<std::byte>> merged;
    if (!key_frame) merged = sets_;
    for (const Bytes unit : sets) {
        const SetName name = name_of(codec_, unit);
        const auto old =
            std::ranges::find_if(merged, [&](const auto& kept) { return name_of(codec_, kept) == name; });
        if (old != merged.end()) {
            old->assign(unit.begin(), unit.end());
            continue;
        }
        const auto behind = std::ranges::find_if(
            merged, [&](const auto& kept) { return name.kind < name_of(codec_, kept).kind; });
        merged.emplace(behind, unit.begin(), unit.end());
    }
    if (merged == sets_) return false;
    sets_ = std::move(merged);
    return true;
}

Result<bool> ParameterSets::are_8_bit_420() const {
    for (const auto& unit : sets_) {
        if (codec_ == Codec::H264 && h264_nal_type(unit) == H264NalType::Sps) {
            TV_ASSIGN(const H264Sps sps, parse_h264_sps(unit));
            return sps.bit_depth == 8 && sps.chroma_format == 1;
        }
        if (codec_ == Codec::Hevc && hevc_nal_type(unit) == kHevcSps) {
            TV_ASSIGN(const HevcSps sps, parse_hevc_sps(unit));
            return sps.bit_depth == 8 && sps.chroma_format == 1;
        }
    }
    return fail(ErrorCategory::Corrupted, "no sequence parameter set");
}

std::vector<std::byte> vp9_configuration(const Vp9FrameHeader& key_frame) {
    constexpr std::uint8_t kVersion = 1;
    constexpr std::uint8_t kColocated420 = 1;
    constexpr std::uint8_t kUnspecified = 2; // the driver fixes the colours, whatever a stream says of them
    const std::uint8_t fields[] = {kVersion,
                                   0,
                                   0,
                                   0,
                                   key_frame.profile,
                                   vp9_level(key_frame.size),
                                   static_cast<std::uint8_t>(key_frame.bit_depth << 4 | kColocated420 << 1),
                                   kUnspecified,
                                   kUnspecified,
                                   kUnspecified,
                                   0,
                                   0};
    const Bytes bytes = std::as_bytes(std::span(fields));
    return {bytes.begin(), bytes.end()};
}

Result<std::vector<std::byte>> av1_configuration(const Obu& sequence_header,
                                                 const Av1SequenceHeader& parsed) {
    if (!parsed.complete) return fail(ErrorCategory::Corrupted, "AV1 sequence header is cut off");
    const auto bit = [](bool value, unsigned shift) { return (value ? 1u : 0u) << shift; };
    const unsigned fields[] = {0x81, static_cast<unsigned>(parsed.profile) << 5 | parsed.level,
                               bit(parsed.tier, 7) | bit(parsed.high_bit_depth, 6) |
                                   bit(parsed.twelve_bit, 5) | bit(parsed.monochrome, 4) |
                                   bit(parsed.subsampling_x, 3) | bit(parsed.subsampling_y, 2) |
                                   parsed.chroma_position,
                               0};
    std::vector<std::byte> out;
    for (const unsigned field : fields) out.push_back(static_cast<std::byte>(field));
    // The OBU again, but always with its size.
    constexpr unsigned kHasSize = 2;
    out.push_back(static_cast<std::byte>(static_cast<unsigned>(ObuType::SequenceHeader) << 3 | kHasSize));
    std::size_t size = sequence_header.payload.size();
    do {
        const auto low = static_cast<unsigned>(size & 0x7f);
        size >>= 7;
        out.push_back(static_cast<std::byte>(size > 0 ? low | 0x80 : low));
    } while (size > 0);
    out.insert(out.end(), sequence_header.payload.begin(), sequence_header.payload.end());
    return out;
}

} // namespace tv::video
