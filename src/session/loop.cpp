#include "session/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <thread>
#include <type_traits>

#include "base/poll.h"
#include "proxy/dmabuf.h"

namespace tv {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// What is still queued when one side is gone gets this long to reach the other: long enough for a busy
// compositor, short enough for somebody who waits for the program to end.
constexpr std::int64_t kDeliveryTime = 2'000 * kMillisecond;
// How long we go on reading after an error was sent: a socket closed with unread data would take the
// explanation back.
constexpr std::int64_t kDrainTime = 1'000 * kMillisecond;
// Both together once somebody wants the session to end: what the other end does not take at once, it does not
// take.
constexpr std::int64_t kStopTime = 300 * kMillisecond;
// How long ending waits for decoders that are in a call: the slowest ordinary one takes less.
constexpr std::int64_t kWorkerPatience = 500 * kMillisecond;

constexpr std::size_t kPipeRead = 32 * limits::kKiB; // what C peers put into one PipeTransfer

// SIGPIPE stays pending instead of ending the host's process. Restores the thread's mask; a SIGPIPE that came
// meanwhile is taken back, so that unblocking does not deliver it.
class BlockedSigpipe {
public:
    BlockedSigpipe() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~BlockedSigpipe() {
        sigset_t pending;
        sigpending(&pending);
        int signal = 0;
        if (!was_pending_ && sigismember(&pending, SIGPIPE) == 1) sigwait(&pipe_, &signal);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    BlockedSigpipe(const BlockedSigpipe&) = delete;
    BlockedSigpipe& operator=(const BlockedSigpipe&) = delete;

private:
    sigset_t pipe_;
    sigset_t before_;
    bool was_pending_ = false;
};

// An error instead of an exception.
template <typename Work>
std::invoke_result_t<Work> or_out_of_memory(Work work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCategory::Limit, "out of memory");
    }
}

unsigned worker_count(unsigned wanted) {
    return wanted != 0 ? wanted : std::max(1u, std::thread::hardware_concurrency() / 2);
}

// Decoding one picture and converting another at the same time is the least.
unsigned video_worker_count(unsigned wanted) {
    return wanted != 0 ? wanted : std::max(2u, std::thread::hardware_concurrency());
}

proxy::ProxyConfig proxy_config(SessionConfig& config, const Clock& clock, proxy::VideoConfig video,
                                proxy::FrameWatch* frame_watch, surface::SurfaceStore* surfaces) {
    proxy::ProxyConfig made;
    made.video = std::move(video);
    made.title_prefix = std::move(config.title_prefix);
    made.offer_gpu = config.offer_gpu;
    made.clock = &clock;
    made.log = config.log;
    made.frame_watch = frame_watch;
    made.surfaces = surfaces;
    made.surfaces_refused = std::move(config.surfaces_refused);
    made.delay_commit_for_test = std::move(config.delay_commit_for_test);
    return made;
}

} // namespace

SessionLoop::SessionLoop(SessionEndpoints endpoints, SessionConfig config, WakePipe wake)
    : clock_(config.clock != nullptr ? *config.clock : system_clock()), log_(config.log),
      wake_(std::move(wake)), tell_statistics_(std::move(config.statistics)),
      statistics_(tell_statistics_ ? std::make_optional<Statistics>(clock_) : std::nullopt),
      observer_(config.observer), compressions_(config.compressions), decoders_(std::move(config.decoders)),
      surfaces_(std::move(config.surfaces)),
      video_workers_(video_worker_count(config.worker_threads), config.thread_started,
                     [this] {
                         out_of_memory_.store(true);
                         wake_.wake();
                     }),
      workers_end_(video_workers_, log_, std::move(config.abandoned_threads)),
      proxy_(proxy_config(config, clock_, video_config(config), watch_frames(), surfaces_.get()), mirror_),
      channel_(std::move(endpoints.channel_in), std::move(endpoints.channel_out), config.tap),
      compositor_(std::move(endpoints.compositor)), reader_(channel_, proxy_),
      before_update_([this] { return advance(); }),
      waits_(std::array{wake_.fd(), compositor_.fd(), channel_.in()}),
      pool_(worker_count(config.worker_threads), [this] { wake_.wake(); }, config.thread_started) {
    mirror_.pool = &pool_;
    mirror_.max_written_bytes = std::min(config.limits.written_bytes, limits::kMaxWrittenBytes);
    video_workers_.keep(std::make_shared<const decltype(decoders_)>(decoders_));
}

SessionLoop::WorkersEnd::~WorkersEnd() {
    const unsigned left = workers_.finish(kWorkerPatience);
    if (left != 0) log_.warning("{} thread(s) left behind in a decoder that does not return", left);
    if (count_) count_->store(left);
}

proxy::FrameWatch* SessionLoop::watch_frames() {
    watches_.add(statistics_ ? &*statistics_ : nullptr);
    watches_.add(observer_);
    return watches_.any();
}

proxy::VideoConfig SessionLoop::video_config(SessionConfig& config) {
    proxy::VideoConfig video;
    video.threads = config.worker_threads;
    video.max_streams = std::min(config.limits.video_streams, limits::kMaxVideoStreams);
    video.max_pixels = std::min(config.limits.video_pixels, limits::kMaxVideoPixels);
    video.keep_pictures = config.keep_pictures;
    video.zero_pass = config.zero_pass;
    if (config.make_surface_painter) video.paint_surface = config.make_surface_painter(video_workers_, log_);
    for (const auto& factory : decoders_) video.decoders.push_back(factory.get());
    video.executor = &video_workers_;
    video.wake = [this] { wake_.wake(); };
    return video;
}

void SessionLoop::stop() {
    stopping_.store(true);
    wake_.wake();
}

bool SessionLoop::pause(std::int64_t patience) {
    paused_.store(true);
    wake_.wake();
    return video_workers_.pause(patience);
}

void SessionLoop::resume() {
    paused_.store(false);
    video_workers_.resume(clock_.steady());
    wake_.wake();
}

void SessionLoop::release_memory() {
    short_of_memory_.store(true);
    wake_.wake();
}

void SessionLoop::free_spare_memory() {
    pool_.release_memory();
    mirror_.scratch = {};
    pipe_buffer_ = {};
    if (surfaces_) surfaces_->release_free();
}

SessionReport SessionLoop::run() {
    BlockedSigpipe blocked;
    SessionReport report;
    while (true) {
        auto ending = try_turn();
        if (!ending) {
            report = {SessionEnd::Failed, ending.error()};
            break;
        }
        if (*ending) {
            report.end = **ending;
            break;
        }
    }
    try_finish(report);
    if (statistics_) report_statistics(true);
    report.gave_up_over_gpu =
        report.end == SessionEnd::ApplicationClosed && proxy::gave_up_over_dmabufs(proxy_);
    return report;
}

Result<SessionLoop::Ending> SessionLoop::try_turn() {
    return or_out_of_memory([this] { return turn(); });
}

void SessionLoop::try_finish(const SessionReport& report) {
    try {
        finish(report);
    } catch (const std::bad_alloc&) {
        log_.warning("out of memory: the other ends are not told why the connection ends");
    }
}

void SessionLoop::set_now() {
    now_ = mirror_.now = clock_.steady();
}

Result<SessionLoop::Ending> SessionLoop::turn() {
    set_now();
    collect_descriptors();
    if (waits_.wait(poll_, now_, due()) < 0 && errno != EINTR) return fail_errno("waiting for descriptors");
    if (stopping_.load()) return SessionEnd::Stopped;
    if (out_of_memory_.load()) return fail(ErrorCategory::Limit, "out of memory");
    set_now();

    if (poll_[kWake].revents != 0) wake_.drain();
    if (short_of_memory_.exchange(false)) free_spare_memory();
    Ending ending;
    if (poll_[kChannelIn].revents != 0) {
        TV_ASSIGN(ending, serve_channel());
    }
    if (!ending && poll_[kCompositor].revents != 0) {
        TV_ASSIGN(ending, serve_compositor());
    }
    serve_pipes();
    TV_TRY(advance());
    if (!ending) {
        TV_ASSIGN(ending, resume_channel());
    }
    if (surfaces_) surfaces_at_ = surfaces_->service(now_).value_or(0);
    ack_at_ = proxy_.channel.acknowledge(now_);
    TV_TRY(write_channel());
    if (statistics_ && statistics_->tick(now_, reader_.bytes_read())) report_statistics(false);
    return ending;
}

void SessionLoop::report_statistics(bool final) {
    StatisticsSnapshot snapshot = statistics_->take(clock_.steady(), reader_.bytes_read());
    snapshot.final = final;
    (void)clock_.now(LinuxClock::Realtime, snapshot.time);
    snapshot.compression = compression_name(mirror_.compression);
    snapshot.wire_version = proxy_.wire_version;
    snapshot.gpu = proxy_.dmabuf.bound;
    snapshot.surface_store = surfaces_ != nullptr;
    if (surfaces_) snapshot.surface_memory = surfaces_->counts();
    snapshot.surface_writes = mirror_.surface_writes;
    tell_statistics_(snapshot);
}

// A descriptor that is not wanted now stays out of the set: a hang-up would be reported again and again.
void SessionLoop::collect_descriptors() {
    auto& pipes = proxy_.rids.pipes();
    poll_.resize(kPipes + pipes.size());
    poll_[kWake] = {wake_.fd(), POLLIN, 0};

    std::size_t queued = proxy_.channel.size();
    auto compositor = static_cast<short>((queued < limits::kPauseCompositorBytes ? POLLIN : 0) |
                                         (proxy_.requests.blocked_by_socket() ? POLLOUT : 0));
    poll_[kCompositor] = {compositor != 0 ? compositor_.fd() : -1, compositor, 0};

    short out = channel_blocked_ ? POLLOUT : 0;
    // Also without POLLIN, so that a paused peer's end is noticed.
    short in = channel_paused() ? 0 : POLLIN;
    if (channel_.one_descriptor()) {
        poll_[kChannelIn] = {channel_.in(), static_cast<short>(in | out), 0};
        poll_[kChannelOut] = {-1, 0, 0};
    } else {
        poll_[kChannelIn] = {channel_.in(), in, 0};
        poll_[kChannelOut] = {out != 0 ? channel_.out() : -1, out, 0};
    }
    for (std::size_t i = 0; i < pipes.size(); ++i) {
        short wanted = 0;
        if (pipes[i].reads() && queued < limits::kPausePipesBytes) wanted |= POLLIN;
        if (pipes[i].wants_write()) wanted |= POLLOUT;
        // A sink without data still tells when its reader goes.
        bool listen = wanted != 0 || (pipes[i].writes() && !pipes[i].reads());
        poll_[kPipes + i] = {listen ? pipes[i].local().get() : -1, wanted, 0};
    }
}

std::int64_t SessionLoop::due() const {
    std::int64_t first = 0;
    for (std::int64_t at : {ack_at_, proxy_.requests.next_opening(), proxy_.video.deadline().value_or(0),
                            mirror_.recheck_at, surfaces_at_, statistics_ ? statistics_->next() : 0})
        if (at != 0 && (first == 0 || at < first)) first = at;
    return first;
}

Result<SessionLoop::Ending> SessionLoop::serve_channel() {
    short revents = poll_[kChannelIn].revents;
    if ((revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) == 0) return Ending{};
    if (channel_paused()) {
        // What a peer that is gone had still to say cannot be delivered in time anyway: its requests queue up
        // before a compositor that takes none.
        return (revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? Ending{SessionEnd::ApplicationClosed}
                                                               : Ending{};
    }
    TV_ASSIGN(bool open, reader_.read(now_, before_update_));
    TV_TRY(greet());
    if (!open) log_.debug("the remote waypipe closed the channel");
    if (!open || proxy_.peer_closed()) return Ending{SessionEnd::ApplicationClosed};
    return Ending{};
}

// Once the connection header has been read.
Status SessionLoop::greet() {
    if (connected_ || !reader_.header_read()) return {};
    connected_ = true;
    const ConnectionHeader& header = reader_.header();
    if ((compressions_ >> static_cast<unsigned>(header.compression) & 1) == 0)
        return fail(ErrorCategory::Unsupported, "the remote side's compression is not wanted here");
    if (observer_ != nullptr) observer_->connected(header);
    return {};
}

// Goes on with what was read before the congestion.
Result<SessionLoop::Ending> SessionLoop::resume_channel() {
    while (reader_.held_back() && !channel_paused()) {
        TV_TRY(reader_.resume(now_, before_update_));
        TV_TRY(advance());
    }
    return proxy_.peer_closed() ? Ending{SessionEnd::ApplicationClosed} : Ending{};
}

Result<SessionLoop::Ending> SessionLoop::serve_compositor() {
    if ((poll_[kCompositor].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) == 0) return Ending{};
    auto count = compositor_.receive(events_, event_fds_);
    if (!count && count.error().category == ErrorCategory::TryAgain) return Ending{};
    if ((!count && count.error().category == ErrorCategory::Closed) || (count && *count == 0)) {
        log_.debug("the compositor closed the connection");
        return Ending{SessionEnd::CompositorClosed};
    }
    if (!count) return std::unexpected(count.error());
    TV_TRY(proxy_.compositor_events(events_, event_fds_));
    return Ending{};
}

void SessionLoop::serve_pipes() {
    auto& pipes = proxy_.rids.pipes();
    // Pipes opened since the poll come at the end and have no result yet.
    std::size_t polled = std::min(pipes.size(), poll_.size() - kPipes);
    for (std::size_t i = 0; i < polled; ++i)
        if (poll_[kPipes + i].revents != 0) serve_pipe(pipes[i], poll_[kPipes + i].revents);
    proxy_.rids.drop_closed_pipes();
}

void SessionLoop::serve_pipe(mirror::Pipe& pipe, short revents) {
    if (pipe.reads() && (revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        if (pipe_buffer_.empty()) pipe_buffer_.resize(kPipeRead);
        auto count = pipe.read(pipe_buffer_);
        if (count && *count != 0)
            proxy_.channel.send_pipe_data(pipe.rid(), Bytes(pipe_buffer_).first(*count));
        if (count && *count == 0) {
            proxy_.channel.send(msg::PipeShutdownW{pipe.rid()});
            pipe.close_reading();
        }
    }
    if (!pipe.writes()) return;
    bool reader_gone = (revents & (POLLERR | POLLNVAL)) != 0;
    // A socket pair whose other end is closed reports a hang-up, again and again.
    reader_gone = reader_gone || (!pipe.reads() && (revents & POLLHUP) != 0);
    if ((revents & POLLOUT) != 0 && !reader_gone) reader_gone = !pipe.write();
    if (reader_gone) proxy_.channel.send(msg::PipeShutdownR{pipe.rid()});
    if (reader_gone || pipe.finished_writing()) pipe.close_writing();
}

Status SessionLoop::advance() {
    mirror_.recheck_at = 0;
    bool progress = true;
    while (progress) {
        progress = false;
        auto apply = [&progress](mirror::Replica& file) -> Status {
            TV_ASSIGN(bool some, file.pump());
            progress = progress || some;
            return {};
        };
        mirror_.drop_finished_orphans();
        if (mirror_.waiting_replicas != 0) TV_TRY(proxy_.rids.for_each_waiting(apply));
        if (proxy_.requests.empty()) continue;
        auto passed = flush_requests();
        // The compositor may have said why before it closed: reading tells.
        if (!passed && passed.error().category == ErrorCategory::Closed) return {};
        if (!passed) return std::unexpected(passed.error());
        progress = progress || (*passed && mirror_.waiting_replicas != 0);
    }
    return {};
}

Result<bool> SessionLoop::flush_requests() {
    if (observer_ == nullptr) return proxy_.requests.flush(compositor_, now_);
    observer_->sending();
    auto passed = or_out_of_memory([this] { return proxy_.requests.flush(compositor_, now_); });
    observer_->sent(); // no destructor's business: the host's callbacks run in it
    return passed;
}

// False: the peer takes nothing now.
Result<bool> SessionLoop::write_channel() {
    channel_blocked_ = false;
    while (proxy_.channel.size() != 0 && !channel_broken_) {
        auto count = channel_.write(proxy_.channel.ready());
        if (count) {
            proxy_.channel.written(*count);
            continue;
        }
        channel_blocked_ = count.error().category == ErrorCategory::TryAgain;
        if (channel_blocked_) return false;
        if (count.error().category != ErrorCategory::Closed) return std::unexpected(count.error());
        // What the peer has sent before it went is still to be read.
        channel_broken_ = true;
    }
    if (channel_broken_) proxy_.channel.written(proxy_.channel.ready().size());
    return true;
}

// --- the end
// -------------------------------------------------------------------------------------------------

void SessionLoop::finish(const SessionReport& report) {
    set_now();
    std::int64_t deadline = now_ + kDeliveryTime;
    switch (report.end) {
    case SessionEnd::ApplicationClosed:
        deliver_requests(deadline);
        deliver_pipes(deadline);
        break;
    case SessionEnd::CompositorClosed:
    case SessionEnd::Stopped:
        proxy_.channel.send_close();
        break;
    case SessionEnd::Failed:
        if (report.error) {
            auto blamed = proxy_.blamed_object().value_or(proxy::Proxy::BlamedObject{});
            proxy_.channel.send_error("tunnelview: " + describe(*report.error), blamed.object, blamed.code);
        }
        break;
    }
    deliver_events(deadline);
    channel_.finish_writing();
    if (report.end == SessionEnd::Failed) drain_channel(clock_.steady() + kDrainTime);
}

std::int64_t SessionLoop::shortened(std::int64_t deadline) {
    if (!stopping_.load()) return deadline;
    if (stop_deadline_ == 0) stop_deadline_ = now_ + kStopTime;
    return std::min(deadline, stop_deadline_);
}

// The last requests of an application that has ended: a commit may still wait for its pixels.
void SessionLoop::deliver_requests(std::int64_t deadline) {
    while (!proxy_.requests.empty() && now_ < deadline && !stopping_.load()) {
        if (!advance() || proxy_.requests.empty()) return;
        pollfd ask[2] = {{wake_.fd(), POLLIN, 0}, {compositor_.fd(), 0, 0}};
        if (proxy_.requests.blocked_by_socket()) ask[1].events = POLLOUT;
        (void)poll_descriptors(ask, 10);
        if ((ask[1].revents & (POLLHUP | POLLERR)) != 0) return;
        if (ask[0].revents != 0) wake_.drain();
        set_now();
    }
}

// What an application that has ended had copied: its last words may be data and Close together.
void SessionLoop::deliver_pipes(std::int64_t deadline) {
    auto& pipes = proxy_.rids.pipes();
    while (now_ < deadline && !stopping_.load()) {
        poll_.assign(1, {wake_.fd(), POLLIN, 0});
        for (const mirror::Pipe& pipe : pipes) {
            bool waits = pipe.writes() && pipe.queued() != 0;
            poll_.push_back({waits ? pipe.local().get() : -1, POLLOUT, 0});
        }
        if (std::ranges::all_of(std::span(poll_).subspan(1), [](const pollfd& ask) { return ask.fd < 0; }))
            return;
        (void)::poll(poll_.data(), static_cast<nfds_t>(poll_.size()), 10);
        if (poll_[0].revents != 0) wake_.drain();
        for (std::size_t i = 0; i < pipes.size(); ++i)
            if (poll_[i + 1].revents != 0 && !pipes[i].write()) pipes[i].close_writing();
        now_ = clock_.steady();
    }
}

void SessionLoop::deliver_events(std::int64_t deadline) {
    while (now_ < shortened(deadline)) {
        auto done = write_channel();
        if (!done || *done) return;
        pollfd ask{channel_.out(), POLLOUT, 0};
        (void)::poll(&ask, 1, 10);
        now_ = clock_.steady();
    }
}

void SessionLoop::drain_channel(std::int64_t deadline) {
    std::vector<std::byte> dropped(kPipeRead);
    iovec part{dropped.data(), dropped.size()};
    while (now_ < shortened(deadline) && !channel_broken_) {
        pollfd ask{channel_.in(), POLLIN, 0};
        if (::poll(&ask, 1, 50) > 0) {
            auto count = channel_.read(std::span(&part, 1));
            if (count ? *count == 0 : count.error().category != ErrorCategory::TryAgain) return;
        }
        now_ = clock_.steady();
    }
}

} // namespace tv
