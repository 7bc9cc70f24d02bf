#include "capi/receiver.h"

#include <algorithm>
#include <csignal>
#include <new>
#include <system_error>
#include <utility>

#include <sys/socket.h>

#include "backend/ask_compositor.h"
#include "capi/setup.h"

namespace tv::capi {
namespace {

tv_close_reason reason_of(const Error& error) {
    switch (error.category) {
    case ErrorCategory::Limit:
        return TV_CLOSE_LIMIT;
    case ErrorCategory::PeerViolation:
    case ErrorCategory::Corrupted:
    case ErrorCategory::Compositor:
        return TV_CLOSE_VIOLATION;
    default:
        return TV_CLOSE_FAILURE;
    }
}

// A thread starts with its creator's mask: no signal of the host's ever reaches it.
class SignalsBlocked {
public:
    SignalsBlocked() {
        pthread_sigmask(SIG_BLOCK, nullptr, &before_);
        block_host_signals();
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace

tv_result result_of(const Error& error) {
    switch (error.category) {
    case ErrorCategory::PeerViolation:
    case ErrorCategory::Corrupted:
        return TV_ERROR_PEER;
    case ErrorCategory::Compositor:
        return TV_ERROR_COMPOSITOR;
    case ErrorCategory::Limit:
        return TV_ERROR_LIMIT;
    case ErrorCategory::Unsupported:
        return TV_ERROR_UNSUPPORTED;
    case ErrorCategory::TryAgain:
        return TV_ERROR_TIMEOUT;
    case ErrorCategory::Usage:
        return TV_ERROR_ARGUMENT;
    case ErrorCategory::Closed:
    case ErrorCategory::Io:
        break;
    }
    return error.sys_errno == ENOMEM || error.sys_errno == EMFILE || error.sys_errno == ENFILE
               ? TV_ERROR_MEMORY
               : TV_ERROR_IO;
}

Receiver::Receiver(Setup setup, const tv_callbacks& callbacks)
    : callbacks_(std::make_shared<Callbacks>(callbacks)), frames_wanted_(setup.frames),
      zero_pass_(setup.zero_pass), qos_(setup.qos), setup_(std::move(setup)),
      abandoned_(std::make_shared<std::atomic<unsigned>>(0)), frame_counts_(std::make_shared<FrameCounts>()),
      frames_(frame_counts_) {
    SessionConfig& config = setup_->session;
    if (setup_->log)
        config.log = Log(setup_->log_level, [told = callbacks_](LogLevel level, std::string_view text) {
            told->call(&tv_callbacks::log, static_cast<tv_log_level>(level), std::string(text).c_str());
        });
    config.observer = this;
    config.keep_pictures = frames_wanted_;
    config.zero_pass = zero_pass_;
    config.abandoned_threads = abandoned_;
    config.thread_started = [qos = setup_->qos] {
        block_host_signals();
        set_thread_qos(qos);
    };
    config.statistics = [this](const StatisticsSnapshot& snapshot) { take_statistics(snapshot); };
}

// --- life --------------------------------------------------------------------------------------------------

bool Receiver::begin() {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::Fresh) return false;
    phase_ = Phase::Running;
    return true;
}

tv_result Receiver::run() {
    if (inside_callback()) return TV_ERROR_CALLBACK;
    if (!begin()) return TV_ERROR_STATE;
    return serve();
}

tv_result Receiver::start() {
    if (inside_callback()) return TV_ERROR_CALLBACK;
    if (!begin()) return TV_ERROR_STATE;
    const std::lock_guard lock(mutex_);
    const SignalsBlocked blocked;
    try {
        thread_ = std::thread([self = shared_from_this(), qos = qos_] {
            set_thread_qos(qos);
            (void)self->serve();
        });
    } catch (const std::system_error&) {
        phase_ = Phase::Ended;
        result_ = TV_ERROR_MEMORY;
        changed_.notify_all();
        return TV_ERROR_MEMORY;
    }
    return TV_OK;
}

tv_result Receiver::serve() {
    tv_result result = TV_ERROR_MEMORY;
    tv_close_reason reason = TV_CLOSE_FAILURE;
    std::string message;
    try {
        tell_state(TV_STATE_CONNECTING);
        SessionConfig config = std::move(setup_->session);
        SessionEndpoints endpoints = std::move(setup_->endpoints);
        choose_surfaces(config, setup_->surfaces, setup_->ask_at);
        const SessionReport report = serve_session(Session::create(std::move(endpoints), std::move(config)));
        switch (report.end) {
        case SessionEnd::ApplicationClosed:
            result = TV_OK;
            reason = TV_CLOSE_PEER;
            break;
        case SessionEnd::Stopped:
            result = TV_OK;
            reason = TV_CLOSE_HOST;
            break;
        case SessionEnd::CompositorClosed:
            result = TV_ERROR_COMPOSITOR;
            reason = TV_CLOSE_COMPOSITOR;
            break;
        case SessionEnd::Failed:
            result = report.error ? result_of(*report.error) : TV_ERROR_INTERNAL;
            reason = report.error ? reason_of(*report.error) : TV_CLOSE_FAILURE;
            if (report.error) message = describe(*report.error);
            break;
        }
    } catch (const std::bad_alloc&) {
        result = TV_ERROR_MEMORY;
    } catch (...) {
        result = TV_ERROR_INTERNAL;
    }
    {
        const std::lock_guard lock(stats_mutex_);
        stats_.abandoned_threads = abandoned_->load();
    }
    tell_state(TV_STATE_CLOSED, reason, result, message);
    end(result);
    return result;
}

Result<UniqueFd> Receiver::connect_to_ask(const std::string& path) {
    TV_ASSIGN(UniqueFd connection, connect_display(path, false));
    TV_ASSIGN(UniqueFd ours, duplicate_fd(connection.get()));
    const std::lock_guard lock(mutex_);
    if (stop_wanted_) return fail(ErrorCategory::Closed, "the host stopped it");
    asking_ = std::move(ours);
    return connection;
}

void Receiver::choose_surfaces(SessionConfig& config, const backend::SurfaceBackend& surfaces,
                               const std::string& ask_at) {
    if (!surfaces.store) return;
    if (!ask_at.empty()) {
        bool stopped = false;
        const auto takes = backend::takes_surfaces([&] { return connect_to_ask(ask_at); }, *surfaces.store);
        {
            const std::lock_guard lock(mutex_);
            asking_.reset();
            stopped = stop_wanted_;
        }
        if (!takes) {
            if (!stopped) backend::log_refusal(config.log, takes.error());
            return;
        }
    }
    config.surfaces = surfaces.store;
    config.make_surface_painter = surfaces.make_painter;
}

SessionReport Receiver::serve_session(Result<std::unique_ptr<Session>> session) {
    if (!session) return {SessionEnd::Failed, session.error()};
    Session* running = session->get();
    // Whatever happens, nobody else is left with a session that is about to go.
    struct Leave {
        Receiver& self;
        ~Leave() {
            std::unique_ptr<Session> ended;
            std::unique_lock lock(self.mutex_);
            self.changed_.wait(lock, [this] { return self.session_users_ == 0; });
            ended = std::move(self.session_);
            lock.unlock();
            ended.reset();
            self.frames_.clear();
        }
    } leave{*this};
    {
        const std::lock_guard lock(mutex_);
        session_ = std::move(*session);
        if (stop_wanted_) session_->stop();
        if (pause_wanted_) (void)session_->pause(0);
    }
    return running->run();
}

void Receiver::end(tv_result result) {
    const std::lock_guard lock(mutex_);
    setup_.reset();
    phase_ = Phase::Ended;
    result_ = result;
    changed_.notify_all();
}

tv_result Receiver::wait(std::chrono::milliseconds timeout) {
    if (inside_callback()) return TV_ERROR_CALLBACK;
    std::unique_lock lock(mutex_);
    if (phase_ == Phase::Fresh) return TV_ERROR_STATE;
    const bool ended = changed_.wait_for(lock, timeout, [this] { return phase_ == Phase::Ended; });
    return ended ? result_ : TV_ERROR_TIMEOUT;
}

tv_result Receiver::stop(std::chrono::milliseconds timeout) {
    if (inside_callback()) return TV_ERROR_CALLBACK;
    std::unique_lock lock(mutex_);
    stop_wanted_ = true;
    if (phase_ == Phase::Fresh) return TV_OK;
    if (session_) session_->stop();
    if (asking_.valid()) (void)::shutdown(asking_.get(), SHUT_RDWR);
    const bool ended = changed_.wait_for(lock, timeout, [this] { return phase_ == Phase::Ended; });
    return ended ? TV_OK : TV_ERROR_TIMEOUT;
}

tv_result Receiver::close(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const tv_result stopped = stop(timeout);
    if (stopped == TV_ERROR_CALLBACK) return stopped;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const bool silent = callbacks_->close(std::max(left, std::chrono::milliseconds(0)));
    // A thread that is still in a callback keeps this object until it leaves.
    std::thread thread;
    {
        const std::lock_guard lock(mutex_);
        thread = std::move(thread_);
        if (phase_ == Phase::Fresh) setup_.reset();
    }
    if (thread.joinable() && stopped == TV_OK)
        thread.join();
    else if (thread.joinable())
        thread.detach();
    return stopped == TV_OK && silent ? TV_OK : TV_ERROR_TIMEOUT;
}

template <typename Use>
bool Receiver::with_session(Use use) {
    Session* session = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (!session_) return false;
        session = session_.get();
        ++session_users_;
    }
    use(*session);
    const std::lock_guard lock(mutex_);
    --session_users_;
    changed_.notify_all();
    return true;
}

tv_result Receiver::pause(std::chrono::milliseconds timeout) {
    if (inside_callback()) return TV_ERROR_CALLBACK;
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != Phase::Running) return TV_ERROR_STATE;
        pause_wanted_ = true;
        passes_->close();
        if (!session_) return TV_OK; // it begins so
    }
    // In slices: a session that ends meanwhile waits for us.
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    constexpr auto kSlice = std::chrono::milliseconds(20);
    while (true) {
        const auto now = std::chrono::steady_clock::now();
        const auto until = std::clamp(deadline, now, now + kSlice);
        bool idle = false;
        const bool running = with_session([&](Session& session) {
            idle = session.pause(std::chrono::nanoseconds(until - now).count()) && passes_->wait_until(until);
        });
        if (!running) return TV_ERROR_STATE;
        if (idle) return TV_OK;
        if (now >= deadline) return TV_ERROR_TIMEOUT;
    }
}

tv_result Receiver::resume() {
    const std::lock_guard lock(mutex_);
    pause_wanted_ = false;
    passes_->open();
    if (phase_ != Phase::Running) return TV_ERROR_STATE;
    if (session_) session_->resume();
    return TV_OK;
}

tv_result Receiver::release_memory() {
    const std::lock_guard lock(mutex_);
    if (session_) session_->release_memory();
    return TV_OK;
}

// --- what the host is told ---------------------------------------------------------------------------------

void Receiver::tell_state(tv_state state, tv_close_reason reason, tv_result result,
                          const std::string& message) {
    tv_state_event event{};
    event.size = sizeof event;
    event.state = state;
    event.reason = reason;
    event.result = result;
    event.wire_version = wire_version_;
    event.compression = compression_;
    event.title = named_.title.c_str();
    event.app_id = named_.app_id.c_str();
    event.message = message.c_str();
    event.surface = named_.id;
    event.abandoned_threads = abandoned_->load();
    callbacks_->call(&tv_callbacks::state, static_cast<const tv_state_event*>(&event));
}

void Receiver::connected(const ConnectionHeader& header) {
    wire_version_ = header.version;
    compression_ = compression_name(header.compression);
    tell_state(TV_STATE_CONNECTED);
}

void Receiver::named(const proxy::SurfaceName& surface) {
    named_ = surface;
    tell_state(TV_STATE_NAMED);
}

void Receiver::committed(proxy::CommittedFrame frame, mirror::Replica& replica) {
    if (!first_frame_told_ && !first_gate_) first_gate_ = frame.gate;
    if (frames_wanted_) frames_.committed(frame, replica);
}

void Receiver::forwarded(std::uint64_t gate, mirror::Replica& replica) {
    if (first_gate_ && gate >= *first_gate_) first_frame_now_ = true;
    if (!frames_wanted_) return;
    if (const auto event = frames_.forwarded(gate, replica, system_clock().steady()))
        events_.push_back(*event);
}

void Receiver::sending() {
    if (frames_wanted_) frames_.sending();
}

void Receiver::sent() {
    if (frames_wanted_) frames_.sent();
    if (first_frame_now_ && !std::exchange(first_frame_told_, true)) tell_state(TV_STATE_FIRST_FRAME);
    if (first_frame_told_) first_gate_.reset();
    for (const tv_frame_event& event : events_) callbacks_->call(&tv_callbacks::frame, &event);
    events_.clear();
}

void Receiver::take_statistics(const StatisticsSnapshot& snapshot) {
    {
        const std::lock_guard lock(stats_mutex_);
        stats_.frames = snapshot.frames;
        stats_.bytes = snapshot.bytes;
        stats_.frames_per_second = snapshot.frames_per_second;
        stats_.bytes_per_second = snapshot.bytes_per_second;
        stats_.failovers = stats_.without_picture = stats_.surfaces = 0;
        for (const SurfaceStatistics& surface : snapshot.surfaces) {
            stats_.failovers += surface.failovers;
            stats_.without_picture += surface.without_picture;
            if (!surface.destroyed) ++stats_.surfaces;
        }
        stats_.wire_version = snapshot.wire_version;
    }
    const tv_stats told = stats();
    callbacks_->call(&tv_callbacks::stats, &told);
}

tv_stats Receiver::stats() {
    tv_stats copy;
    {
        const std::lock_guard lock(stats_mutex_);
        copy = stats_;
    }
    {
        const std::lock_guard lock(mutex_);
        copy.paused = pause_wanted_ && phase_ == Phase::Running ? 1 : 0;
    }
    copy.frames_published = frame_counts_->published.load();
    copy.frames_held = frame_counts_->held.load();
    copy.frames_copied = frame_counts_->copied.load();
    return copy;
}

} // namespace tv::capi
