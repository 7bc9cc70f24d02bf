// Who wants to know which frames reach the compositor, and when: statistics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mirror/replica.h"

namespace tv::proxy {

// A wl_surface as people know it. Held by the surface and by its role; whoever else holds one sees from its
// use count whether the surface is still there.
struct SurfaceName {
    std::uint32_t id = 0;
    std::string title;
    std::string app_id;
};

// A commit of a surface that has a buffer.
struct CommittedFrame {
    std::shared_ptr<const SurfaceName> surface;
    std::uint64_t gate = 0; // its number in the request queue; they ascend
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::int64_t begun = 0; // first byte of the commit's own message read, Clock::steady()
    bool fresh = false;     // the buffer was attached for it; else the surface has had it before
    std::weak_ptr<mirror::Replica> pixels;
};

// The poll thread's.
class FrameWatch {
public:
    virtual ~FrameWatch() = default;
    // Queued; `replica` holds its pixels and what arrived for them.
    virtual void committed(CommittedFrame frame, mirror::Replica& replica) = 0;
    // The first byte of a gate's message is out. Also of gates that are no frames.
    virtual void forwarded(std::uint64_t gate, mirror::Replica& replica) = 0;
    // The application has said its title or app id.
    virtual void named(const SurfaceName& /*surface*/) {}
};

} // namespace tv::proxy
