// All of a session but its threads and its poll: the channel's reader, the proxy and the mirror between a
// channel and a compositor that are bytes of the input. Deterministic.
#pragma once

#include <array>
#include <optional>

#include "base/byte_queue.h"
#include "mirror/replica.h"
#include "proxy/proxy.h"
#include "session/channel_link.h"
#include "session/channel_reader.h"
#include "session/channel_tap.h"
#include "session/statistics.h"
#include "video/fake_decoder.h"

namespace tv::fuzz {

// A compositor that takes so many bytes and looks whether they are whole messages with the right descriptors.
class SwallowingCompositor final : public proxy::RequestTransport {
public:
    std::size_t appetite = 0;
    [[nodiscard]] Result<std::size_t> send(Bytes bytes, std::span<const int> fds) override;

private:
    ByteQueue taken_;
};

class StillClock final : public Clock {
public:
    [[nodiscard]] bool now(LinuxClock clock, std::int64_t& nanoseconds) const override;
    [[nodiscard]] std::int64_t steady() const override { return time; }
    std::int64_t time = 1;
};

// What a recording would hold, by its lengths.
class CountingTap final : public ChannelTap {
public:
    void passed(ChannelDirection direction, Bytes bytes) override;
    std::size_t received = 0;
};

class World {
public:
    World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Each does what one turn of the session's loop would. An error is the session's end.
    [[nodiscard]] Status channel_bytes(Bytes bytes);
    [[nodiscard]] Status compositor_bytes(Bytes bytes, unsigned fds);
    [[nodiscard]] Status compositor_takes(std::size_t bytes);
    [[nodiscard]] Status time_passes(std::int64_t nanoseconds);

    // What must hold after any input.
    void check();
    // The application side's words are complete messages.
    void check_channel();

private:
    [[nodiscard]] Status turn();
    [[nodiscard]] Status advance();
    void serve_pipes();

    void check_statistics();

    [[nodiscard]] proxy::ProxyConfig config();

    StillClock clock_;
    Statistics statistics_{clock_};
    CountingTap tap_;
    mirror::MirrorState mirror_;
    // Two decoders that fail in many ways, each depending on the packet's number alone.
    test::FakeScript hardware_, software_;
    test::FakeFactory hardware_factory_{hardware_}, software_factory_{software_};
    test::ManualExecutor executor_;
    std::optional<proxy::Proxy> proxy_;
    UniqueFd our_end_; // of the channel
    std::optional<ChannelLink> link_;
    std::optional<ChannelReader> reader_;
    SwallowingCompositor compositor_;
    ByteQueue events_;
    Fifo<UniqueFd> event_fds_;
    unsigned made_fds_ = 0;
};

} // namespace tv::fuzz
