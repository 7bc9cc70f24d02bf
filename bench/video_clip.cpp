#include "video_clip.h"

#include <ctime>

#include <fstream>
#include <iterator>
#include <string>

#include "channel/header.h"

namespace tv::bench {

Result<Clip> read_clip(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    if (content.size() < kConnectionHeaderSize) return fail(ErrorCategory::Usage, "recording cannot be read");
    Bytes rest = std::as_bytes(std::span(content)).subspan(kConnectionHeaderSize);
    Clip clip;
    while (!rest.empty()) {
        TV_ASSIGN(const FrameWord frame, peek_frame(rest));
        if (rest.size() < frame.padded_size()) break;
        const Bytes message = rest.first(frame.padded_size());
        if (frame.type == MessageType::OpenDmavidDstV2) {
            TV_ASSIGN(const auto open, decode<msg::OpenDmavidDstV2>(message));
            clip.streams[open.rid] = {
                video::codec_from_id(open.vid_flags & 0xff).value_or(video::Codec::H264),
                {open.slice.width, open.slice.height}};
        } else if (frame.type == MessageType::SendDmavidPacket) {
            TV_ASSIGN(const auto packet, decode<msg::SendDmavidPacket>(message));
            ++clip.streams[packet.rid].packets;
            clip.steps.push_back({packet.rid, std::make_shared<const video::Packet>(packet.data)});
        }
        rest = rest.subspan(frame.padded_size());
    }
    if (clip.steps.empty()) return fail(ErrorCategory::Usage, "recording has no video");
    return clip;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

} // namespace tv::bench
