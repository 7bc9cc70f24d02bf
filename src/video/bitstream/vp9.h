// VP9 frame headers as far as a receiver must know them (VP9 bitstream specification 6.2, Annex B).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "video/bitstream/packet_info.h"

namespace tv::video {

struct Vp9FrameHeader {
    std::uint8_t profile = 0;
    std::uint8_t bit_depth = 8;
    bool shows_existing = false; // nothing is coded, an earlier picture is shown again
    bool key_frame = false;
    bool shown = false;
    bool chroma_420 = true;
    Size size{}; // of key frames only; others may take it from a reference
};

// `frame`: from a frame's first byte on. Corrupted: no VP9 frame.
[[nodiscard]] Result<Vp9FrameHeader> parse_vp9_frame_header(Bytes frame);

// The first frame of a packet that is a superframe, else the packet itself.
[[nodiscard]] Bytes vp9_first_frame(Bytes packet);

[[nodiscard]] PacketInfo inspect_vp9(Bytes packet);

} // namespace tv::video
