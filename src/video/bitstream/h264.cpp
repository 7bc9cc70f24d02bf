#include "video/bitstream/h264.h"

#include <algorithm>

#include "base/limits.h"
#include "video/bitstream/annexb.h"
#include "video/bitstream/bit_writer.h"

namespace tv::video {
namespace {

constexpr std::uint32_t kMacroblock = 16;
constexpr std::uint32_t kExtendedSampleAspect = 255;

// Bit positions within the unescaped unit, for rewriting.
struct SpsLayout {
    std::size_t vui_flag = 0;         // of vui_parameters_present_flag
    std::size_t restriction_flag = 0; // of bitstream_restriction_flag, if there is a VUI
    bool has_vui = false;
};

bool has_chroma_fields(std::uint32_t profile) {
    constexpr std::uint32_t kProfiles[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    return std::ranges::find(kProfiles, profile) != std::end(kProfiles);
}

void skip_scaling_list(BitReader& bits, unsigned size) {
    std::int32_t last = 8, next = 8;
    for (unsigned i = 0; i < size && bits.ok(); ++i) {
        if (next != 0) next = (last + bits.se() % 256 + 256) % 256;
        if (next != 0) last = next;
    }
}

void skip_scaling_matrix(BitReader& bits, std::uint32_t chroma_format) {
    const unsigned lists = chroma_format == 3 ? 12 : 8;
    for (unsigned i = 0; i < lists; ++i)
        if (bits.flag()) skip_scaling_list(bits, i < 6 ? 16 : 64);
}

void skip_hrd(BitReader& bits) {
    const std::uint32_t count = bits.ue() + 1;
    bits.skip(8);
    for (std::uint32_t i = 0; i < count && bits.ok(); ++i) {
        (void)bits.ue();
        (void)bits.ue();
        bits.skip(1);
    }
    bits.skip(20);
}

void read_vui(BitReader& bits, H264Sps& sps, SpsLayout& layout) {
    if (bits.flag() && bits.bits(8) == kExtendedSampleAspect) bits.skip(32);
    if (bits.flag()) bits.skip(1); // overscan
    if (bits.flag()) {             // video signal type
        bits.skip(4);
        if (bits.flag()) bits.skip(24);
    }
    if (bits.flag()) { // chroma location
        (void)bits.ue();
        (void)bits.ue();
    }
    if (bits.flag()) bits.skip(65); // timing
    const bool nal_hrd = bits.flag();
    if (nal_hrd) skip_hrd(bits);
    const bool vcl_hrd = bits.flag();
    if (vcl_hrd) skip_hrd(bits);
    if (nal_hrd || vcl_hrd) bits.skip(1);
    bits.skip(1); // pic_struct_present_flag
    layout.restriction_flag = bits.position();
    if (!bits.flag()) return;
    bits.skip(1);
    for (int i = 0; i < 4; ++i) (void)bits.ue();
    sps.no_reordering = bits.ue() == 0 || sps.no_reordering;
    (void)bits.ue();
}

void read_poc(BitReader& bits, H264Sps& sps) {
    const std::uint32_t type = bits.ue();
    if (type == 0) {
        (void)bits.ue();
    } else if (type == 1) {
        bits.skip(1);
        (void)bits.se();
        (void)bits.se();
        const std::uint32_t count = bits.ue();
        for (std::uint32_t i = 0; i < count && bits.ok(); ++i) (void)bits.se();
    }
    sps.no_reordering = type == 2;
}

Status read_size(BitReader& bits, H264Sps& sps) {
    const std::uint64_t width = (std::uint64_t{bits.ue()} + 1) * kMacroblock;
    const std::uint64_t units = std::uint64_t{bits.ue()} + 1;
    const bool frames_only = bits.flag();
    const std::uint64_t height = units * kMacroblock * (frames_only ? 1 : 2);
    if (width > limits::kMaxVideoDimension || height > limits::kMaxVideoDimension)
        return fail(ErrorCategory::Limit, "H.264 picture size",
                    static_cast<std::int64_t>(std::max(width, height)));
    sps.coded = {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
    sps.size = sps.coded;
    if (!frames_only) bits.skip(1);
    bits.skip(1);
    if (!bits.flag()) return {};
    const std::uint64_t unit_x = sps.chroma_format == 1 || sps.chroma_format == 2 ? 2 : 1;
    const std::uint64_t unit_y = (sps.chroma_format == 1 ? 2u : 1u) * (frames_only ? 1u : 2u);
    std::uint64_t edges[4];
    for (std::uint64_t& edge : edges) edge = bits.ue();
    const std::uint64_t x = unit_x * (edges[0] + edges[1]), y = unit_y * (edges[2] + edges[3]);
    if (x >= width || y >= height) return fail(ErrorCategory::Corrupted, "H.264 SPS crops the whole picture");
    sps.size = {static_cast<std::uint32_t>(width - x), static_cast<std::uint32_t>(height - y)};
    return {};
}

// `payload`: the unit behind its header, unescaped.
Result<H264Sps> read_sps(Bytes payload, SpsLayout& layout) {
    BitReader bits(payload);
    H264Sps sps;
    sps.profile = static_cast<std::uint8_t>(bits.bits(8));
    bits.skip(8);
    sps.level = static_cast<std::uint8_t>(bits.bits(8));
    sps.id = bits.ue();
    if (has_chroma_fields(sps.profile)) {
        sps.chroma_format = bits.ue();
        if (sps.chroma_format == 3) bits.skip(1);
        sps.bit_depth = bits.ue() + 8;
        (void)bits.ue();
        bits.skip(1);
        if (bits.flag()) skip_scaling_matrix(bits, sps.chroma_format);
    }
    (void)bits.ue();
    read_poc(bits, sps);
    sps.reference_frames = bits.ue();
    bits.skip(1);
    TV_TRY(read_size(bits, sps));
    layout.vui_flag = bits.position();
    layout.has_vui = bits.flag();
    if (layout.has_vui) read_vui(bits, sps, layout);
    if (!bits.ok() || sps.id > 31 || sps.chroma_format > 3 || sps.bit_depth > 14)
        return fail(ErrorCategory::Corrupted, "H.264 SPS does not parse");
    return sps;
}

Result<std::vector<std::byte>> unescaped_payload(Bytes unit, H264NalType type) {
    if (unit.empty() || h264_nal_type(unit) != type)
        return fail(ErrorCategory::Corrupted, "not the H.264 parameter set that was asked for");
    return unescape(unit.subspan(1), limits::kMaxParameterSetBytes);
}

} // namespace

Result<H264Sps> parse_h264_sps(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, H264NalType::Sps));
    SpsLayout layout;
    return read_sps(payload, layout);
}

Result<H264Pps> parse_h264_pps(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, H264NalType::Pps));
    BitReader bits(payload);
    H264Pps pps;
    pps.id = bits.ue();
    pps.sps_id = bits.ue();
    if (!bits.ok() || pps.id > 255 || pps.sps_id > 31)
        return fail(ErrorCategory::Corrupted, "H.264 PPS does not parse");
    return pps;
}

Result<std::vector<std::byte>> h264_sps_without_reordering(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, H264NalType::Sps));
    SpsLayout layout;
    TV_ASSIGN(const H264Sps sps, read_sps(payload, layout));
    if (payload.size() > limits::kMaxParameterSetBytes / 2)
        return fail(ErrorCategory::Limit, "H.264 SPS too long to rewrite");
    BitReader from(payload);
    BitWriter to;
    to.copy(from, layout.vui_flag);
    to.bit(1);
    if (layout.has_vui) {
        from.skip(1);
        to.copy(from, layout.restriction_flag);
    } else {
        to.bits(0, 8); // every VUI flag up to bitstream_restriction_flag
    }
    to.bit(1); // bitstream_restriction_flag
    to.bit(1); // motion vectors may leave the picture
    to.ue(0);  // no limit of bytes a picture,
    to.ue(0);  // nor of bits a macroblock
    to.ue(15); // longest motion vectors that the field can say
    to.ue(15);
    to.ue(0);                                  // max_num_reorder_frames
    to.ue(std::max(sps.reference_frames, 1u)); // max_dec_frame_buffering
    to.trailing();
    std::vector<std::byte> out{unit[0]};
    append_escaped(to.bytes(), out);
    return out;
}

PacketInfo inspect_h264(Bytes packet) {
    PacketInfo info{.bytes = without_trailing_zeros(packet)};
    bool sps = false, pps = false, idr = false;
    NalReader units(info.bytes);
    while (const auto unit = units.next()) {
        switch (h264_nal_type(*unit)) {
        case H264NalType::Sps:
            if (const auto parsed = parse_h264_sps(*unit)) {
                info.announce(parsed->size, parsed->coded);
                sps = true;
            }
            break;
        case H264NalType::Pps:
            pps = true;
            break;
        case H264NalType::Idr:
            idr = true;
            [[fallthrough]];
        case H264NalType::Slice:
        case H264NalType::PartitionA:
            info.has_picture = true;
            break;
        default:
            break;
        }
    }
    info.key_frame = sps && pps && idr;
    return info;
}

} // namespace tv::video
