// A decoder whose every failure is on demand, and what else the driver's tests need in place of the real
// thing.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "video/decoder.h"
#include "video/executor.h"

namespace tv::test {

class FakeClock final : public Clock {
public:
    [[nodiscard]] bool now(LinuxClock, std::int64_t& nanoseconds) const override {
        nanoseconds = steady();
        return true;
    }
    [[nodiscard]] std::int64_t steady() const override { return time_.load(); }
    void advance_to(std::int64_t time) { time_ = std::max(time_.load(), time); }

private:
    std::atomic<std::int64_t> time_{1'000'000'000};
};

// Runs tasks on the test's own thread, when it says so.
class ManualExecutor final : public video::Executor {
public:
    [[nodiscard]] Status post(video::Task task) override {
        tasks_.push_back(std::move(task));
        return {};
    }
    void give_up_worker(std::thread::id) override {}
    [[nodiscard]] std::optional<std::int64_t> running_since() const override { return running_since_; }
    std::optional<std::int64_t> running_since_ = 0; // nullopt: it pauses
    // Whether there was anything to run.
    bool run_all() {
        const bool any = !tasks_.empty();
        while (run_one()) {
        }
        return any;
    }
    bool run_one() {
        if (tasks_.empty()) return false;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        task();
        return true;
    }

private:
    std::deque<video::Task> tasks_;
};

// Packets for the fake: VP9 frame headers, which the driver reads, with a byte behind them, which the fake
// does.
[[nodiscard]] std::vector<std::byte> fake_key(std::uint8_t id, video::Size size);
[[nodiscard]] std::vector<std::byte> fake_inter(std::uint8_t id);
// The luma of a picture whose packets since the key frame have these bytes: each depends on all before it.
[[nodiscard]] std::uint8_t fake_luma(const std::vector<std::uint8_t>& ids_since_key);

enum class Fate : std::uint8_t {
    Picture,
    Corrupted,
    CorruptedLate, // said behind the next packet's picture, which shows it
    Unsupported,
    Broken,    // the decoder's own failure
    Nothing,   // a report without picture
    Small,     // a picture smaller than the stream
    Truncated, // planes that do not cover it
    OnAsking,  // held back until asked for delayed pictures
    OnWaiting, // held back until waited for
    OnNext,    // held back until the next packet, and not even waiting helps
    Silent,    // never reported
    Hang,      // decode() does not return until release(), and reports nothing
    Slow,      // decode() reports a picture, after release()
    Elsewhere, // the same from a thread of the decoder's, while decode() has returned
};

// Shared by the decoders of one kind.
struct FakeScript {
    std::string name = "fake";
    bool hardware = false;
    // Of the n-th decoder made (from 0); success when unset.
    std::function<std::optional<ErrorCategory>(int decoder)> create{};
    // What prepare() says; success when unset.
    std::function<Status(video::Codec)> prepare{};
    // What happens to a packet; Picture when unset. `ordinal`: counts this decoder's packets from 0.
    std::function<Fate(int decoder, std::uint64_t ticket)> fate{};

    // What happened.
    std::atomic<int> created{0};
    std::atomic<int> alive{0};
    std::atomic<int> decoded{0};
    std::atomic<int> reported_elsewhere{0};
    std::atomic<int> waited{0};
    std::atomic<bool> out_of_order{false}; // fed with a gap, or not from a key frame on

    void release();
    void hang();

private:
    std::mutex mutex_;
    std::condition_variable released_cv_;
    bool released_ = false;
};

class FakeFactory final : public video::DecoderFactory {
public:
    explicit FakeFactory(FakeScript& script) : script_(script) {}
    [[nodiscard]] const char* name() const override { return script_.name.c_str(); }
    [[nodiscard]] bool hardware() const override { return script_.hardware; }
    [[nodiscard]] bool may_decode(video::Codec) const override { return true; }
    [[nodiscard]] Status prepare(video::Codec codec) override {
        return script_.prepare ? script_.prepare(codec) : Status{};
    }
    [[nodiscard]] Result<std::unique_ptr<video::Decoder>>
    create(const video::StreamParameters& stream, std::shared_ptr<video::DecodeSink> sink) override;

private:
    FakeScript& script_;
};

} // namespace tv::test
