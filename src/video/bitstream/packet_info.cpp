#include "video/bitstream/packet_info.h"

#include "video/bitstream/av1.h"
#include "video/bitstream/h264.h"
#include "video/bitstream/hevc.h"
#include "video/bitstream/vp9.h"

namespace tv::video {

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

} // namespace tv::video
