// Packets for decoders that take them as files hold them (ISO 14496-15 and its kin): parameter sets apart
// from samples, length-prefixed NAL units, codec configuration records.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "video/bitstream/av1.h"
#include "video/bitstream/vp9.h"
#include "video/decoder.h"

namespace tv::video {

// One access unit taken apart. The spans point into the packet.
struct SampleParts {
    // Parameter sets of H.264 and HEVC, in the packet's order; the sequence header OBU of AV1.
    std::vector<Bytes> sets;
    // What goes into the sample: NAL units without parameter sets, delimiters and filler; OBUs without
    // temporal delimiters and padding; a VP9 packet as it is.
    std::vector<Bytes> units;
    bool length_prefixed = false;
    bool has_picture = false; // coded picture data, not messages alone

    [[nodiscard]] std::size_t sample_size() const;
};

// Length prefixes are 4 bytes, big endian.
inline constexpr std::size_t kNalLengthBytes = 4;

// Replaces the parts' contents and keeps their memory. `packet`: without the padding of C senders
// (PacketInfo::bytes).
void split_for_sample(Codec codec, Bytes packet, SampleParts& parts);

// Writes the sample; `out` has sample_size() bytes.
void write_sample(const SampleParts& parts, MutableBytes out);

// The parameter sets in force in a stream of H.264 or HEVC: VPS before SPS before PPS.
class ParameterSets {
public:
    explicit ParameterSets(Codec codec) : codec_(codec) {}

    // Takes over the sets of an access unit. A key frame brings all of its sets, so older ones are forgotten;
    // elsewhere a set replaces the one of its kind and id. Whether anything is different now.
    [[nodiscard]] bool update(std::span<const Bytes> sets, bool key_frame);

    [[nodiscard]] const std::vector<std::vector<std::byte>>& all() const { return sets_; }

    // Whether their pictures are 8 bit, 4:2:0. Corrupted: there is no SPS, or it does not parse.
    [[nodiscard]] Result<bool> are_8_bit_420() const;

private:
    Codec codec_;
    std::vector<std::vector<std::byte>> sets_;
};

// The payload of `vpcC`, full box header included.
[[nodiscard]] std::vector<std::byte> vp9_configuration(const Vp9FrameHeader& key_frame);
// The payload of `av1C`. `sequence_header`: the whole OBU.
[[nodiscard]] Result<std::vector<std::byte>> av1_configuration(const Obu& sequence_header,
                                                               const Av1SequenceHeader& parsed);

} // namespace tv::video
