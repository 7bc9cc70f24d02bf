// AV1 as far as a receiver must know it: OBUs, sequence headers, key frames (AV1
// specification 5.3, 5.5, 5.9).
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "video/bitstream/packet_info.h"

namespace tv::video {

enum class ObuType : std::uint8_t {
    Reserved = 0,
    SequenceHeader = 1,
    TemporalDelimiter = 2,
    FrameHeader = 3,
    TileGroup = 4,
    Metadata = 5,
    Frame = 6,
    RedundantFrameHeader = 7,
    TileList = 8,
    Padding = 15,
};

struct Obu {
    ObuType type = ObuType::Reserved;
    Bytes whole{}; // from its header on
    Bytes payload{};
};

// Walks the OBUs of a temporal unit in the low-overhead format. Ends quietly at a header of zero bytes: C
// senders append 64 of them.
class ObuReader {
public:
    explicit ObuReader(Bytes packet) : rest_(packet) {}

    // nullopt: the end, or Corrupted for a unit that leaves the packet.
    [[nodiscard]] Result<std::optional<Obu>> next();
    // Behind the last unit given so far.
    [[nodiscard]] std::size_t consumed() const { return consumed_; }

private:
    Bytes rest_;
    std::size_t consumed_ = 0;
};

struct Av1SequenceHeader {
    std::uint8_t profile = 0;
    bool still_picture = false;
    bool reduced = false; // frame headers have no type: every frame is a shown key frame
    Size size{};          // the largest that frames may have

    // For av1C. `complete`: all of them were there.
    bool complete = false;
    std::uint8_t level = 0; // of the first operating point, as its tier
    bool tier = false;
    bool high_bit_depth = false;
    bool twelve_bit = false;
    bool monochrome = false;
    bool subsampling_x = false;
    bool subsampling_y = false;
    std::uint8_t chroma_position = 0;
};
[[nodiscard]] Result<Av1SequenceHeader> parse_av1_sequence_header(Bytes payload);

[[nodiscard]] PacketInfo inspect_av1(Bytes packet);

} // namespace tv::video
