// Packets of every codec, as the driver looks at them before any decoder does.
//
// Input: u8 codec id, then the packet.
#include <vector>

#include "check.h"
#include "video/bitstream/annexb.h"
#include "video/bitstream/av1.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"
#include "video/bitstream/packet_info.h"

namespace tv::video {
namespace {

bool inside(Bytes part, Bytes whole) {
    return part.empty() ||
           (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void try_units(Codec codec, Bytes packet) {
    NalReader units(packet);
    while (const auto unit = units.next()) {
        TV_EXPECT(!unit->empty() && inside(*unit, packet));
        TV_EXPECT(unit->back() != std::byte{0});
        // What parses must parse again after rewriting, and then promise what it was rewritten for.
        if (codec == Codec::H264) {
            if (const auto rewritten = h264_sps_without_reordering(*unit)) {
                const auto again = parse_h264_sps(*rewritten);
                TV_EXPECT(again && again->no_reordering);
            }
            (void)parse_h264_pps(*unit);
        } else {
            if (const auto rewritten = hevc_sps_without_reordering(*unit)) {
                const auto again = parse_hevc_sps(*rewritten);
                TV_EXPECT(again && again->no_reordering);
            }
            (void)parse_hevc_pps(*unit);
            (void)parse_hevc_vps_id(*unit);
        }
    }
}

void try_escaping(Bytes payload) {
    std::vector<std::byte> escaped;
    append_escaped(payload, escaped);
    NalReader none(escaped);
    TV_EXPECT(!none.next());
    const auto back = unescape(escaped, escaped.size());
    TV_EXPECT(std::equal(back.begin(), back.end(), payload.begin(), payload.end()));
}

void try_packet(Codec codec, Bytes packet) {
    const PacketInfo info = inspect(codec, packet);
    TV_EXPECT(info.bytes.size() <= packet.size() && inside(info.bytes, packet));
    TV_EXPECT(!info.key_frame || info.has_picture);
    TV_EXPECT(!info.key_frame || info.size);
    if (codec == Codec::H264 || codec == Codec::Hevc) {
        try_units(codec, packet);
        try_escaping(packet);
    } else if (codec == Codec::Av1) {
        ObuReader units(packet);
        for (auto unit = units.next(); unit && *unit; unit = units.next())
            TV_EXPECT(inside((*unit)->payload, packet) && units.consumed() <= packet.size());
    }
}

} // namespace
} // namespace tv::video

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto codec = tv::video::codec_from_id(data[0] % tv::video::kCodecCount);
    tv::video::try_packet(*codec, std::as_bytes(std::span(data, size)).subspan(1));
    return 0;
}
