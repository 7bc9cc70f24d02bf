#include "proxy/timing.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

constexpr std::int64_t kSecond = 1'000'000'000;
// What fits into 64-bit nanoseconds: until the year 2262.
constexpr std::uint64_t kMaxSeconds = INT64_MAX / kSecond - 1;

Status clock_id(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    proxy.presentation_clock = static_cast<LinuxClock>(arguments.u());
    return proxy.pass_event(call);
}

Status presented(Proxy& proxy, Call& call) {
    return pass_event_with_time(proxy, call, proxy.presentation_clock, wayland::kHeaderSize);
}

Status set_timestamp(Proxy& proxy, Call& call) {
    TV_ASSIGN(Timestamp time,
              convert_timestamp(proxy.clock, LinuxClock::Realtime, proxy.presentation_clock, call.message,
                                wayland::kHeaderSize, ErrorCategory::PeerViolation));
    proxy.append_request(call);
    store_timestamp(proxy.requests.bytes().recent(call.message.size()), wayland::kHeaderSize, time);
    return {};
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wp_presentation, "clock_id", clock_id),
    on_event(InterfaceId::wp_presentation_feedback, "presented", presented),
    on_request(InterfaceId::wp_commit_timer_v1, "set_timestamp", set_timestamp),
};

} // namespace

Result<Timestamp> convert_timestamp(const Clock& clock, LinuxClock from, LinuxClock to, Bytes message,
                                    std::size_t offset, ErrorCategory blame) {
    ByteReader reader(message.subspan(std::min(offset, message.size())));
    Timestamp time{reader.u32(), reader.u32(), reader.u32()};
    if (!reader.ok()) return fail(blame, "timestamp cut off");
    if (time.nanoseconds >= kSecond)
        return fail(blame, "timestamp with more nanoseconds than a second has", time.nanoseconds);
    std::uint64_t seconds = static_cast<std::uint64_t>(time.seconds_high) << 32 | time.seconds_low;
    if (seconds > kMaxSeconds) return time; // no clock of ours is there; nothing to convert
    std::int64_t converted = convert_time(clock, from, to,
                                          static_cast<std::int64_t>(seconds) * kSecond +
                                              static_cast<std::int64_t>(time.nanoseconds));
    if (converted < 0) converted = 0;
    auto whole = static_cast<std::uint64_t>(converted / kSecond);
    return Timestamp{static_cast<std::uint32_t>(whole >> 32), static_cast<std::uint32_t>(whole),
                     static_cast<std::uint32_t>(converted % kSecond)};
}

void store_timestamp(MutableBytes message, std::size_t offset, const Timestamp& time) {
    store_u32(message, offset, time.seconds_high);
    store_u32(message, offset + 4, time.seconds_low);
    store_u32(message, offset + 8, time.nanoseconds);
}

Status pass_event_with_time(Proxy& proxy, Call& call, LinuxClock clock, std::size_t offset) {
    TV_ASSIGN(Timestamp time, convert_timestamp(proxy.clock, clock, LinuxClock::Realtime, call.message,
                                                offset, ErrorCategory::Compositor));
    TV_TRY(proxy.pass_event(call));
    store_timestamp(proxy.channel.last_event(call.message.size()), offset, time);
    return {};
}

std::span<const Route> timing_routes() {
    return kRoutes;
}

} // namespace tv::proxy
