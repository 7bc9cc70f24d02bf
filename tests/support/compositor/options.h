// What a test compositor poses as and how it behaves. Set before the start; plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tv::test {

class ForeignBuffers;

// One line of what happened. `client` counts connections from 1; names are stable from run to run:
// the interface and a count per client, e.g. "wl_surface#2".
struct LogEntry {
    enum class Kind { Request, Event, Note };
    int client = 0;
    Kind kind = Kind::Note;
    std::string text;
};

enum class ReleasePolicy {
    AtOnce,       // right at the commit, since its pixels have been read by then
    Delayed,      // release_delay_ms after the commit
    WhenReplaced, // when a later commit attaches something else
    Never,
};

// Something that goes wrong on purpose when the given request arrives for the nth time.
struct Fault {
    enum class What {
        PostError,  // a protocol error with `code` on the object
        Disconnect, // the client's connection is shut down
        Stall,      // nothing is read any more until resume()
        Exit,       // the process ends with _exit(code): only for the executable
    };
    What what = What::PostError;
    std::string interface; // empty: any
    std::string request;   // empty: any
    int nth = 1;           // counted over all clients
    std::uint32_t code = 0;
};

struct OutputOptions {
    std::string name;
    int width = 1024;
    int height = 768;
    int scale = 1;
};

struct CompositorOptions {
    std::string directory; // where the socket goes; the caller owns it
    std::string socket = "wayland-test";

    // Interface -> announced version; 0 hides the global. What is not named has the compositor's newest.
    // Globals that are hidden unless named here: see kHiddenByDefault in core.cpp.
    std::map<std::string, std::uint32_t> versions;
    std::vector<OutputOptions> outputs{{"TEST-1", 1024, 768, 1}, {"TEST-2", 640, 480, 1}};
    // Beside ARGB8888 and XRGB8888: XBGR8888 and ABGR8888 (the fourcc codes that wl_shm uses).
    std::vector<std::uint32_t> more_shm_formats{0x34324258, 0x34324241};
    std::string keymap_layout = "us";
    std::uint32_t presentation_clock = 1; // CLOCK_MONOTONIC
    int toplevel_width = 0;               // what toplevels are configured to; 0 lets the client choose
    int toplevel_height = 0;
    bool auto_focus = true; // keyboard and pointer enter a toplevel that shows its first picture

    int frame_delay_ms = 1; // from commit to the frame callback; 0 answers within the commit
    ReleasePolicy release = ReleasePolicy::AtOnce;
    int release_delay_ms = 0;
    bool read_pixels = true;    // false: buffers are not looked at, no CRC, no picture (for benchmarks)
    bool keep_pictures = false; // of every commit, not only each surface's last
    bool log_requests = true;   // false keeps only notes
    bool log_events = false;    // what the compositor sent, too
    std::vector<Fault> faults;
    std::shared_ptr<ForeignBuffers> foreign_buffers; // beside wl_shm's; null: none

    // Called on the compositor's thread for every line; must be quick and must not call back.
    std::function<void(const LogEntry&)> on_log;
};

} // namespace tv::test
