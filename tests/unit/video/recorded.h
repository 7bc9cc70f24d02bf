// Video packets out of recorded sessions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tv::test {

struct RecordedStream {
    std::uint32_t codec_id = 0;
    std::uint32_t width = 0; // of the buffer
    std::uint32_t height = 0;
    std::vector<std::vector<std::byte>> packets;
};

// The streams of what a server sent (a .s2c file), by RID.
[[nodiscard]] Result<std::map<std::int32_t, RecordedStream>> recorded_streams(const std::string& path);

} // namespace tv::test
