// A look at the bytes of a channel as they pass: what `--record` is made of.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tv {

enum class ChannelDirection : std::uint8_t {
    FromApplication, // read from the remote waypipe
    ToApplication,   // written to it
};

// Called on the session's thread, in the order in which the bytes passed. Must return soon and may not fail:
// whatever goes wrong with a tap is no business of the session's.
class ChannelTap {
public:
    virtual ~ChannelTap() = default;
    // `bytes` is not empty and lives for the call. Cuts are those of the system calls, not of messages.
    virtual void passed(ChannelDirection direction, Bytes bytes) = 0;
};

} // namespace tv
