// The real program between the test compositor and a stock `waypipe server` whose applications have dmabufs:
// memfds under tv-fake-dma and tv-fake-gbm (tests/support/fakedma). That is the installed waypipe 0.8; `make
// interop` runs these tests with others, which $TV_LIVE_WAYPIPE starts: a command, its words on lines of
// their own.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "session_bed.h"

namespace tv::test {

// A frame as tv-test-dmabuf-client says that it drew it, or as the compositor saw it (then without number and
// buffer).
struct LiveFrame {
    std::string surface; // "wl_surface#1"
    int number = 0;
    int buffer = 0;
    int width = 0;
    int height = 0;
    std::string format; // four characters
    std::uint32_t crc = 0;
    std::shared_ptr<const Picture> picture; // with LiveOptions::keep_pictures
};
// For messages: what two frames that are bit for bit the same have in common.
[[nodiscard]] std::string describe(const LiveFrame& frame);
[[nodiscard]] std::vector<std::string> describe(const std::vector<LiveFrame>& frames);

// The waypipe that the tests run against.
struct LivePeer {
    std::vector<std::string> command;
    std::string version;   // empty: it does not start
    bool installed = true; // not from $TV_LIVE_WAYPIPE
    bool has_video = false;
    // 0.10 and later, in Rust. What it refuses ends the application's connection before we hear of it.
    [[nodiscard]] bool rust() const { return !version.starts_with("0.8.") && !version.starts_with("0.9."); }
    [[nodiscard]] std::vector<std::string> codecs() const;
    // Windows that it can encode at once: 0.9.2 often dies with "malloc_consolidate(): unaligned fastbin
    // chunk detected" while it sets up AV1 encoders for a second one.
    [[nodiscard]] int encoded_windows(const std::string& codec) const;
    // For --video=: encoding in software.
    [[nodiscard]] std::string video_option(const std::string& codec) const;
};
[[nodiscard]] const LivePeer& live_peer();

struct LiveOptions {
    std::string compression = "none";
    std::string codec = {};                      // empty: without video
    std::vector<std::string> tunnelview = {};    // more of its options
    std::vector<std::uint32_t> shm_formats = {}; // of the compositor, beside its usual ones
    bool keep_pictures = false;
    // Releases come late, as from a compositor that shows the buffer itself: at least two buffers are in
    // turn.
    bool release_when_replaced = false;
};

// What came of one application.
struct LiveOutcome {
    Exit exit;
    std::vector<std::string> lines; // that it printed
    std::vector<LiveFrame> drawn;
    std::vector<LiveFrame> shown;
    std::string complaints; // its own and its waypipe's
    std::string said;       // by tunnelview

    [[nodiscard]] bool has_line(const std::string& line) const;
    // The drawn or shown frames of one surface, in order.
    [[nodiscard]] static std::vector<LiveFrame> of(const std::vector<LiveFrame>& frames,
                                                   const std::string& surface);
};

class LiveTest : public IntegrationTest {
protected:
    // Skips where there is no waypipe that has got what this needs.
    void SetUp() override;

    // The formats that applications are offered.
    [[nodiscard]] std::vector<std::string> offered_formats(const LiveOptions& options);
    // Plays tv-test-dmabuf-client with these arguments. tunnelview is started before and ended after, and
    // must neither crash nor leave a process.
    [[nodiscard]] LiveOutcome play(const LiveOptions& options, std::vector<std::string> arguments);
    // The application came to its end, and each surface showed what was drawn into it, in order, bit for bit.
    static void expect_exact(const LiveOutcome& outcome);
    // The application came to its end, and tunnelview had nothing to complain of.
    static void expect_good_end(const LiveOutcome& outcome);

private:
    [[nodiscard]] Child start_server(const LiveOptions& options, const std::string& channel,
                                     const std::string& display);
    [[nodiscard]] Child start_tunnelview(const LiveOptions& options, const TestCompositor& compositor,
                                         const std::string& channel);
};

} // namespace tv::test
