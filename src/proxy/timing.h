// Times on the channel are Unix time; at each end they are of the clock that is meant there.
#pragma once

#include "proxy/proxy.h"

namespace tv::proxy {

// The three words of a Wayland timestamp, at `offset` bytes from the start of the message. Refused when the
// nanoseconds are not below one second.
struct Timestamp {
    std::uint32_t seconds_high = 0;
    std::uint32_t seconds_low = 0;
    std::uint32_t nanoseconds = 0;
};
[[nodiscard]] Result<Timestamp> convert_timestamp(const Clock& clock, LinuxClock from, LinuxClock to,
                                                  Bytes message, std::size_t offset, ErrorCategory blame);
void store_timestamp(MutableBytes message, std::size_t offset, const Timestamp& time);

// An event with a timestamp of the compositor's clock at `offset`, passed on in Unix time.
[[nodiscard]] Status pass_event_with_time(Proxy& proxy, Call& call, LinuxClock clock, std::size_t offset);

} // namespace tv::proxy
