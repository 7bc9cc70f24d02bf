// What a 1080p picture costs us besides Apple's functions, which do nothing here: time, calls, allocations.
//
// A program of its own, because it replaces operator new to count.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <new>

#include <sys/resource.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "noop.h"
#include "video/decoders.h"
#include "video/packet.h"
#include "video/recorded.h"
#include "video/stream.h"
#include "video/worker_pool.h"

namespace {
std::atomic<std::uint64_t> g_allocations = 0;

void* counted(std::size_t size) {
    g_allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    std::abort();
}
} // namespace

void* operator new(std::size_t size) {
    return counted(size);
}
void* operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace tv::video {
namespace {

constexpr int kFrames = 600;
// Milliseconds of processor time of all our threads.
constexpr double kMostTime = 0.25;
constexpr double kMostAllocations = 0.1;

double processor_milliseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto milliseconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

class Cost : public testing::Test {
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

TEST_F(Cost, of_a_1080p_picture_stays_within_what_is_committed) {
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

    const auto calls_before = noop::calls();
    const std::uint64_t allocations_before = g_allocations;
    const double time_before = processor_milliseconds();
    show(stream, kFrames);
    const double time = (processor_milliseconds() - time_before) / kFrames;
    const double allocations = static_cast<double>(g_allocations - allocations_before) / kFrames;
    const auto calls_after = noop::calls();

    std::string counted;
    for (const auto& [name, count] : calls_after) {
        const auto found = calls_before.find(name);
        const unsigned long more = count - (found == calls_before.end() ? 0 : found->second);
        if (more != 0) counted += fmt::format("{} {:g}\n", name, static_cast<double>(more) / kFrames);
    }
    std::ifstream list(TV_CALLS_FILE);
    std::string committed;
    for (std::string line; std::getline(list, line);)
        if (!line.empty() && line[0] != '#') committed += line + "\n";
    EXPECT_EQ(counted, committed);

    fmt::print("a 1080p picture: {:.3f} ms of processor time, {:.1f} allocations\n", time, allocations);
    RecordProperty("milliseconds", fmt::format("{:.3f}", time));
    RecordProperty("allocations", fmt::format("{:.1f}", allocations));
    EXPECT_LE(time, kMostTime);
    // Rare ones remain: queues that grow once more, a worker that is slow to let go.
    EXPECT_LE(allocations, kMostAllocations);
}

} // namespace
} // namespace tv::video
