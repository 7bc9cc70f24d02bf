#include "video/bitstream/packet_info.h"

#include <algorithm>

#include "video/bitstream/annexb.h"
#include "video/bitstream/av1.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"
#include "video/bitstream/vp9.h"

namespace tv::video {

void PacketInfo::announce(Size of_pictures, Size of_coded) {
    size = of_pictures;
    if (!coded) coded = Size{};
    coded->width = std::max(coded->width, of_coded.width);
    coded->height = std::max(coded->height, of_coded.height);
}

PacketInfo inspect(Codec codec, Bytes packet) {
    switch (codec) {
    case Codec::H264:
        return inspect_h264(packet);
    case Codec::Vp9:
        return inspect_vp9(packet);
    case Codec::Av1:
        return inspect_av1(packet);
    case Codec::Hevc:
        return inspect_hevc(packet);
    }
    return {.bytes = packet};
}

std::vector<std::byte> without_reordering(Codec codec, Bytes packet) {
    std::vector<std::byte> out;
    if (codec != Codec::H264 && codec != Codec::Hevc) return out;
    constexpr std::byte kStartCode[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
    bool rewritten = false;
    NalReader units(packet);
    while (const auto unit = units.next()) {
        out.insert(out.end(), std::begin(kStartCode), std::end(kStartCode));
        const bool sps = codec == Codec::H264 ? h264_nal_type(*unit) == H264NalType::Sps
                                              : hevc_nal_type(*unit) == kHevcSps;
        Result<std::vector<std::byte>> changed = fail(ErrorCategory::Unsupported, "not an SPS");
        if (sps)
            changed = codec == Codec::H264 ? h264_sps_without_reordering(*unit)
                                           : hevc_sps_without_reordering(*unit);
        const Bytes bytes = changed ? Bytes(*changed) : *unit;
        out.insert(out.end(), bytes.begin(), bytes.end());
        rewritten = rewritten || changed.has_value();
    }
    if (!rewritten) out.clear();
    return out;
}

} // namespace tv::video
