// A session between the test compositor and a remote side made by hand.
#pragma once

#include <optional>

#include "raw_peer.h"
#include "session_bed.h"

namespace tv::test {

struct Wire {
    unsigned version = 17;
    CompressionKind compression = CompressionKind::None;
    VideoKind video = VideoKind::None;
};
inline void PrintTo(const Wire& wire, std::ostream* out) {
    *out << "wire version " << wire.version << ", " << compression_name(wire.compression);
}

class RawTest : public IntegrationTest {
protected:
    void TearDown() override;

    // False when something did not start; the test's result says what.
    [[nodiscard]] bool start(Wire wire, CompositorOptions options = {},
                             std::optional<SessionConfig> config = {});
    // Ends the connection from the remote side and expects a clean end.
    SessionReport close_cleanly();
    [[nodiscard]] SessionReport report(Milliseconds timeout = 10s);
    // The text of the wl_display.error that the application got; empty when there was none.
    [[nodiscard]] std::string error_text();
    // Reads until the session has ended; then its report must name this and the application must have been
    // told.
    void expect_refusal(const std::string& words, ErrorCategory category = ErrorCategory::PeerViolation);

    // A pool of one buffer with its contents sent.
    struct Shown {
        RemoteFile file;
        std::uint32_t pool = 0;
        std::uint32_t buffer = 0;
        int width = 0, height = 0;
    };
    [[nodiscard]] Shown make_buffer(int width, int height, std::uint32_t format = kXrgb8888);
    // Attach, damage, commit.
    void show(std::uint32_t surface, std::uint32_t buffer);
    // What the compositor should print for the file's first picture.
    [[nodiscard]] static std::uint32_t crc_of(const RemoteFile& file);
    [[nodiscard]] static std::vector<std::byte> noise(std::size_t size, std::uint32_t seed);

    std::unique_ptr<TestCompositor> compositor_;
    std::unique_ptr<SessionThread> session_;
    std::optional<RawPeer> peer_;
};

// For tests that hold for C and Rust peers and any compression.
class EveryWire : public RawTest, public testing::WithParamInterface<Wire> {
protected:
    [[nodiscard]] bool start_it(CompositorOptions options = {}) {
        return start(GetParam(), std::move(options));
    }
};
[[nodiscard]] std::vector<Wire> every_wire();
[[nodiscard]] std::string wire_name(const testing::TestParamInfo<Wire>& info);

} // namespace tv::test
