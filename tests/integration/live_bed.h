// The real program between the test compositor and a stock `waypipe server` whose applications have dmabufs:
// memfds under tv-fake-dma and tv-fake-gbm (tests/support/fakedma).
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

struct LiveOptions {
    std::string compression = "none";
    std::string video = {};                      // waypipe's --video=..., empty: without
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
    std::string complaints; // of the application and its waypipe
    std::string said;       // by tunnelview

    [[nodiscard]] bool has_line(const std::string& line) const;
    // The drawn or shown frames of one surface, in order.
    [[nodiscard]] static std::vector<LiveFrame> of(const std::vector<LiveFrame>& frames,
                                                   const std::string& surface);
};

class LiveTest : public IntegrationTest {
protected:
    // Skips where no waypipe is installed that has got what this needs.
    void SetUp() override;

    // Plays tv-test-dmabuf-client with these arguments. tunnelview is started before and ended after, and
    // must neither crash nor leave a process.
    [[nodiscard]] LiveOutcome play(const LiveOptions& options, std::vector<std::string> arguments);
    // The application came to its end, and each surface showed what was drawn into it, in order, bit for bit.
    static void expect_exact(const LiveOutcome& outcome);
    // The application came to its end, and tunnelview had nothing to complain of.
    static void expect_good_end(const LiveOutcome& outcome);

private:
    [[nodiscard]] Child start_tunnelview(const LiveOptions& options, const TestCompositor& compositor,
                                         const std::string& channel);
};

} // namespace tv::test
