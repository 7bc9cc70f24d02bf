// What a 1080p picture costs us besides Apple's functions, which do nothing here: time, calls, allocations.
// The time is printed and bounded by `make bench` alone.

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "call_list.h"
#include "cost.h"
#include "video/decoders.h"
#include "video/packet.h"
#include "video/recorded.h"
#include "video/stream.h"
#include "video/worker_pool.h"

namespace tv::video {
namespace {

constexpr int kFrames = 600;
constexpr double kMostAllocations = 0.1;

class DecodingCost : public testing::Test {
protected:
    void SetUp() override {
        const auto recorded = test::recorded_streams(TV_VIDEO_FIXTURES "/084-h264-1080p-150.s2c");
        ASSERT_TRUE(recorded);
        for (const auto& [rid, stream] : *recorded) {
            if (stream.packets.size() > 50) recording = stream;
        }
        ASSERT_FALSE(recording.packets.empty());
        for (const auto& packet : recording.packets)
            packets.push_back(std::make_shared<const Packet>(Bytes(packet)));
    }

    // Packets of pictures between key frames, each shown before the next comes.
    void show(Stream& stream, int count) {
        for (int i = 0; i < count; ++i) {
            const std::uint64_t number = stream.push(packets[1 + next_++ % (packets.size() - 1)]);
            wait_for(stream, number);
        }
    }
    void wait_for(Stream& stream, std::uint64_t number) {
        while (stream.shown() <= number) {
            std::unique_lock lock(mutex);
            rang.wait(lock, [this] { return ringing; });
            ringing = false;
            lock.unlock();
            stream.service();
        }
    }
    void ring() {
        const std::lock_guard lock(mutex);
        ringing = true;
        rang.notify_one();
    }

    test::RecordedStream recording;
    std::vector<std::shared_ptr<const Packet>> packets;
    std::mutex mutex;
    std::condition_variable rang;
    bool ringing = false;

private:
    std::size_t next_ = 0;
};

TEST_F(DecodingCost, of_a_1080p_picture_in_calls_and_allocations_is_what_is_committed) {
    const auto factory = videotoolbox_decoders();
    WorkerPool pool(2);
    DriverOptions options;
    options.codec = Codec::H264;
    options.buffer = {1920, 1080};
    options.decoders = {factory.get()};
    options.executor = &pool;
    options.wake = [this] { ring(); };
    Stream stream(std::move(options), [](const Picture&, const PaintDone& done) { done({}); });
    wait_for(stream, stream.push(packets[0]));
    show(stream, 200);

    const noop::Cost before;
    show(stream, kFrames);
    const noop::Cost::PerFrame cost = before.of(kFrames);
    noop::report("a 1080p picture, decoding alone", cost);
    EXPECT_EQ(cost.calls, test::committed_calls(TV_CALLS "/calls.txt"));
    // Rare ones remain: queues that grow once more, a worker that is slow to let go.
    EXPECT_LE(cost.allocations, kMostAllocations);
}

} // namespace
} // namespace tv::video
