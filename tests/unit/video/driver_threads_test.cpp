// The driver on real threads.
#include <gtest/gtest.h>

#include "video/driver.h"
#include "video/fake_decoder.h"
#include "video/worker_pool.h"

namespace tv::video {
namespace {

using test::FakeScript;
using test::Fate;

constexpr Size kBuffer{16, 8};

TEST(DriverThreads, a_call_that_never_returns_costs_a_thread_and_no_picture) {
    FakeScript hardware, software;
    hardware.hardware = true;
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 2 ? Fate::Hang : Fate::Picture; };
    test::FakeFactory hardware_factory(hardware), software_factory(software);
    test::FakeClock clock;
    {
        WorkerPool pool(1);
        DriverOptions options;
        options.codec = Codec::Vp9;
        options.buffer = kBuffer;
        options.decoders = {&hardware_factory, &software_factory};
        options.executor = &pool;
        options.clock = &clock;
        Driver driver(std::move(options));
        std::vector<std::uint8_t> ids;
        const std::int64_t give_up = system_clock().steady() + 20'000'000'000;
        for (std::uint8_t id = 0; id < 6; ++id) {
            ids.push_back(id);
            const auto bytes = id == 0 ? test::fake_key(id, kBuffer) : test::fake_inter(id);
            driver.push(std::make_shared<const Packet>(Bytes(bytes)));
            std::optional<Outcome> outcome;
            while (!(outcome = driver.next()) && system_clock().steady() < give_up) {
                if (id == 2) clock.advance_to(clock.steady() + 10'000'000);
                driver.service();
                std::this_thread::yield();
            }
            ASSERT_TRUE(outcome) << int{id};
            ASSERT_TRUE(outcome->picture) << int{id};
            EXPECT_EQ(outcome->picture->planes[0].bytes[0], std::byte{test::fake_luma(ids)});
        }
        EXPECT_STREQ(driver.statistics().decoder, "fake");
        EXPECT_FALSE(driver.statistics().hardware);
    }
    // Here the pool has ended without the thread that hangs; it may come back even now.
    EXPECT_EQ(hardware.alive, 1);
    hardware.release();
    const std::int64_t give_up = system_clock().steady() + 20'000'000'000;
    while (hardware.alive != 0 && system_clock().steady() < give_up) std::this_thread::yield();
    EXPECT_EQ(hardware.alive, 0);
}

TEST(WorkerPoolPause, waits_for_what_was_handed_on_and_leaves_alone_what_a_decoder_withholds) {
    WorkerPool pool(1);
    constexpr std::int64_t kMillisecond = 1'000'000;
    const auto handed_on = pool.handed_on();
    EXPECT_TRUE(pool.pause(0));
    EXPECT_FALSE(pool.running_since());
    handed_on->conversions.begin();
    EXPECT_FALSE(pool.pause(700 * kMillisecond)) << "a GPU withholds nothing";
    handed_on->conversions.end();
    EXPECT_TRUE(pool.pause(0));
    handed_on->decodes.begin();
    EXPECT_FALSE(pool.pause(0));
    const std::int64_t before = system_clock().steady();
    EXPECT_TRUE(pool.pause(20'000 * kMillisecond));
    EXPECT_LT(system_clock().steady() - before, 10'000 * kMillisecond);
    handed_on->decodes.end();
    pool.resume(77);
    EXPECT_EQ(pool.running_since(), 77);
}

TEST(DriverThreads, many_streams_on_two_workers_each_get_their_own_pictures) {
    FakeScript script;
    test::FakeFactory factory(script);
    WorkerPool pool(2);
    std::atomic<int> wakes{0};
    std::vector<std::unique_ptr<Driver>> drivers;
    std::vector<std::vector<std::uint8_t>> ids(8);
    for (int i = 0; i < 8; ++i) {
        DriverOptions options;
        options.codec = Codec::Vp9;
        options.buffer = kBuffer;
        options.decoders = {&factory};
        options.executor = &pool;
        options.wake = [&wakes] { ++wakes; };
        drivers.push_back(std::make_unique<Driver>(std::move(options)));
    }
    int pictures = 0;
    for (int round = 0; round < 50; ++round) {
        for (std::size_t i = 0; i < drivers.size(); ++i) {
            const auto id = static_cast<std::uint8_t>(round * 8 + static_cast<int>(i));
            if (round % 10 == 0) ids[i].clear();
            ids[i].push_back(id);
            const auto bytes = round % 10 == 0 ? test::fake_key(id, kBuffer) : test::fake_inter(id);
            drivers[i]->push(std::make_shared<const Packet>(Bytes(bytes)));
        }
        for (std::size_t i = 0; i < drivers.size(); ++i) {
            std::optional<Outcome> outcome;
            while (!(outcome = drivers[i]->next())) {
                drivers[i]->service();
                std::this_thread::yield();
            }
            ASSERT_TRUE(outcome->picture);
            EXPECT_EQ(outcome->picture->planes[0].bytes[0], std::byte{test::fake_luma(ids[i])});
            ++pictures;
        }
    }
    EXPECT_EQ(pictures, 400);
    EXPECT_GE(wakes, 400);
    EXPECT_FALSE(script.out_of_order);
}

} // namespace
} // namespace tv::video
