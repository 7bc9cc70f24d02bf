// One decoder and its calls, in order, on an executor's workers. Part of the driver.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "video/decoder.h"
#include "video/executor.h"

namespace tv::video {

struct LaneEvent {
    enum class Kind : std::uint8_t {
        Created,  // the factory's answer; outcome holds its error, if any
        Returned, // decode() came back and the ticket is still out
        Decoded,  // the ticket's report
    };
    Kind kind = Kind::Created;
    std::uint64_t ticket = 0;
    Result<std::optional<Picture>> outcome{};
    std::int64_t began = 0; // Decoded: when decode() was called; steady nanoseconds
    std::int64_t time = 0;
};

// What decoders report to, from any thread. Outlives the driver when a decoder hangs.
class LaneInbox final : public DecodeSink {
public:
    // `wake` is called from any thread after events came; never again after close().
    // `handed_on`: where tickets that outlive their call are counted, or nullptr.
    LaneInbox(const Clock& clock, std::function<void()> wake, std::shared_ptr<HandedOn> handed_on)
        : clock_(clock), handed_on_(std::move(handed_on)), wake_(std::move(wake)) {}
    ~LaneInbox() override; // the decoder is gone
    LaneInbox(const LaneInbox&) = delete;
    LaneInbox& operator=(const LaneInbox&) = delete;

    void decoded(std::uint64_t ticket, Result<std::optional<Picture>> outcome) override;
    void using_hardware(bool hardware) override {
        hardware_.store(hardware ? 1 : 0, std::memory_order_relaxed);
    }
    // nullopt: what the factory says of all its decoders.
    [[nodiscard]] std::optional<bool> hardware() const {
        const int said = hardware_.load(std::memory_order_relaxed);
        return said < 0 ? std::nullopt : std::optional(said == 1);
    }
    void begin(std::uint64_t ticket);
    void created(Status status);
    // After decode(): says Returned unless the ticket was reported. Whether it was not.
    bool returned(std::uint64_t ticket);
    void close();
    void take(std::vector<LaneEvent>& events); // replaces the contents

private:
    struct Begun {
        std::uint64_t ticket;
        std::int64_t time;
        bool handed_on = false; // decode() has returned
    };
    void push_while_locked(LaneEvent event);
    void tell();

    const Clock& clock_;
    const std::shared_ptr<HandedOn> handed_on_;
    std::atomic<int> hardware_{-1};
    // Apart from the events' mutex: whoever is woken takes the events at once, and would have to wait for it.
    std::mutex wake_mutex_;
    std::function<void()> wake_;
    std::mutex mutex_;
    std::vector<LaneEvent> events_;
    std::vector<Begun> begun_; // tickets given to the decoder and not reported
    bool closed_ = false;
};

// Made, used and abandoned by the driver's thread.
class Lane : public std::enable_shared_from_this<Lane> {
public:
    // Begins with creating the decoder, on a worker. The executor lives longer than the lane's last task.
    [[nodiscard]] static std::shared_ptr<Lane> start(DecoderFactory& factory, const StreamParameters& stream,
                                                     Executor& executor, const Clock& clock,
                                                     std::function<void()> wake);

    // `last`: no packet is queued behind it, so the decoder is asked for pictures that it holds back.
    void decode(AccessUnit unit, bool last);
    void wait_for_delayed();
    // No event and no wake after this. The decoder goes once its running call returned: a hardware decoder
    // among the executor's last calls, any other on a worker. If that is after the executor's end, nothing
    // but the decoder, the factory and the clock is touched.
    void abandon();

    void take_events(std::vector<LaneEvent>& events) { inbox_->take(events); }
    [[nodiscard]] std::optional<bool> hardware() const { return inbox_->hardware(); }
    // Since when a call has been running, 0: none is; steady nanoseconds. And where.
    [[nodiscard]] std::int64_t busy_since() const { return busy_since_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::thread::id busy_worker();

private:
    enum class Call : std::uint8_t { Create, Decode, Wait };
    struct Command {
        Call call;
        AccessUnit unit{};
        bool last = false;
    };

    Lane(DecoderFactory& factory, const StreamParameters& stream, Executor& executor, const Clock& clock,
         std::shared_ptr<LaneInbox> inbox)
        : factory_(factory), stream_(stream), executor_(executor),
          last_calls_(factory.hardware() ? executor.last_calls() : nullptr), clock_(clock),
          inbox_(std::move(inbox)) {}
    void enqueue(Command command);
    void post();
    void run_one();
    [[nodiscard]] bool next_command(Command& command);
    void perform(const Command& command);
    void decode_now(const Command& command);
    void end_decoder();

    DecoderFactory& factory_;
    const StreamParameters stream_;
    Executor& executor_;
    // Empty: the decoder's end returns. Weak, since the executor may still hold our tasks when it ends.
    const std::weak_ptr<LastCalls> last_calls_;
    const Clock& clock_;
    const std::shared_ptr<LaneInbox> inbox_;
    std::unique_ptr<Decoder> decoder_; // the running task's
    std::atomic<std::int64_t> busy_since_{0};

    std::mutex mutex_;
    Fifo<Command> commands_;
    std::thread::id worker_;
    bool scheduled_ = false; // a task of ours is posted or runs
    bool abandoned_ = false;
};

} // namespace tv::video
