// Packets in, pixels out: which picture is in the buffer when a commit may go, and a storm of failures.
#include <random>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/fake_decoder.h"
#include "video/stream.h"
#include "video/worker_pool.h"

namespace tv::video {
namespace {

using test::Buffer;
using test::FakeScript;
using test::Fate;

constexpr Size kBuffer{16, 8};

// What a flat picture of this luma is in the buffer.
std::byte grey(std::uint8_t luma) {
    const double code = std::clamp(255.0 / 219.0 * (luma - 16), 0.0, 255.0);
    return std::byte{static_cast<unsigned char>(std::lround(code))};
}

class StreamTest : public testing::Test {
protected:
    FakeScript hardware, software;
    test::FakeFactory hardware_factory{hardware}, software_factory{software};
    test::FakeClock clock;
    test::ManualExecutor executor;
    std::shared_ptr<Buffer> pixels = std::make_shared<Buffer>(std::size_t{16} * 8 * 4);
    std::unique_ptr<Stream> stream;
    std::vector<std::vector<std::uint8_t>> history;

    void SetUp() override {
        hardware.hardware = true;
        DriverOptions options;
        options.codec = Codec::Vp9;
        options.buffer = kBuffer;
        options.decoders = {&hardware_factory, &software_factory};
        options.executor = &executor;
        options.clock = &clock;
        stream = std::make_unique<Stream>(
            std::move(options), paint_pixels({*pixels, 16 * 4, kBuffer, PixelFormat::Xrgb8888}, pixels));
    }
    std::uint64_t push(bool key) {
        const auto id = static_cast<std::uint8_t>(history.size() * 37 + 5);
        history.push_back(key || history.empty() ? std::vector<std::uint8_t>{} : history.back());
        history.back().push_back(id);
        return stream->push(
            std::make_shared<const Packet>(Bytes(key ? test::fake_key(id, kBuffer) : test::fake_inter(id))));
    }
    void settle() {
        do stream->service();
        while (executor.run_all());
    }
    bool shows(std::uint64_t packet) { return (*pixels)[0] == grey(test::fake_luma(history[packet])); }
};

TEST_F(StreamTest, a_commit_is_ready_when_its_picture_is_in_the_pixels_and_not_before) {
    const std::uint64_t packet = push(true);
    stream->hold(packet + 1);
    EXPECT_LE(stream->shown(), packet);
    int steps = 0;
    while (stream->shown() <= packet && steps++ < 20) {
        EXPECT_FALSE(shows(packet) && !stream->painting());
        executor.run_one();
        stream->service();
    }
    EXPECT_GT(stream->shown(), packet);
    EXPECT_TRUE(shows(packet));
    EXPECT_EQ((*pixels)[3], std::byte{0xff});
    EXPECT_EQ(stream->statistics().painted, 1u);
}

TEST_F(StreamTest, later_pictures_wait_for_the_commit_before_them) {
    const std::uint64_t first = push(true);
    stream->hold(first + 1);
    const std::uint64_t second = push(false);
    push(false);
    settle();
    EXPECT_GT(stream->shown(), first);
    EXPECT_LE(stream->shown(), second);
    EXPECT_TRUE(shows(first)) << "the compositor has not seen it yet";
    stream->hold(second + 1);
    settle();
    EXPECT_TRUE(shows(second));
    stream->hold(std::nullopt);
    settle();
    EXPECT_TRUE(shows(2));
}

TEST_F(StreamTest, pictures_that_a_newer_one_overtakes_are_decoded_and_not_converted) {
    push(true);
    settle();
    for (int i = 0; i < 3; ++i) push(false);
    while (executor.run_all()) {
    } // all decoded, nothing collected
    settle();
    EXPECT_TRUE(shows(3));
    EXPECT_EQ(hardware.decoded, 4);
    const auto statistics = stream->statistics();
    EXPECT_EQ(statistics.painted + statistics.overtaken, 4u);
    EXPECT_GE(statistics.overtaken, 2u);
}

TEST_F(StreamTest, a_held_stream_stops_decoding_after_a_few_pictures_and_goes_on_later) {
    const std::uint64_t first = push(true);
    stream->hold(first + 1);
    for (int i = 0; i < 20; ++i) push(false);
    settle();
    EXPECT_LE(hardware.decoded, 5);
    EXPECT_GT(stream->queued_bytes(), 0u);
    stream->hold(std::nullopt);
    settle();
    EXPECT_GT(stream->shown(), 20);
    EXPECT_TRUE(shows(20));
}

TEST_F(StreamTest, what_cannot_be_decoded_is_ready_with_the_last_good_picture) {
    hardware.fate = software.fate = [](int, std::uint64_t ticket) {
        return ticket == 1 ? Fate::Corrupted : Fate::Picture;
    };
    push(true);
    settle();
    const std::uint64_t broken = push(false);
    settle();
    EXPECT_GT(stream->shown(), broken);
    EXPECT_TRUE(shows(0));
}

TEST_F(StreamTest,
       the_end_of_a_stream_that_is_being_painted_leaves_its_memory_mapped_until_the_worker_is_done) {
    push(true);
    for (int i = 0; i < 10 && !stream->painting(); ++i) {
        executor.run_one();
        stream->service();
    }
    ASSERT_TRUE(stream->painting());
    const std::weak_ptr<Buffer> memory = pixels;
    pixels.reset();
    stream.reset();
    EXPECT_FALSE(memory.expired());
    executor.run_all();
    EXPECT_TRUE(memory.expired());
}

// Any mixture of failures, delays, bursts and key frames: each packet is decided, what is shown is right,
// nothing is fed with a gap, and with the failures gone a key frame brings the picture back.
class Storm : public testing::TestWithParam<unsigned> {};

TEST_P(Storm, every_packet_is_decided_and_no_wrong_picture_is_shown) {
    std::minstd_rand random(GetParam());
    auto one_in = [&](unsigned n) { return random() / 7 % n == 0; };
    FakeScript scripts[3];
    std::vector<std::unique_ptr<test::FakeFactory>> factories;
    bool calm = false;
    const unsigned rarity = 2 + GetParam() % 30;
    for (int i = 0; i < 3; ++i) {
        FakeScript& script = scripts[i];
        script.hardware = i < 2;
        script.create = [&](int) -> std::optional<ErrorCategory> {
            if (calm || !one_in(rarity)) return std::nullopt;
            return ErrorCategory::Io;
        };
        script.fate = [&](int, std::uint64_t) {
            if (calm || !one_in(rarity)) return Fate::Picture;
            constexpr Fate kFates[] = {Fate::Corrupted, Fate::Broken,    Fate::Nothing,
                                       Fate::Small,     Fate::Truncated, Fate::OnAsking,
                                       Fate::OnWaiting, Fate::OnNext,    Fate::Silent};
            return kFates[random() / 11 % std::size(kFates)];
        };
        factories.push_back(std::make_unique<test::FakeFactory>(script));
    }
    test::FakeClock clock;
    test::ManualExecutor executor;
    DriverOptions options;
    options.codec = Codec::Vp9;
    options.buffer = kBuffer;
    for (auto& factory : factories) options.decoders.push_back(factory.get());
    options.executor = &executor;
    options.clock = &clock;
    if (one_in(3)) options.log_bytes = 30;
    Driver driver(std::move(options));

    std::vector<std::vector<std::uint8_t>> history;
    std::uint64_t decided = 0;
    std::optional<std::uint64_t> shown; // the last packet whose picture was given
    auto push = [&](bool key) {
        const auto id = static_cast<std::uint8_t>(random());
        history.push_back(key || history.empty() ? std::vector<std::uint8_t>{} : history.back());
        history.back().push_back(id);
        key = key || history.size() == 1;
        driver.push(
            std::make_shared<const Packet>(Bytes(key ? test::fake_key(id, kBuffer) : test::fake_inter(id))));
    };
    auto take = [&] {
        while (auto outcome = driver.next()) {
            ASSERT_EQ(outcome->packet, decided);
            ++decided;
            if (!outcome->picture) continue;
            shown = outcome->packet;
            ASSERT_EQ(outcome->picture->planes[0].bytes[0],
                      std::byte{test::fake_luma(history[outcome->packet])});
        }
    };
    auto settle = [&] {
        for (int rounds = 0; decided < history.size() && rounds < 400; ++rounds) {
            do {
                driver.service();
                take();
            } while (executor.run_all());
            if (decided == history.size()) break;
            const auto deadline = driver.deadline();
            ASSERT_TRUE(deadline) << "nothing to wait for, and packet " << decided << " is not decided";
            clock.advance_to(*deadline);
        }
        ASSERT_EQ(decided, history.size());
    };
    for (int round = 0; round < 60; ++round) {
        for (unsigned burst = 1 + random() % 6; burst > 0; --burst) push(one_in(6));
        for (unsigned steps = random() % 5; steps > 0; --steps) {
            executor.run_one();
            if (one_in(2)) driver.service();
            if (one_in(2)) take();
        }
        if (one_in(4)) settle();
        if (HasFatalFailure()) return;
    }
    settle();
    calm = true;
    // Hardware may be given up for some key frames; software, the last, never is.
    for (int i = 0; i < 2; ++i) {
        push(true);
        settle();
        if (HasFatalFailure()) return;
    }
    EXPECT_TRUE(driver.statistics().given_up || shown == history.size() - 1);
    for (FakeScript& script : scripts) EXPECT_FALSE(script.out_of_order) << "a decoder was fed with a gap";
    EXPECT_EQ(driver.queued_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Storm, testing::Range(1u, 201u));

} // namespace
} // namespace tv::video
