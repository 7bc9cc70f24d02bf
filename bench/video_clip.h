// The video packets of a recorded session, for benchmarks of decoding.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "channel/messages.h"
#include "video/decoder.h"
#include "video/packet.h"

namespace tv::bench {

struct Clip {
    struct Stream {
        video::Codec codec{};
        video::Size size{};
        std::size_t packets = 0;
    };
    struct Step {
        Rid rid = 0;
        std::shared_ptr<const video::Packet> packet;
    };
    std::map<Rid, Stream> streams;
    std::vector<Step> steps; // of all streams, in the order of their arrival
};

// `path`: what a stock server sent, from the connection header on.
[[nodiscard]] Result<Clip> read_clip(const char* path);

// User and system time of all threads of this process, ended ones included.
[[nodiscard]] double cpu_seconds();

} // namespace tv::bench
