#include "video/recorded.h"

#include <algorithm>

#include "channel/header.h"
#include "channel/messages.h"
#include "channel/test_bytes.h"

namespace tv::test {

std::string case_name(const StockRecording& recording) {
    std::string name = recording.name;
    std::ranges::replace(name, '-', '_');
    return name;
}

Result<std::map<std::int32_t, RecordedStream>> recorded_streams(const StockRecording& recording) {
    return recorded_streams(std::string(TV_VIDEO_FIXTURES "/") + recording.name + ".s2c");
}

Result<std::map<std::int32_t, RecordedStream>> recorded_streams(const std::string& path) {
    const Buffer recording = read_whole(path);
    if (recording.size() < kConnectionHeaderSize)
        return fail(ErrorCategory::Usage, "recording cannot be read");
    std::map<std::int32_t, RecordedStream> streams;
    Bytes rest = Bytes(recording).subspan(kConnectionHeaderSize);
    while (!rest.empty()) {
        TV_ASSIGN(const FrameWord frame, peek_frame(rest));
        if (rest.size() < frame.padded_size()) return fail(ErrorCategory::Corrupted, "recording is cut off");
        const Bytes message = rest.first(frame.padded_size());
        if (frame.type == MessageType::OpenDmavidDstV2) {
            TV_ASSIGN(const auto open, decode<msg::OpenDmavidDstV2>(message));
            streams[open.rid] = {open.vid_flags & 0xff, open.slice.width, open.slice.height, {}};
        } else if (frame.type == MessageType::SendDmavidPacket) {
            TV_ASSIGN(const auto packet, decode<msg::SendDmavidPacket>(message));
            streams[packet.rid].packets.push_back(copy(packet.data));
        }
        rest = rest.subspan(frame.padded_size());
    }
    return streams;
}

} // namespace tv::test
