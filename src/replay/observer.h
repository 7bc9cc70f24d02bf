// What a test, or whoever wants to know, sees of a replay.
#pragma once

#include <span>

#include "channel/messages.h"
#include "wayland/interface.h"

namespace tv::replay {

// A request of the recording that the receiver gets; ids are the recording's.
struct PlayedRequest {
    std::uint32_t object = 0;
    wayland::InterfaceId interface{};
    std::uint16_t opcode = 0;
    std::uint32_t made = 0; // the new id, 0: none
    Bytes message;          // as recorded, with its header
    std::span<const Rid> rids;
};

// Called on the player's thread. Before message() and closing(), the socket has taken all that went before.
class PlayObserver {
public:
    virtual ~PlayObserver() = default;
    // A message other than Protocol and InjectRids goes to the receiver next. As recorded.
    virtual void message(MessageType, Bytes) {}
    virtual void request(const PlayedRequest&) {}
    // The recording has data for a pipe that nobody has asked for today.
    virtual void pipe_wanted() {}
    // All is shown; the connection is closed next.
    virtual void closing() {}
};

} // namespace tv::replay
