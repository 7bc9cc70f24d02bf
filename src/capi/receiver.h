// What a tv_receiver is: one Session, its state, and what the host is told of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "backend/surface_backend.h"
#include "base/in_flight.h"
#include "base/thread_setup.h"
#include "capi/callbacks.h"
#include "capi/frames.h"
#include "session/observer.h"
#include "session/session.h"

namespace tv::capi {

// What tv_config says, checked and copied.
struct Setup {
    SessionEndpoints endpoints;
    SessionConfig session;            // log, observer and statistics are the receiver's to set
    backend::SurfaceBackend surfaces; // that the session uses if the compositor takes them
    std::string ask_at;               // path of the compositor that is asked first; empty: nobody is
    LogLevel log_level = LogLevel::Info;
    bool log = true;
    bool frames = false;
    bool zero_pass = false;
    ThreadQos qos = ThreadQos::Inherit;
};

// Every public function: any thread. Lives until the handle is destroyed and its thread has left.
class Receiver final : public std::enable_shared_from_this<Receiver>, private SessionObserver {
public:
    Receiver(Setup setup, const tv_callbacks& callbacks);

    [[nodiscard]] tv_result run();
    [[nodiscard]] tv_result start();
    [[nodiscard]] tv_result wait(std::chrono::milliseconds timeout);
    [[nodiscard]] tv_result stop(std::chrono::milliseconds timeout);
    [[nodiscard]] tv_result pause(std::chrono::milliseconds timeout);
    [[nodiscard]] tv_result resume();
    [[nodiscard]] tv_result release_memory();
    [[nodiscard]] tv_stats stats();
    [[nodiscard]] bool inside_callback() { return callbacks_->inside(); }
    // Stops it and silences it. The last call from outside.
    [[nodiscard]] tv_result close(std::chrono::milliseconds timeout);

    [[nodiscard]] bool has_frames() const { return frames_wanted_; }
    [[nodiscard]] bool zero_pass() const { return zero_pass_; }
    [[nodiscard]] FrameStore& frames() { return frames_; }
    [[nodiscard]] const std::shared_ptr<FrameCounts>& frame_counts() const { return frame_counts_; }
    // Passes that the host asked for; closed while paused.
    [[nodiscard]] const std::shared_ptr<InFlight>& passes() const { return passes_; }

private:
    enum class Phase : std::uint8_t { Fresh, Running, Ended };

    [[nodiscard]] bool begin();
    [[nodiscard]] tv_result serve();
    // Gives the session surfaces if the compositor takes them.
    void choose_surfaces(SessionConfig& config, const backend::SurfaceBackend& surfaces,
                         const std::string& ask_at);
    // A connection that stop() can cut.
    [[nodiscard]] Result<UniqueFd> connect_to_ask(const std::string& path);
    [[nodiscard]] SessionReport serve_session(Result<std::unique_ptr<Session>> session);
    void end(tv_result result);
    // Keeps the session alive while `use` runs outside the mutex; false: there is none.
    template <typename Use>
    bool with_session(Use use);

    // The poll thread's.
    void connected(const ConnectionHeader& header) override;
    void named(const proxy::SurfaceName& surface) override;
    void committed(proxy::CommittedFrame frame, mirror::Replica& replica) override;
    void forwarded(std::uint64_t gate, mirror::Replica& replica) override;
    void sending() override;
    void sent() override;
    void take_statistics(const StatisticsSnapshot& snapshot);
    void tell_state(tv_state state, tv_close_reason reason = TV_CLOSE_NONE, tv_result result = TV_OK,
                    const std::string& message = {});

    const std::shared_ptr<Callbacks> callbacks_; // also the log's, which a thread left behind may hold
    const bool frames_wanted_;
    const bool zero_pass_;
    const ThreadQos qos_;
    std::optional<Setup> setup_; // until run
    const std::shared_ptr<std::atomic<unsigned>> abandoned_;
    const std::shared_ptr<FrameCounts> frame_counts_;
    const std::shared_ptr<InFlight> passes_ = std::make_shared<InFlight>();
    FrameStore frames_;

    std::mutex mutex_;
    std::condition_variable changed_;
    Phase phase_ = Phase::Fresh;
    bool stop_wanted_ = false;
    bool pause_wanted_ = false;
    UniqueFd asking_; // the compositor, before there is a session
    std::unique_ptr<Session> session_;
    unsigned session_users_ = 0; // with_session() calls under way
    tv_result result_ = TV_OK;
    std::thread thread_; // start()'s

    std::mutex stats_mutex_;
    tv_stats stats_ = TV_STATS_INIT;

    // The poll thread's.
    std::vector<tv_frame_event> events_;      // since sending()
    std::optional<std::uint64_t> first_gate_; // of a commit with pixels that is not forwarded
    bool first_frame_told_ = false;
    bool first_frame_now_ = false;
    unsigned wire_version_ = 0;
    const char* compression_ = "";
    proxy::SurfaceName named_;
};

// The C API's word for it.
[[nodiscard]] tv_result result_of(const Error& error);

} // namespace tv::capi

// The host's handle.
struct tv_receiver_s {
    std::shared_ptr<tv::capi::Receiver> core;
};
