#include "video/bitstream/hevc.h"

#include <algorithm>

#include "base/limits.h"
#include "video/bitstream/annexb.h"
#include "video/bitstream/bit_writer.h"

namespace tv::video {
namespace {

constexpr std::size_t kNalHeader = 2;
constexpr unsigned kProfileBits = 88; // space, tier, idc, compatibility, constraints
constexpr unsigned kLevelBits = 8;

// Bit positions within the unescaped payload, for rewriting.
struct SpsLayout {
    std::size_t ordering = 0;                   // of the first layer's max_dec_pic_buffering_minus1
    std::size_t ordering_end = 0;               // behind the last layer's max_latency_increase_plus1
    std::vector<std::uint32_t> picture_buffers; // max_dec_pic_buffering_minus1 of each layer that is there
};

void skip_profile_tier_level(BitReader& bits, unsigned sub_layers) {
    bits.skip(kProfileBits + kLevelBits);
    std::uint32_t present[8] = {};
    for (unsigned i = 0; i < sub_layers; ++i) present[i] = bits.bits(2);
    if (sub_layers > 0) bits.skip(2 * (8 - sub_layers));
    for (unsigned i = 0; i < sub_layers; ++i) {
        if ((present[i] & 2) != 0) bits.skip(kProfileBits);
        if ((present[i] & 1) != 0) bits.skip(kLevelBits);
    }
}

Status read_size(BitReader& bits, HevcSps& sps) {
    const std::uint32_t width = bits.ue(), height = bits.ue();
    if (width > limits::kMaxVideoDimension || height > limits::kMaxVideoDimension)
        return fail(ErrorCategory::Limit, "HEVC picture size", std::max(width, height));
    if (width == 0 || height == 0) return fail(ErrorCategory::Corrupted, "HEVC SPS without a size");
    sps.coded = sps.size = {width, height};
    if (!bits.flag()) return {};
    const std::uint64_t unit_x = sps.chroma_format == 1 || sps.chroma_format == 2 ? 2 : 1;
    const std::uint64_t unit_y = sps.chroma_format == 1 ? 2 : 1;
    std::uint64_t edges[4];
    for (std::uint64_t& edge : edges) edge = bits.ue();
    const std::uint64_t x = unit_x * (edges[0] + edges[1]), y = unit_y * (edges[2] + edges[3]);
    if (x >= width || y >= height) return fail(ErrorCategory::Corrupted, "HEVC SPS crops the whole picture");
    sps.size = {static_cast<std::uint32_t>(width - x), static_cast<std::uint32_t>(height - y)};
    return {};
}

// `payload`: the unit behind its header, unescaped. Reads up to the ordering fields.
Result<HevcSps> read_sps(Bytes payload, SpsLayout& layout) {
    BitReader bits(payload);
    HevcSps sps;
    sps.vps_id = bits.bits(4);
    const unsigned sub_layers = bits.bits(3); // minus 1
    bits.skip(1);
    if (sub_layers > 6) return fail(ErrorCategory::Corrupted, "HEVC SPS with too many layers");
    skip_profile_tier_level(bits, sub_layers);
    sps.id = bits.ue();
    sps.chroma_format = bits.ue();
    if (sps.chroma_format == 3) bits.skip(1);
    TV_TRY(read_size(bits, sps));
    sps.bit_depth = bits.ue() + 8;
    (void)bits.ue();
    (void)bits.ue();
    const unsigned layers = bits.flag() ? sub_layers + 1 : 1;
    layout.ordering = bits.position();
    sps.no_reordering = true;
    for (unsigned i = 0; i < layers; ++i) {
        layout.picture_buffers.push_back(bits.ue());
        if (bits.ue() != 0) sps.no_reordering = false;
        (void)bits.ue();
    }
    layout.ordering_end = bits.position();
    if (!bits.ok() || sps.id > 15 || sps.chroma_format > 3 || sps.bit_depth > 16)
        return fail(ErrorCategory::Corrupted, "HEVC SPS does not parse");
    return sps;
}

Result<std::vector<std::byte>> unescaped_payload(Bytes unit, std::uint8_t type) {
    if (unit.size() < kNalHeader || hevc_nal_type(unit) != type)
        return fail(ErrorCategory::Corrupted, "not the HEVC parameter set that was asked for");
    return unescape(unit.subspan(kNalHeader), limits::kMaxParameterSetBytes);
}

// Bits up to the one that begins rbsp_trailing_bits; 0 when there is none.
std::size_t payload_bits(Bytes payload) {
    const Bytes body = without_trailing_zeros(payload);
    if (body.empty()) return 0;
    unsigned zeros = 0;
    while ((std::to_integer<unsigned>(body.back()) >> zeros & 1) == 0) ++zeros;
    return body.size() * 8 - zeros - 1;
}

} // namespace

Result<HevcSps> parse_hevc_sps(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, kHevcSps));
    SpsLayout layout;
    return read_sps(payload, layout);
}

Result<HevcPps> parse_hevc_pps(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, kHevcPps));
    BitReader bits(payload);
    HevcPps pps;
    pps.id = bits.ue();
    pps.sps_id = bits.ue();
    if (!bits.ok() || pps.id > 63 || pps.sps_id > 15)
        return fail(ErrorCategory::Corrupted, "HEVC PPS does not parse");
    return pps;
}

Result<std::uint32_t> parse_hevc_vps_id(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, kHevcVps));
    BitReader bits(payload);
    const std::uint32_t id = bits.bits(4);
    if (!bits.ok()) return fail(ErrorCategory::Corrupted, "HEVC VPS does not parse");
    return id;
}

Result<std::vector<std::byte>> hevc_sps_without_reordering(Bytes unit) {
    TV_ASSIGN(const auto payload, unescaped_payload(unit, kHevcSps));
    SpsLayout layout;
    TV_TRY(read_sps(payload, layout));
    const std::size_t end = payload_bits(payload);
    if (end < layout.ordering_end || payload.size() > limits::kMaxParameterSetBytes / 2)
        return fail(ErrorCategory::Corrupted, "HEVC SPS ends early");
    BitReader from(payload);
    BitWriter to;
    to.copy(from, layout.ordering);
    for (const std::uint32_t buffers : layout.picture_buffers) {
        to.ue(buffers);
        to.ue(0); // max_num_reorder_pics
        to.ue(0); // max_latency_increase_plus1: no limit, and none needed
    }
    from.skip(static_cast<unsigned>(layout.ordering_end - layout.ordering));
    to.copy(from, end);
    to.trailing();
    std::vector<std::byte> out(unit.begin(), unit.begin() + kNalHeader);
    append_escaped(to.bytes(), out);
    return out;
}

PacketInfo inspect_hevc(Bytes packet) {
    PacketInfo info{.bytes = without_trailing_zeros(packet)};
    bool vps = false, sps = false, pps = false, irap = false;
    NalReader units(info.bytes);
    while (const auto unit = units.next()) {
        const std::uint8_t type = hevc_nal_type(*unit);
        if (type <= kHevcLastSlice) {
            info.has_picture = true;
            if (type >= kHevcFirstIrap && type <= kHevcLastIrap) irap = true;
        } else if (type == kHevcSps) {
            if (const auto parsed = parse_hevc_sps(*unit)) {
                info.announce(parsed->size, parsed->coded);
                sps = true;
            }
        } else if (type == kHevcVps) {
            vps = true;
        } else if (type == kHevcPps) {
            pps = true;
        }
    }
    info.key_frame = vps && sps && pps && irap;
    return info;
}

} // namespace tv::video
