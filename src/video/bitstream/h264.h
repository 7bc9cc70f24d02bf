// H.264 as far as a receiver must know it: parameter sets and where a stream can start (ITU-T H.264 7.3,
// E.1).
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "video/bitstream/packet_info.h"

namespace tv::video {

enum class H264NalType : std::uint8_t {
    Slice = 1,
    PartitionA = 2,
    Idr = 5,
    Sei = 6,
    Sps = 7,
    Pps = 8,
    Aud = 9,
    Filler = 12
};

[[nodiscard]] inline H264NalType h264_nal_type(Bytes unit) {
    return static_cast<H264NalType>(std::to_integer<std::uint8_t>(unit[0]) & 0x1f);
}

struct H264Sps {
    std::uint8_t profile = 0;
    std::uint8_t level = 0;
    std::uint32_t id = 0;
    std::uint32_t chroma_format = 1; // 1: 4:2:0
    std::uint32_t bit_depth = 8;     // of luma
    std::uint32_t reference_frames = 0;
    Size coded{}; // whole macroblocks
    Size size{};  // after the cropping that the SPS asks for
    // Whether the SPS itself promises that pictures come out in the order in which they go in.
    bool no_reordering = false;
};

// `unit`: one NAL unit with its header. Corrupted: no SPS that makes sense; Limit: too large.
[[nodiscard]] Result<H264Sps> parse_h264_sps(Bytes unit);

struct H264Pps {
    std::uint32_t id = 0;
    std::uint32_t sps_id = 0;
};
[[nodiscard]] Result<H264Pps> parse_h264_pps(Bytes unit);

// The same SPS, saying that no picture is reordered: makes decoders that wait for the picture buffer to fill
// give each picture at once. Only right for streams that do not reorder.
[[nodiscard]] Result<std::vector<std::byte>> h264_sps_without_reordering(Bytes unit);

[[nodiscard]] PacketInfo inspect_h264(Bytes packet);

} // namespace tv::video
