// The poll loop of one session.
#pragma once

#include <atomic>
#include <vector>

#include <poll.h>

#include "base/wait_set.h"
#include "mirror/decompress_pool.h"
#include "proxy/proxy.h"
#include "session/channel_link.h"
#include "session/channel_reader.h"
#include "session/observer.h"
#include "session/session.h"
#include "session/statistics.h"
#include "session/wake.h"
#include "video/worker_pool.h"

namespace tv {

class SessionLoop final : public Session {
public:
    SessionLoop(SessionEndpoints endpoints, SessionConfig config, WakePipe wake);

    [[nodiscard]] SessionReport run() override;
    void stop() override;
    [[nodiscard]] bool pause(std::int64_t patience) override;
    void resume() override;
    void release_memory() override;

private:
    // Why the loop ends; no value: it goes on.
    using Ending = std::optional<SessionEnd>;

    [[nodiscard]] proxy::VideoConfig video_config(SessionConfig& config);
    [[nodiscard]] proxy::FrameWatch* watch_frames();
    [[nodiscard]] Result<Ending> turn();
    // An error instead of an exception, which would end the host's process.
    [[nodiscard]] Result<Ending> try_turn();
    void try_finish(const SessionReport& report);
    void collect_descriptors();
    // When something is due though nobody says anything; 0: never.
    [[nodiscard]] std::int64_t due() const;
    [[nodiscard]] Result<Ending> serve_channel();
    [[nodiscard]] Status greet();
    [[nodiscard]] Result<Ending> resume_channel();
    [[nodiscard]] Result<Ending> serve_compositor();
    void serve_pipes();
    void serve_pipe(mirror::Pipe& pipe, short revents);
    // Applies updates and forwards requests until neither makes progress.
    [[nodiscard]] Status advance();
    [[nodiscard]] Result<bool> flush_requests();
    [[nodiscard]] Result<bool> write_channel();
    void report_statistics(bool final);
    void free_spare_memory();
    [[nodiscard]] bool channel_paused() const { return paused_.load() || proxy_.congested(); }

    void set_now();

    // After the loop, for a bounded time: what is queued still goes where it belongs.
    void finish(const SessionReport& report);
    // Nearer when somebody asked us to stop meanwhile.
    [[nodiscard]] std::int64_t shortened(std::int64_t deadline);
    void deliver_requests(std::int64_t deadline);
    void deliver_pipes(std::int64_t deadline);
    void deliver_events(std::int64_t deadline);
    void drain_channel(std::int64_t deadline);

    const Clock& clock_;
    const Log log_;
    WakePipe wake_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> paused_{false};
    std::atomic<bool> short_of_memory_{false};
    std::atomic<bool> out_of_memory_{false}; // a worker was
    std::int64_t stop_deadline_ = 0;         // set once stopping_ was seen in finish()

    const std::function<void(const StatisticsSnapshot&)> tell_statistics_;
    std::optional<Statistics> statistics_;
    SessionObserver* const observer_;
    FrameWatches watches_;
    const unsigned compressions_;
    bool connected_ = false;
    mirror::MirrorState mirror_;
    const std::vector<std::shared_ptr<video::DecoderFactory>> decoders_;
    const std::shared_ptr<surface::SurfaceStore> surfaces_; // null: pixels are in files
    video::WorkerPool video_workers_;                       // its threads call wake_
    // Between the proxy's end, which gives decoders up, and that of the workers.
    class WorkersEnd {
    public:
        WorkersEnd(video::WorkerPool& workers, const Log& log, std::shared_ptr<std::atomic<unsigned>> count)
            : workers_(workers), log_(log), count_(std::move(count)) {}
        ~WorkersEnd();
        WorkersEnd(const WorkersEnd&) = delete;
        WorkersEnd& operator=(const WorkersEnd&) = delete;

    private:
        video::WorkerPool& workers_;
        const Log& log_;
        const std::shared_ptr<std::atomic<unsigned>> count_;
    } workers_end_;
    proxy::Proxy proxy_;
    ChannelLink channel_;
    CompositorLink compositor_;
    ChannelReader reader_;
    ByteQueue events_;
    Fifo<UniqueFd> event_fds_;
    const std::function<Status()> before_update_;

    // Indices into poll_; pipes follow in the order of proxy_.rids.pipes().
    enum Slot : std::size_t { kWake, kCompositor, kChannelIn, kChannelOut, kPipes };
    std::vector<pollfd> poll_;
    WaitSet waits_;
    std::vector<std::byte> pipe_buffer_;
    bool channel_blocked_ = false; // the socket took less than there is
    bool channel_broken_ = false;  // it takes nothing any more
    std::int64_t now_ = 0;         // Clock::steady(), once a turn
    std::int64_t ack_at_ = 0;
    std::int64_t surfaces_at_ = 0; // when the store is to be served; 0: never

    // Last, so that its threads end first: they call wake_.
    mirror::DecompressPool pool_;
};

} // namespace tv
