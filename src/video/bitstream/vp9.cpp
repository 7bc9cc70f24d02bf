#include "video/bitstream/vp9.h"

#include "video/bitstream/bit_reader.h"

namespace tv::video {
namespace {

constexpr std::uint32_t kFrameMarker = 2;
constexpr std::uint32_t kSyncCode = 0x498342;
constexpr std::uint32_t kColorSpaceRgb = 7;

void read_color(BitReader& bits, Vp9FrameHeader& header) {
    if (header.profile >= 2) header.bit_depth = bits.flag() ? 12 : 10;
    const bool odd_profile = header.profile % 2 != 0;
    if (bits.bits(3) == kColorSpaceRgb) {
        header.chroma_420 = false;
        if (odd_profile) bits.skip(1);
        return;
    }
    bits.skip(1); // range
    if (odd_profile) {
        header.chroma_420 = bits.bits(2) == 3; // subsampled in x and in y
        bits.skip(1);
    }
}

} // namespace

Result<Vp9FrameHeader> parse_vp9_frame_header(Bytes frame) {
    BitReader bits(frame);
    Vp9FrameHeader header;
    if (bits.bits(2) != kFrameMarker) return fail(ErrorCategory::Corrupted, "no VP9 frame marker");
    const std::uint32_t low = bits.bit();
    header.profile = static_cast<std::uint8_t>(bits.bit() << 1 | low);
    if (header.profile == 3 && bits.flag()) return fail(ErrorCategory::Unsupported, "VP9 profile above 3");
    header.shows_existing = bits.flag();
    if (header.shows_existing) {
        bits.skip(3);
        header.shown = true;
    } else {
        header.key_frame = !bits.flag();
        header.shown = bits.flag();
        bits.skip(1); // error_resilient_mode
        if (header.key_frame) {
            if (bits.bits(24) != kSyncCode) return fail(ErrorCategory::Corrupted, "no VP9 sync code");
            read_color(bits, header);
            header.size.width = bits.bits(16) + 1;
            header.size.height = bits.bits(16) + 1;
        }
    }
    if (!bits.ok()) return fail(ErrorCategory::Corrupted, "VP9 frame header is cut off");
    return header;
}

Bytes vp9_first_frame(Bytes packet) {
    // The index stands at the end, between two copies of a marker byte 110 ss nnn.
    if (packet.empty()) return packet;
    const auto marker = std::to_integer<std::uint32_t>(packet.back());
    if (marker >> 5 != 6) return packet;
    const std::size_t frames = (marker & 7) + 1;
    const std::size_t size_bytes = (marker >> 3 & 3) + 1;
    const std::size_t index = 2 + frames * size_bytes;
    if (packet.size() < index || packet[packet.size() - index] != packet.back()) return packet;
    std::size_t first = 0;
    for (std::size_t i = 0; i < size_bytes; ++i)
        first |= std::to_integer<std::size_t>(packet[packet.size() - index + 1 + i]) << (8 * i);
    return first <= packet.size() - index ? packet.first(first) : packet;
}

PacketInfo inspect_vp9(Bytes packet) {
    // The last tile reaches to the frame's end, so zeros there may belong to it; as padding they do no harm.
    PacketInfo info{.bytes = packet};
    const auto header = parse_vp9_frame_header(vp9_first_frame(packet));
    if (!header) return info;
    info.has_picture = true;
    info.key_frame = header->key_frame;
    if (header->key_frame) info.announce(header->size, header->size);
    return info;
}

} // namespace tv::video
