// poll(2) as Linux has it, on every system.
#pragma once

#include <span>

#include <poll.h>

namespace tv {

// Also tells of hang-ups of descriptors that are asked for no events; Darwin's poll does not. Returns what
// poll does; where the system needs help, 0 may come before the time is over. Implemented per system.
[[nodiscard]] int poll_descriptors(std::span<pollfd> asked, int timeout_ms);

} // namespace tv
