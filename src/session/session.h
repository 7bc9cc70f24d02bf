// One application's connection: a channel byte stream on one side, a compositor connection on the other.
//
// A Session owns its descriptors and threads, touches nothing process-wide (no globals, signal handlers,
// exit, stdout) and never changes flags of the descriptors it was given.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/result.h"
#include "session/channel_tap.h"
#include "session/snapshot.h"
#include "video/decoder.h"
#include "video/surface_painter.h"

namespace tv {

class SessionObserver;

// Of limits.h, what a host may lower; values above are cut to those.
struct SessionLimits {
    std::size_t written_bytes = limits::kMaxWrittenBytes;
    std::size_t video_streams = limits::kMaxVideoStreams;
    std::uint64_t video_pixels = limits::kMaxVideoPixels;
};

struct SessionConfig {
    std::string title_prefix; // put before every xdg_toplevel title
    // For big decompressions, 0: half of the hardware threads; for video, 0: all of them. At least one.
    unsigned worker_threads = 0;
    bool offer_gpu = true; // false (--no-gpu): no dmabuf global for the application
    // Best first. None: with a sender of video, the application gets no dmabuf global.
    std::vector<std::shared_ptr<video::DecoderFactory>> decoders;
    // For a compositor that shows such surfaces (surface/store.h): where the pixels of dmabufs live, and how
    // pictures get into them (unset: by the CPU). Null: they live in files behind wl_shm. May be shared by
    // sessions.
    std::shared_ptr<surface::SurfaceStore> surfaces;
    video::MakeSurfacePainter make_surface_painter;
    std::function<void()> surfaces_refused; // in run()'s thread: the compositor did not take one after all
    const Clock* clock = nullptr;           // null: system_clock()
    Log log;
    ChannelTap* tap = nullptr; // sees all bytes of the channel; outlives the session
    // Called in run()'s thread, once a second while something goes on and once at the end. Unset: nothing is
    // measured.
    std::function<void(const StatisticsSnapshot&)> statistics;
    SessionObserver* observer = nullptr; // outlives the session
    // The latest picture of each video stays within reach (mirror::PictureSource::frame()).
    bool keep_pictures = false;
    // Nothing is converted into the pixels that the compositor has: who keeps pictures shows them itself.
    bool zero_pass = false;
    // Bit n: CompressionKind n is taken from the remote side.
    unsigned compressions = ~0u;
    SessionLimits limits;
    // Called first on every thread that the session starts.
    std::function<void()> thread_started;
    // Gets the number of threads that were left behind in a decoder that does not return, when the session is
    // destroyed. Those keep `decoders`, and use the clock, until they return.
    std::shared_ptr<std::atomic<unsigned>> abandoned_threads;
    // Tests of ordering: how many nanoseconds the n-th commit is held for, whatever its buffer's state.
    std::function<std::int64_t(std::uint64_t)> delay_commit_for_test;
};

struct SessionEndpoints {
    UniqueFd channel_in;  // bytes from the waypipe server, connection header first
    UniqueFd channel_out; // bytes to it; invalid when channel_in serves both ways
    UniqueFd compositor;  // connected Wayland socket
};

enum class SessionEnd {
    ApplicationClosed, // the remote application or its waypipe ended the connection
    CompositorClosed,  // the compositor did
    Failed,            // see error: a violation, a limit, a system call
    Stopped,           // stop() was called
};

struct SessionReport {
    SessionEnd end = SessionEnd::Failed;
    std::optional<Error> error; // set when end is Failed
    // The remote side ended the connection as soon as it was offered dmabufs: waypipe 0.11 does where it
    // finds no Vulkan driver.
    bool gave_up_over_gpu = false;
};

class Session {
public:
    // Fails only for lack of memory, descriptors or threads.
    [[nodiscard]] static Result<std::unique_ptr<Session>> create(SessionEndpoints endpoints,
                                                                 SessionConfig config);
    // Returns within a second even when a decoder does not.
    virtual ~Session() = default;

    // Serves the connection on the caller's thread until it ends. Both ends have been told why when it
    // returns. Call once.
    [[nodiscard]] virtual SessionReport run() = 0;

    // Makes run() return soon. From any thread, also from a signal handler.
    virtual void stop() = 0;

    // Until resume() no decoding and no conversion begins, nothing of video is found late, and the channel is
    // not read. True once none is under way, on a GPU neither, false when that takes longer than `patience`
    // nanoseconds. Any thread.
    [[nodiscard]] virtual bool pause(std::int64_t patience) = 0;
    virtual void resume() = 0;
    // Gives back, soon, memory that is kept only to be quick. Any thread.
    virtual void release_memory() = 0;
};

} // namespace tv
