// HEVC as far as a receiver must know it (ITU-T H.265 7.3).
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "video/bitstream/packet_info.h"

namespace tv::video {

inline constexpr std::uint8_t kHevcFirstIrap = 16; // BLA, IDR, CRA and two reserved
inline constexpr std::uint8_t kHevcLastIrap = 23;
inline constexpr std::uint8_t kHevcLastSlice = 31;
inline constexpr std::uint8_t kHevcVps = 32;
inline constexpr std::uint8_t kHevcSps = 33;
inline constexpr std::uint8_t kHevcPps = 34;

// `unit` is not empty.
[[nodiscard]] inline std::uint8_t hevc_nal_type(Bytes unit) {
    return static_cast<std::uint8_t>(std::to_integer<std::uint8_t>(unit[0]) >> 1 & 0x3f);
}

struct HevcSps {
    std::uint32_t vps_id = 0;
    std::uint32_t id = 0;
    std::uint32_t chroma_format = 1; // 1: 4:2:0
    std::uint32_t bit_depth = 8;     // of luma
    Size coded{};
    Size size{}; // inside the conformance window
    bool no_reordering = false;
};

// `unit`: one NAL unit with its header. Corrupted: no SPS that makes sense; Limit: too large.
[[nodiscard]] Result<HevcSps> parse_hevc_sps(Bytes unit);

struct HevcPps {
    std::uint32_t id = 0;
    std::uint32_t sps_id = 0;
};
[[nodiscard]] Result<HevcPps> parse_hevc_pps(Bytes unit);
[[nodiscard]] Result<std::uint32_t> parse_hevc_vps_id(Bytes unit);

// The same SPS, saying that no picture is reordered (as h264_sps_without_reordering).
[[nodiscard]] Result<std::vector<std::byte>> hevc_sps_without_reordering(Bytes unit);

[[nodiscard]] PacketInfo inspect_hevc(Bytes packet);

} // namespace tv::video
