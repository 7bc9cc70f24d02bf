// The driver against decoders that fail in every way: one outcome a packet, in order, and no picture of a
// broken state. A fake picture depends on every packet since the key frame, so a gap shows.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/driver.h"
#include "video/fake_decoder.h"

namespace tv::video {
namespace {

using test::FakeScript;
using test::Fate;

constexpr Size kBuffer{16, 8};

class DriverTest : public testing::Test {
protected:
    FakeScript hardware, software;
    test::FakeFactory hardware_factory{hardware}, software_factory{software};
    test::FakeClock clock;
    test::ManualExecutor executor;
    LogBudget budget;
    std::vector<std::string> warnings;
    std::unique_ptr<Driver> driver;

    // What was pushed: by packet, the bytes since its key frame.
    std::vector<std::vector<std::uint8_t>> history;
    std::map<std::uint64_t, std::optional<std::uint8_t>> shown; // by packet: luma, or nothing

    DriverOptions options() {
        DriverOptions options;
        options.codec = Codec::Vp9;
        options.buffer = kBuffer;
        options.decoders = {&hardware_factory, &software_factory};
        options.executor = &executor;
        options.clock = &clock;
        options.budget = &budget;
        options.log =
            Log(LogLevel::Warning, [this](LogLevel, std::string_view text) { warnings.emplace_back(text); });
        return options;
    }
    void SetUp() override {
        hardware.name = "hardware";
        hardware.hardware = true;
        software.name = "software";
        driver = std::make_unique<Driver>(options());
    }
    void leave_alone(test::FakeFactory& factory) {
        DriverOptions only = options();
        only.decoders = {&factory};
        driver = std::make_unique<Driver>(std::move(only));
    }
    void TearDown() override {
        driver.reset();
        executor.run_all();
        EXPECT_EQ(hardware.alive + software.alive, 0) << "decoders are left";
        EXPECT_EQ(budget.used, 0u) << "bytes of the log are left";
        EXPECT_FALSE(hardware.out_of_order || software.out_of_order) << "a decoder was fed with a gap";
    }

    void push(bool key, Size size = kBuffer) {
        const auto id = static_cast<std::uint8_t>(history.size() * 11 + 3);
        history.push_back(key || history.empty() ? std::vector<std::uint8_t>{} : history.back());
        history.back().push_back(id);
        const auto bytes = key ? test::fake_key(id, size) : test::fake_inter(id);
        EXPECT_EQ(driver->push(std::make_shared<const Packet>(Bytes(bytes))), history.size() - 1);
    }
    void take() {
        while (auto outcome = driver->next()) {
            EXPECT_EQ(outcome->packet, shown.size()) << "outcomes come in order, one a packet";
            std::optional<std::uint8_t> luma;
            if (outcome->picture) {
                luma = std::to_integer<std::uint8_t>(outcome->picture->planes[0].bytes[0]);
                EXPECT_EQ(*luma, test::fake_luma(history[outcome->packet]))
                    << "wrong picture " << outcome->packet;
                EXPECT_GE(outcome->picture->size.width, kBuffer.width);
            }
            shown[outcome->packet] = luma;
        }
    }
    // Lets everything happen that needs no time.
    void settle() {
        do {
            driver->service();
            take();
        } while (executor.run_all());
    }
    // Lets time pass until every packet has its outcome, at most `rounds` deadlines.
    int settle_in_time(int rounds = 50) {
        int used = 0;
        for (settle(); shown.size() < history.size() && used < rounds; ++used) {
            const auto deadline = driver->deadline();
            if (!deadline) break;
            clock.advance_to(*deadline);
            settle();
        }
        EXPECT_EQ(shown.size(), history.size()) << "packets without an outcome";
        return used;
    }
    void run(const std::string& packets) { // "KPPP": key frames and others, each settled before the next
        for (const char packet : packets) {
            push(packet == 'K');
            settle_in_time();
        }
    }
    std::string picture_map() {
        std::string map;
        for (const auto& [packet, luma] : shown) map += luma ? 'x' : '-';
        return map;
    }
};

TEST_F(DriverTest, each_packet_gives_its_picture_in_order) {
    run("KPPPPKPP");
    EXPECT_EQ(picture_map(), "xxxxxxxx");
    const auto statistics = driver->statistics();
    EXPECT_STREQ(statistics.decoder, "hardware");
    EXPECT_EQ(statistics.packets, 8u);
    EXPECT_EQ(statistics.pictures, 8u);
    EXPECT_EQ(statistics.key_frames, 2u);
    EXPECT_EQ(statistics.failovers + statistics.restarts + statistics.waits, 0u);
    EXPECT_EQ(software.created, 0) << "nothing is loaded before it is needed";
    EXPECT_EQ(hardware.created, 1);
}

TEST_F(DriverTest, a_burst_is_decoded_without_a_loss_and_with_few_packets_in_flight) {
    for (int i = 0; i < 40; ++i) push(i == 0);
    executor.run_all();
    EXPECT_LE(hardware.decoded, 4);
    EXPECT_GT(driver->queued_bytes(), 0u);
    settle();
    EXPECT_EQ(picture_map(), std::string(40, 'x'));
    EXPECT_EQ(driver->queued_bytes(), 0u);
    EXPECT_EQ(hardware.decoded, 40);
}

TEST_F(DriverTest, pictures_that_nobody_takes_stop_the_decoder) {
    for (int i = 0; i < 40; ++i) push(i == 0);
    do driver->service();
    while (executor.run_all());
    EXPECT_EQ(hardware.decoded, 4);
    settle();
    EXPECT_EQ(picture_map(), std::string(40, 'x'));
}

TEST_F(DriverTest, a_failure_at_any_packet_costs_no_picture) {
    for (int failing = 0; failing < 12; ++failing) {
        SetUp();
        history.clear();
        shown.clear();
        hardware.fate = [&](int, std::uint64_t ticket) {
            return ticket == static_cast<std::uint64_t>(failing) ? Fate::Broken : Fate::Picture;
        };
        run("KPPPPPKPPPPP");
        EXPECT_EQ(picture_map(), std::string(12, 'x')) << failing;
        EXPECT_EQ(driver->statistics().restarts, 1u) << "the same decoder is tried once more";
        EXPECT_EQ(driver->statistics().failovers, 1u) << "then the next";
        EXPECT_TRUE(warnings.empty());
        driver.reset();
        executor.run_all();
    }
}

TEST_F(DriverTest, a_failure_in_a_burst_costs_no_picture) {
    for (int failing = 0; failing < 12; ++failing) {
        SetUp();
        history.clear();
        shown.clear();
        hardware.fate = [&](int, std::uint64_t ticket) {
            return ticket == static_cast<std::uint64_t>(failing) ? Fate::Broken : Fate::Picture;
        };
        for (const char packet : std::string("KPPPPPKPPPPP")) push(packet == 'K');
        settle_in_time();
        EXPECT_EQ(picture_map(), std::string(12, 'x')) << failing;
        driver.reset();
        executor.run_all();
    }
}

TEST_F(DriverTest, a_failure_that_passes_with_a_new_session_does_not_change_the_decoder) {
    hardware.fate = [](int decoder, std::uint64_t ticket) {
        return decoder == 0 && ticket == 5 ? Fate::Broken : Fate::Picture;
    };
    run("KPPPPPPP");
    EXPECT_EQ(picture_map(), "xxxxxxxx");
    EXPECT_STREQ(driver->statistics().decoder, "hardware");
    EXPECT_EQ(software.created, 0);
}

TEST_F(DriverTest, a_decoder_that_cannot_be_made_is_replaced_before_the_first_picture) {
    for (const ErrorCategory category : {ErrorCategory::Unsupported, ErrorCategory::Io}) {
        SetUp();
        history.clear();
        shown.clear();
        hardware.create = [category](int) { return std::optional(category); };
        run("KPPP");
        EXPECT_EQ(picture_map(), "xxxx");
        EXPECT_STREQ(driver->statistics().decoder, "software");
        driver.reset();
        executor.run_all();
    }
}

TEST_F(DriverTest, hardware_that_cannot_decode_the_stream_is_never_tried_again) {
    hardware.create = [](int) { return std::optional(ErrorCategory::Unsupported); };
    run("KPKPKPKPKP");
    EXPECT_EQ(hardware.created, 1);
    EXPECT_EQ(software.created, 1);
    EXPECT_EQ(picture_map(), std::string(10, 'x'));
}

TEST_F(DriverTest, hardware_that_failed_is_tried_again_at_later_and_later_key_frames) {
    hardware.create = [](int) { return std::optional(ErrorCategory::Io); };
    std::vector<int> tries;
    for (int key = 0; key < 16; ++key) {
        const int before = hardware.created;
        run("KP");
        if (hardware.created != before) tries.push_back(key);
    }
    EXPECT_EQ(tries, (std::vector<int>{0, 1, 3, 7, 15}));
    EXPECT_EQ(picture_map(), std::string(32, 'x'));
}

TEST_F(DriverTest, hardware_that_recovers_gets_the_stream_back_at_a_key_frame) {
    hardware.fate = [](int decoder, std::uint64_t) { return decoder < 2 ? Fate::Broken : Fate::Picture; };
    run("KPP");
    EXPECT_STREQ(driver->statistics().decoder, "software");
    run("KPP");
    EXPECT_STREQ(driver->statistics().decoder, "hardware");
    EXPECT_EQ(picture_map(), "xxxxxx");
}

TEST_F(DriverTest, a_packet_that_only_hardware_calls_corrupt_is_shown_by_software) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 3 ? Fate::Corrupted : Fate::Picture; };
    run("KPPPPP");
    EXPECT_EQ(picture_map(), "xxxxxx");
    EXPECT_EQ(driver->statistics().failovers, 1u);
}

TEST_F(DriverTest, a_corrupt_packet_is_no_decoder_failure_and_hides_what_depends_on_it) {
    auto corrupt = [](int, std::uint64_t ticket) {
        return ticket == 2 || ticket == 4 ? Fate::Corrupted : Fate::Picture;
    };
    hardware.fate = software.fate = corrupt;
    run("KPPPPPKPP");
    EXPECT_EQ(picture_map(), "xx----xxx");
    EXPECT_EQ(driver->statistics().failovers, 1u) << "at most one failover a key frame";
    EXPECT_EQ(driver->statistics().restarts, 0u);
    EXPECT_EQ(warnings.size(), 1u) << "said once";
}

TEST_F(DriverTest, corrupt_packets_without_end_cost_one_failover_a_key_frame) {
    hardware.fate = software.fate = [](int, std::uint64_t ticket) {
        return ticket % 5 != 0 ? Fate::Corrupted : Fate::Picture;
    };
    for (int i = 0; i < 20; ++i) run("KPPPP");
    EXPECT_LE(driver->statistics().failovers, 20u);
    EXPECT_LE(hardware.created + software.created, 60);
    std::string expected;
    for (int i = 0; i < 20; ++i) expected += "x----";
    EXPECT_EQ(picture_map(), expected);
    EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(DriverTest, a_corrupt_packet_in_a_burst_hides_pictures_up_to_the_next_key_frame_only) {
    hardware.fate = software.fate = [](int, std::uint64_t ticket) {
        return ticket == 2 ? Fate::Corrupted : Fate::Picture;
    };
    for (const char packet : std::string("KPPPPKPPP")) push(packet == 'K');
    settle_in_time();
    EXPECT_EQ(picture_map(), "xx---xxxx");
}

TEST_F(DriverTest, a_packet_without_a_picture_leaves_the_contents) {
    hardware.fate =
        software.fate = [](int, std::uint64_t ticket) { return ticket == 2 ? Fate::Nothing : Fate::Picture; };
    run("KPPPP");
    EXPECT_EQ(picture_map(), "xx-xx");
    EXPECT_EQ(driver->statistics().failovers, 1u) << "software might have had one";
}

TEST_F(DriverTest, an_empty_packet_and_one_of_zeros_have_an_outcome_without_a_picture) {
    run("K");
    driver->push(std::make_shared<const Packet>(Bytes{}));
    history.push_back(history.back());
    settle_in_time();
    EXPECT_EQ(picture_map(), "x-");
    EXPECT_EQ(hardware.decoded, 1) << "nothing would mean the end of the stream";
}

TEST_F(DriverTest, pictures_of_the_wrong_size_are_the_decoders_fault_when_the_stream_announced_another) {
    for (const Fate fate : {Fate::Small, Fate::Truncated}) {
        SetUp();
        history.clear();
        shown.clear();
        hardware.fate = [fate](int, std::uint64_t ticket) { return ticket == 1 ? fate : Fate::Picture; };
        run("KPPP");
        EXPECT_EQ(picture_map(), "xxxx");
        EXPECT_STREQ(driver->statistics().decoder, "software");
        driver.reset();
        executor.run_all();
    }
}

TEST_F(DriverTest, a_stream_smaller_than_its_buffer_shows_nothing_until_it_fits) {
    push(true, {8, 8});
    settle_in_time();
    push(false);
    settle_in_time();
    push(true);
    settle_in_time();
    EXPECT_EQ(picture_map(), "--x");
    EXPECT_EQ(driver->statistics().failovers + driver->statistics().restarts, 0u);
    EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(DriverTest, a_stream_much_larger_than_its_buffer_is_not_decoded_until_it_announces_less) {
    push(true, {16 + 129, 8});
    push(false);
    settle_in_time();
    EXPECT_EQ(picture_map(), "--");
    EXPECT_EQ(hardware.created + software.created, 0);
    push(true, {16 + 128, 8 + 128});
    push(false);
    settle_in_time();
    EXPECT_EQ(picture_map(), "--xx");
    EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(DriverTest, a_picture_held_back_until_it_is_asked_for_needs_no_later_packet) {
    hardware.fate = [](int, std::uint64_t) { return Fate::OnAsking; };
    for (const char packet : std::string("KPPP")) {
        push(packet == 'K');
        settle();
        EXPECT_EQ(shown.size(), history.size()) << "without time passing";
    }
    EXPECT_EQ(picture_map(), "xxxx");
    EXPECT_EQ(driver->statistics().waits, 0u);
}

TEST_F(DriverTest, a_picture_that_comes_late_is_waited_for_after_50_ms) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 2 ? Fate::OnWaiting : Fate::Picture; };
    run("KP");
    push(false);
    settle();
    EXPECT_EQ(shown.size(), 2u);
    const auto deadline = driver->deadline();
    ASSERT_TRUE(deadline);
    EXPECT_LE(*deadline - clock.steady(), 50'000'000);
    EXPECT_GT(*deadline, clock.steady());
    clock.advance_to(*deadline - 1);
    settle();
    EXPECT_EQ(hardware.waited, 0);
    clock.advance_to(*deadline);
    settle();
    EXPECT_EQ(hardware.waited, 1);
    EXPECT_EQ(picture_map(), "xxx");
    EXPECT_EQ(hardware.created, 1) << "once is forgiven";
}

TEST_F(DriverTest, while_the_executor_pauses_no_decoder_is_late_and_afterwards_its_time_begins_anew) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 2 ? Fate::OnWaiting : Fate::Picture; };
    run("KP");
    push(false);
    settle();
    executor.running_since_ = std::nullopt;
    EXPECT_FALSE(driver->deadline()) << "nothing to wake up for";
    clock.advance_to(clock.steady() + 60'000'000'000);
    settle();
    EXPECT_EQ(driver->statistics().waits, 0u);
    executor.running_since_ = clock.steady();
    settle();
    EXPECT_EQ(hardware.waited, 0) << "nobody has waited yet";
    ASSERT_TRUE(driver->deadline());
    EXPECT_EQ(*driver->deadline(), clock.steady() + 50'000'000);
    settle_in_time();
    EXPECT_EQ(hardware.waited, 1);
    EXPECT_EQ(picture_map(), "xxx");
    EXPECT_EQ(driver->statistics().failovers, 0u);
}

TEST_F(DriverTest, a_decoder_that_never_reports_has_its_whole_time_after_a_pause) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 1 ? Fate::Silent : Fate::Picture; };
    run("K");
    push(false);
    settle();
    clock.advance_to(*driver->deadline());
    settle(); // asked for
    clock.advance_to(clock.steady() + 60'000'000'000);
    executor.running_since_ = clock.steady(); // paused all the while
    settle();
    EXPECT_EQ(driver->statistics().failovers, 0u);
    clock.advance_to(*driver->deadline());
    settle();
    EXPECT_EQ(driver->statistics().failovers, 1u);
    EXPECT_EQ(picture_map(), "xx");
}

TEST_F(DriverTest, a_decoder_that_holds_pictures_back_twice_is_replaced) {
    hardware.fate = [](int, std::uint64_t) { return Fate::OnWaiting; };
    run("KPPPPP");
    EXPECT_EQ(picture_map(), "xxxxxx");
    EXPECT_STREQ(driver->statistics().decoder, "software");
    EXPECT_EQ(driver->statistics().waits, 2u);
    run("KPKPKPKP");
    EXPECT_EQ(hardware.created, 1) << "it would only do it again";
}

TEST_F(DriverTest, a_decoder_that_needs_the_next_packet_is_replaced_at_its_first_picture) {
    hardware.fate = [](int, std::uint64_t) { return Fate::OnNext; };
    run("KPPP");
    EXPECT_EQ(picture_map(), "xxxx");
    EXPECT_STREQ(driver->statistics().decoder, "software");
    EXPECT_EQ(driver->statistics().waits, 1u);
}

TEST_F(DriverTest, a_decoder_that_never_reports_is_replaced) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 1 ? Fate::Silent : Fate::Picture; };
    run("KPPP");
    EXPECT_EQ(picture_map(), "xxxx");
    EXPECT_STREQ(driver->statistics().decoder, "software");
}

TEST_F(DriverTest, software_alone_that_keeps_silent_leaves_the_last_picture_and_takes_the_next_key_frame) {
    leave_alone(software_factory);
    software.fate = [](int, std::uint64_t ticket) { return ticket == 1 ? Fate::Silent : Fate::Picture; };
    run("KPPKP");
    EXPECT_EQ(picture_map(), "x--xx");
}

TEST_F(DriverTest, a_key_frame_that_software_calls_corrupt_is_shown_by_a_new_decoder) {
    leave_alone(software_factory);
    software.fate = [](int decoder, std::uint64_t ticket) {
        return decoder == 0 && ticket == 3 ? Fate::Corrupted : Fate::Picture;
    };
    run("KPPKPKP");
    EXPECT_EQ(picture_map(), "xxxxxxx");
    EXPECT_EQ(software.created, 2);
    EXPECT_EQ(driver->statistics().restarts, 1u);
    EXPECT_EQ(warnings.size(), 0u);
}

TEST_F(DriverTest, a_key_frame_that_new_decoders_call_corrupt_too_costs_one_of_them) {
    leave_alone(software_factory);
    software.fate = [](int, std::uint64_t ticket) { return ticket == 3 ? Fate::Corrupted : Fate::Picture; };
    run("KPPKPKP");
    EXPECT_EQ(picture_map(), "xxx--xx");
    EXPECT_EQ(software.created, 3);
}

TEST_F(DriverTest, a_key_frame_called_corrupt_while_an_older_picture_is_held_back_costs_neither) {
    leave_alone(hardware_factory);
    hardware.fate = [](int decoder, std::uint64_t ticket) {
        if (decoder > 0) return Fate::Picture;
        return ticket == 2 ? Fate::OnWaiting : ticket == 3 ? Fate::Corrupted : Fate::Picture;
    };
    for (const char packet : std::string("KPPKP")) push(packet == 'K');
    settle_in_time();
    EXPECT_EQ(picture_map(), "xxxxx");
    EXPECT_EQ(hardware.created, 3) << "one for the log, one that begins with the key frame";
}

TEST_F(DriverTest, a_key_frame_tried_again_leaves_a_new_session_for_a_later_failure) {
    leave_alone(hardware_factory);
    hardware.fate = [](int decoder, std::uint64_t ticket) {
        if (decoder == 0 && ticket == 3) return Fate::Corrupted;
        return decoder == 1 && ticket == 5 ? Fate::Broken : Fate::Picture;
    };
    run("KPPKPPP");
    EXPECT_EQ(picture_map(), "xxxxxxx");
    EXPECT_EQ(hardware.created, 3);
}

TEST_F(DriverTest, pictures_given_before_what_they_depend_on_was_called_corrupt_are_not_shown) {
    leave_alone(software_factory);
    software.fate = [](int decoder, std::uint64_t ticket) {
        return decoder == 0 && ticket == 2 ? Fate::CorruptedLate : Fate::Picture;
    };
    for (const char packet : std::string("KPKPPKP")) push(packet == 'K');
    settle_in_time();
    EXPECT_EQ(picture_map(), "xxxxxxx");
    EXPECT_EQ(software.created, 2);
}

TEST_F(DriverTest, failures_on_both_sides_of_a_key_frame_end) {
    leave_alone(software_factory);
    // A decoder that fails at the older packet, then at the key frame, and so on.
    software.fate = [](int decoder, std::uint64_t ticket) {
        return ticket == (decoder % 2 == 0 ? 3U : 2U) ? Fate::Broken
               : ticket == 2                          ? Fate::OnWaiting
                                                      : Fate::Picture;
    };
    for (const char packet : std::string("KPPKP")) push(packet == 'K');
    settle_in_time();
    EXPECT_LE(software.created, 4);
}

TEST_F(DriverTest, when_nothing_can_decode_the_contents_stay_and_it_is_said_once) {
    hardware.create = software.create = [](int) { return std::optional(ErrorCategory::Unsupported); };
    run("KPPKPKP");
    EXPECT_EQ(picture_map(), "-------");
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find("VP9"), std::string::npos) << warnings[0];
    EXPECT_TRUE(driver->statistics().given_up);
    EXPECT_EQ(hardware.created + software.created, 2);
}

TEST_F(DriverTest, without_any_decoder_every_packet_still_has_its_outcome) {
    DriverOptions none = options();
    none.decoders = {};
    driver = std::make_unique<Driver>(std::move(none));
    run("PKPPK");
    EXPECT_EQ(picture_map(), "-----");
    EXPECT_EQ(warnings.size(), 1u);
    EXPECT_FALSE(driver->deadline());
}

TEST_F(DriverTest, when_everything_fails_the_last_picture_stays_until_the_next_key_frame) {
    hardware.fate = software.fate = [](int, std::uint64_t ticket) {
        return ticket >= 2 && ticket < 5 ? Fate::Broken : Fate::Picture;
    };
    run("KPPPPPKPP");
    EXPECT_EQ(picture_map(), "xx----xxx");
    EXPECT_EQ(warnings.size(), 1u);
    EXPECT_FALSE(driver->statistics().given_up);
}

TEST_F(DriverTest, software_that_calls_one_packet_unsupported_takes_the_next_key_frame) {
    hardware.create = [](int) { return std::optional(ErrorCategory::Unsupported); };
    software.fate = [](int, std::uint64_t ticket) {
        return ticket == 1 || ticket == 3 ? Fate::Unsupported : Fate::Picture;
    };
    run("KPPKPKP");
    EXPECT_EQ(picture_map(), "x----xx");
    EXPECT_EQ(hardware.created, 1);
    EXPECT_EQ(software.created, 3);
    EXPECT_EQ(warnings.size(), 1u);
    EXPECT_FALSE(driver->statistics().given_up);
}

TEST_F(DriverTest, hardware_that_is_all_there_is_and_calls_one_packet_unsupported_takes_the_next_key_frame) {
    leave_alone(hardware_factory);
    hardware.fate = [](int, std::uint64_t ticket) {
        return ticket == 1 || ticket == 3 ? Fate::Unsupported : Fate::Picture;
    };
    run("KPPKPKPKP");
    EXPECT_EQ(picture_map(), "x------xx") << "the second time it misses one more";
}

TEST_F(DriverTest, a_key_frame_behind_a_log_beyond_its_limit_can_go_to_another_decoder) {
    for (const Fate fate : {Fate::Broken, Fate::Corrupted}) {
        DriverOptions small = options();
        small.log_bytes = 20;
        driver = std::make_unique<Driver>(std::move(small));
        history.clear();
        shown.clear();
        hardware.fate = [fate](int, std::uint64_t ticket) { return ticket == 12 ? fate : Fate::Picture; };
        run("KPPPPPPPPPPPKPP");
        EXPECT_EQ(picture_map(), std::string(15, 'x'));
        EXPECT_STREQ(driver->statistics().decoder, "software");
    }
}

TEST_F(DriverTest, a_failure_at_a_key_frame_has_no_packet_before_it_decoded_again) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 3 ? Fate::Broken : Fate::Picture; };
    run("KPPK");
    EXPECT_EQ(picture_map(), "xxxx");
    EXPECT_EQ(hardware.decoded, 5);
    EXPECT_EQ(software.decoded, 1);
}

TEST_F(DriverTest, a_log_beyond_its_limit_is_given_up_until_the_next_key_frame) {
    DriverOptions small = options();
    small.log_bytes = 20;
    driver = std::make_unique<Driver>(std::move(small));
    hardware.fate = [](int decoder, std::uint64_t ticket) {
        return decoder == 0 && ticket == 12 ? Fate::Broken : Fate::Picture;
    };
    run("KPPPPPPPPPPP");
    EXPECT_LE(driver->statistics().log_bytes, 20u);
    EXPECT_EQ(picture_map(), std::string(12, 'x')) << "the decoder itself needs no log";
    run("PPP");
    EXPECT_EQ(picture_map().substr(12), "---") << "nobody could be fed";
    run("KPP");
    EXPECT_EQ(picture_map().substr(15), "xxx");
    EXPECT_EQ(driver->statistics().failovers, 0u);
}

TEST_F(DriverTest, a_budget_shared_by_many_streams_bounds_their_logs) {
    budget.limit = 100;
    std::vector<std::unique_ptr<Driver>> streams;
    const auto key = test::fake_key(1, kBuffer), inter = test::fake_inter(2);
    for (int i = 0; i < 30; ++i) {
        streams.push_back(std::make_unique<Driver>(options()));
        for (int packet = 0; packet < 5; ++packet) {
            streams.back()->push(std::make_shared<const Packet>(packet == 0 ? Bytes(key) : Bytes(inter)));
            executor.run_all();
            streams.back()->service();
            EXPECT_TRUE(streams.back()->next()) << "the outcome does not need the log";
        }
        EXPECT_LE(budget.used, 100u);
    }
    streams.clear();
    EXPECT_EQ(budget.used, 0u);
}

TEST_F(DriverTest, the_log_begins_at_the_last_key_frame) {
    run("KPPP");
    const std::size_t before = driver->statistics().log_bytes;
    EXPECT_GT(before, 0u);
    run("K");
    EXPECT_LT(driver->statistics().log_bytes, before);
    hardware.fate = [](int, std::uint64_t) { return Fate::Broken; };
    run("P");
    EXPECT_EQ(software.decoded, 2) << "fed the key frame and the packet behind it";
    EXPECT_EQ(picture_map(), "xxxxxx");
}

TEST_F(DriverTest, a_stream_that_does_not_begin_with_a_key_frame_shows_nothing_wrong) {
    hardware.fate = software.fate = [](int, std::uint64_t ticket) {
        return ticket < 2 ? Fate::Corrupted : Fate::Picture;
    };
    run("PPKP");
    EXPECT_EQ(picture_map(), "--xx");
    hardware.out_of_order = software.out_of_order = false; // it had to be
}

TEST_F(DriverTest, the_end_of_a_driver_with_packets_in_flight_leaves_nothing) {
    for (int i = 0; i < 10; ++i) push(i == 0);
    executor.run_one();
    executor.run_one();
    driver.reset();
    executor.run_all();
    EXPECT_EQ(hardware.alive, 0);
}

} // namespace
} // namespace tv::video
