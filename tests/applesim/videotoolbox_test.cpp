// The product's layer over VideoToolbox, on the simulation: what comes out is what libavcodec makes of the
// packets, whatever the simulation does within the contract.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "sim/calls.h"
#include "sim/iosurface.h"
#include "sim/object.h"
#include "sim/random.h"
#include "video/decoders.h"
#include "video_bed.h"

namespace tv::test {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2, 3, 4, 5};

const std::vector<TestStream>& streams() {
    static const std::vector<TestStream> all = [] {
        auto made = recorded_test_streams(12);
        made.push_back(hevc_test_stream(12));
        return made;
    }();
    return all;
}

// Nobody is to be late because a test's machine is.
class SlowClock final : public Clock {
public:
    [[nodiscard]] bool now(LinuxClock clock, std::int64_t& nanoseconds) const override {
        return system_clock().now(clock, nanoseconds);
    }
    [[nodiscard]] std::int64_t steady() const override { return system_clock().steady() / 20; }
};

const SlowClock kPatient;

class VideoToolbox : public testing::Test {
protected:
    void SetUp() override {
        surfaces_ = sim::surfaces_alive(); // opens what the simulated machine keeps open
        threads_ = thread_count();
        descriptors_ = descriptor_count();
        mark_ = sim::mark();
    }
    // After a test no object, session, descriptor or thread is left.
    void TearDown() override {
        if (IsSkipped()) return;
        // A worker that was given up ends in its own time.
        for (int i = 0; i < 400 && (thread_count() > threads_ || !sim::alive_since(mark_).empty()); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        EXPECT_EQ(sim::sessions_alive(), 0U);
        const auto leaks = sim::alive_since(mark_);
        EXPECT_TRUE(leaks.empty()) << leaks.size() << " objects leak, among them " << leaks.front();
        EXPECT_EQ(sim::surfaces_alive(), surfaces_);
        EXPECT_EQ(descriptor_count(), descriptors_);
        EXPECT_LE(thread_count(), threads_);
    }

private:
    std::size_t surfaces_ = 0, threads_ = 0, descriptors_ = 0;
    std::uint64_t mark_ = 0;
};

TEST_F(VideoToolbox, gives_the_pictures_of_every_codec_as_libavcodec_does) {
    for (const TestStream& stream : streams()) {
        for (const std::uint64_t seed : kSeeds) {
            SCOPED_TRACE(fmt::format("{}, seed {}", stream.name, seed));
            sim::set_seed(seed);
            sim::configure({});
            const Played played = play(stream, {.clock = &kPatient});
            ASSERT_EQ(stream.pictures.size(), stream.packets.size());
            EXPECT_EQ(difference(stream, played), "");
            EXPECT_STREQ(played.statistics.decoder, "videotoolbox");
            EXPECT_EQ(played.statistics.failovers, 0U);
            EXPECT_EQ(played.statistics.restarts, 0U);
            EXPECT_TRUE(played.all_in_surfaces);
            const auto complaints = sim::complaints();
            EXPECT_TRUE(complaints.empty()) << complaints.front();
        }
    }
}

// What holds after every script of errors: each picture that is committed is the one that libavcodec makes,
// none is lost, and nothing leaks.
void expect_all_pictures(const TestStream& stream, const sim::Behaviour& behaviour,
                         PlayOptions options = {}) {
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(fmt::format("{}, seed {}", stream.name, seed));
        sim::set_seed(seed);
        sim::configure(behaviour);
        const Played played = play(stream, options);
        EXPECT_EQ(difference(stream, played), "");
        // On a slow machine VideoToolbox may be taken for a decoder that holds pictures back before that.
        EXPECT_TRUE(played.statistics.waits > 0 || behaviour.faults.empty() || sim::faults_struck() > 0)
            << "the script never ran";
        const auto complaints = sim::complaints();
        EXPECT_TRUE(complaints.empty()) << complaints.front();
    }
}

const TestStream& h264() {
    static const TestStream stream = h264_with_key_frames(24, 8);
    return stream;
}

TestStream h264_that_grows() {
    TestStream joined = h264_with_key_frames(6, 6);
    const TestStream larger = h264_of_size({400, 240}, 6);
    joined.packets.insert(joined.packets.end(), larger.packets.begin(), larger.packets.end());
    joined.pictures.insert(joined.pictures.end(), larger.pictures.begin(), larger.pictures.end());
    return joined;
}

using Kind = sim::Fault::Kind;

constexpr OSStatus kTimedOut = 0x10004003;
constexpr OSStatus kCallbackStatuses[] = {-12909, -8969,  -12911, -17690, -17691,
                                          -17694, -17695, -17696, -8960,  kTimedOut};
constexpr OSStatus kReturnStatuses[] = {-12903, -12904, -12909, -12911, -12916, -12905, kTimedOut};

class Script : public VideoToolbox {};

TEST_F(Script, sessions_that_cannot_be_made) {
    for (const OSStatus status : {-12906, -12907, -12910, -12911, -12913, -12905}) {
        SCOPED_TRACE(status);
        for (const int session : {0, -1})
            expect_all_pictures(h264(), {.faults = {{Kind::CreateFails, session, -1, status}}});
    }
}

TEST_F(Script, errors_that_decode_frame_returns) {
    for (const OSStatus status : kReturnStatuses) {
        SCOPED_TRACE(status);
        for (const int sample : {0, 5}) {
            expect_all_pictures(h264(), {.faults = {{Kind::ReturnsError, 0, sample, status}}});
            expect_all_pictures(h264(), {.faults = {{Kind::ReturnsError, -1, sample, status, true}}});
        }
        expect_all_pictures(h264(), {.faults = {{Kind::ReturnsAndReports, 0, 4, status}}});
        expect_all_pictures(h264(), {.faults = {{Kind::ReturnsAndDecodes, 0, 4, status}}});
    }
}

TEST_F(Script, errors_that_the_callback_reports) {
    for (const OSStatus status : kCallbackStatuses) {
        SCOPED_TRACE(status);
        for (const int sample : {0, 7})
            expect_all_pictures(h264(), {.faults = {{Kind::ReportsError, 0, sample, status}}});
        expect_all_pictures(h264(), {.faults = {{Kind::ReportsError, -1, 3, status}}});
        expect_all_pictures(h264(), {.faults = {{Kind::ReportsError, -1, 3, status, true}}});
    }
}

// What was said decides who is asked next: a packet that is blamed goes to another decoder, a decoder that
// failed gets another session.
TEST_F(Script, a_reported_error_is_acted_on_by_its_kind) {
    for (const std::uint64_t seed : kSeeds) {
        for (const OSStatus status : {-12909, -12911}) {
            SCOPED_TRACE(fmt::format("{}, seed {}", status, seed));
            sim::set_seed(seed);
            sim::configure({.faults = {{Kind::ReportsError, 0, 7, status}}});
            const Played played = play(h264(), {.clock = &kPatient});
            EXPECT_EQ(difference(h264(), played), "");
            EXPECT_EQ(played.statistics.failovers, status == -12909 ? 1U : 0U);
            EXPECT_EQ(played.statistics.restarts, status == -12909 ? 0U : 1U);
        }
    }
}

TEST_F(Script, pictures_that_are_missing_or_not_what_was_coded) {
    for (const Kind kind : {Kind::NoImage, Kind::Dropped, Kind::DroppedWithImage, Kind::Interrupted}) {
        SCOPED_TRACE(static_cast<int>(kind));
        for (const int session : {0, -1})
            for (const int sample : {0, 6})
                expect_all_pictures(h264(), {.faults = {{kind, session, sample}}});
    }
}

TEST_F(Script, a_picture_that_is_never_called_back) {
    expect_all_pictures(h264(), {.faults = {{Kind::NoCallback, 0, 5}}});
}

// VideoToolbox says that it has called back for everything: nobody has to wait for a watchdog, which this
// clock brings only after 40 seconds.
TEST_F(Script, a_picture_that_is_never_called_back_is_known_to_be_lost) {
    sim::set_seed(1);
    sim::configure({.faults = {{Kind::NoCallback, 0, 5}}});
    const Played played = play(h264(), {.clock = &kPatient, .at_most = std::chrono::seconds(20)});
    EXPECT_EQ(difference(h264(), played), "");
    EXPECT_EQ(played.statistics.restarts, 1U);
}

TEST_F(Script, every_session_dies_at_once) {
    expect_all_pictures(h264(), {.faults = {{Kind::AllDie, 0, 6}}});
    expect_all_pictures(h264(), {.faults = {{Kind::AllDie, -1, 6}}});
}

TEST_F(Script, the_sessions_of_several_streams_die_at_once) {
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(seed);
        sim::set_seed(seed);
        sim::configure({.faults = {{Kind::AllDie, -1, 6}}});
        Played other;
        std::thread beside([&] { other = play(h264()); });
        const Played played = play(h264());
        beside.join();
        EXPECT_EQ(difference(h264(), played), "");
        EXPECT_EQ(difference(h264(), other), "");
        EXPECT_GT(sim::faults_struck(), 0U);
        EXPECT_TRUE(sim::complaints().empty());
    }
}

TEST_F(Script, the_machine_has_no_session_left_when_the_next_one_is_made) {
    const TestStream joined = h264_that_grows();
    expect_all_pictures(joined, {.faults = {{Kind::CreateFails, 1, -1, -12913}}});
    expect_all_pictures(joined, {.faults = {{Kind::CreateFails, 1, -1, -12911}}});
}

TEST_F(Script, the_decoder_has_no_memory_for_another_picture) {
    unsigned exhausted = 0;
    for (const unsigned limit : {1U, 2U, 4U}) {
        SCOPED_TRACE(limit);
        expect_all_pictures(h264(), {.pool_limit = limit});
        exhausted += sim::pools_exhausted();
    }
    EXPECT_GT(exhausted, 0U) << "the script never ran";
    // Three are decoded before the first is given.
    expect_all_pictures(h264(), {.pool_limit = 3, .pool_stalls = true});
}

TEST_F(Script, the_same_for_every_codec) {
    for (const TestStream& stream : streams()) {
        expect_all_pictures(stream, {.faults = {{Kind::ReturnsError, 0, 3, -12903, true}}});
        expect_all_pictures(stream, {.faults = {{Kind::ReportsError, -1, 4, -12911}}});
        expect_all_pictures(stream, {.faults = {{Kind::NoImage, 0, 5}}});
    }
}

// Calls that do not return: the clock runs a hundred times as fast, so that nobody waits for the watchdog.
class FastClock final : public Clock {
public:
    [[nodiscard]] bool now(LinuxClock clock, std::int64_t& nanoseconds) const override {
        return system_clock().now(clock, nanoseconds);
    }
    [[nodiscard]] std::int64_t steady() const override { return system_clock().steady() * 20; }
};

TEST_F(Script, a_decode_frame_that_does_not_return) {
    const FastClock clock;
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(seed);
        sim::set_seed(seed);
        sim::configure({.faults = {{Kind::DecodeHangs, 0, 4}}});
        const Played played = play(h264(), {.clock = &clock});
        EXPECT_EQ(difference(h264(), played), "");
        EXPECT_GE(played.statistics.failovers + played.statistics.restarts, 1U);
    }
}

TEST_F(Script, a_session_whose_making_does_not_return) {
    const FastClock clock;
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(seed);
        sim::set_seed(seed);
        sim::configure({.faults = {{Kind::CreateHangs, 0, 0}}});
        const Played played = play(h264(), {.clock = &clock});
        EXPECT_EQ(difference(h264(), played), "");
        EXPECT_EQ(sim::faults_struck(), 1U);
        EXPECT_GE(played.statistics.failovers + played.statistics.restarts, 1U);
    }
}

TEST_F(Script, asking_for_delayed_pictures_does_not_return) {
    const FastClock clock;
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(seed);
        sim::set_seed(seed);
        sim::configure(
            {.withhold = 2, .promise_of_order_helps = false, .faults = {{Kind::FinishHangs, 0, -1}}});
        const Played played = play(h264(), {.one_by_one = true, .clock = &clock});
        EXPECT_EQ(difference(h264(), played), "");
        EXPECT_EQ(sim::faults_struck(), 1U);
        EXPECT_GE(played.statistics.failovers + played.statistics.restarts, 1U);
    }
}

TEST_F(Script, a_wait_that_does_not_return) {
    const FastClock clock;
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(seed);
        sim::set_seed(seed);
        sim::configure({.withhold = 2, .finish_emits = false, .faults = {{Kind::WaitHangs, 0, -1}}});
        const Played played = play(h264(), {.one_by_one = true, .clock = &clock});
        EXPECT_EQ(difference(h264(), played), "");
    }
}

TEST_F(Script, a_session_whose_end_does_not_return_where_the_next_one_begins) {
    const FastClock clock;
    const TestStream joined = h264_that_grows();
    for (const Kind kind : {Kind::WaitHangs, Kind::InvalidateHangs}) {
        for (const std::uint64_t seed : kSeeds) {
            SCOPED_TRACE(seed);
            sim::set_seed(seed);
            sim::configure({.faults = {{kind, 0, -1}}});
            const Played played = play(joined, {.clock = &clock});
            EXPECT_EQ(difference(joined, played), "");
            EXPECT_GE(played.statistics.failovers + played.statistics.restarts, 1U);
        }
    }
}

// Nobody waits for it, not even the next decoder for the worker, of which there is one here; and it is known.
TEST_F(Script, a_decoder_whose_end_does_not_return) {
    for (const std::uint64_t seed : kSeeds) {
        SCOPED_TRACE(seed);
        sim::set_seed(seed);
        sim::configure({.faults = {{Kind::ReportsError, 0, 7, -12909}, {Kind::InvalidateHangs, 0, -1}}});
        const Played played = play(h264(), {.clock = &kPatient,
                                            .at_most = std::chrono::seconds(15),
                                            .workers = 1,
                                            .count_left_behind = true});
        ASSERT_EQ(difference(h264(), played), "");
        EXPECT_EQ(played.statistics.failovers, 1U);
        EXPECT_EQ(played.left_behind, 1U);
    }
}

// --- pictures that are held back
// ------------------------------------------------------------------------------------

class HeldBack : public VideoToolbox {};

TEST_F(HeldBack, up_to_four_pictures_come_without_a_later_packet) {
    for (const TestStream& stream : streams()) {
        for (unsigned withhold = 1; withhold <= 4; ++withhold) {
            for (const bool finish_emits : {true, false}) {
                SCOPED_TRACE(fmt::format("{}, {} held back, finish {}", stream.name, withhold, finish_emits));
                sim::set_seed(withhold);
                sim::configure({.withhold = withhold,
                                .finish_emits = finish_emits,
                                .promise_of_order_helps = withhold % 2 == 0});
                const Played played = play(stream, {.one_by_one = true});
                EXPECT_EQ(difference(stream, played), "");
                const auto complaints = sim::complaints();
                EXPECT_TRUE(complaints.empty()) << complaints.front();
            }
        }
    }
}

TEST_F(HeldBack, a_promise_of_order_keeps_the_hardware) {
    sim::configure({.withhold = 3, .finish_emits = false});
    const Played played = play(h264(), {.one_by_one = true});
    EXPECT_EQ(difference(h264(), played), "");
    EXPECT_STREQ(played.statistics.decoder, "videotoolbox");
    EXPECT_EQ(played.statistics.failovers, 0U);
}

TEST_F(HeldBack, without_software_every_picture_still_comes) {
    sim::configure({.withhold = 2, .finish_emits = false, .promise_of_order_helps = false});
    const Played played = play(h264(), {.software = false, .one_by_one = true});
    EXPECT_EQ(difference(h264(), played), "");
}

TEST_F(HeldBack, pictures_that_come_when_asked_for_are_not_waited_for) {
    sim::configure({.withhold = 3, .promise_of_order_helps = false});
    const Played played = play(h264(), {.one_by_one = true, .clock = &kPatient});
    EXPECT_EQ(difference(h264(), played), "");
    EXPECT_EQ(played.statistics.waits, 0U);
}

// --- what is asked for and reported
// ---------------------------------------------------------------------------------

TEST_F(VideoToolbox, says_whether_it_has_hardware) {
    for (const bool hardware : {true, false}) {
        sim::configure({.hardware = hardware});
        const Played played = play(h264(), {.clock = &kPatient});
        EXPECT_EQ(difference(h264(), played), "");
        EXPECT_EQ(played.statistics.hardware, hardware);
    }
}

TEST_F(VideoToolbox, asks_the_system_once_for_each_codec_whether_it_has_hardware) {
    for (const bool hardware : {true, false}) {
        sim::configure({.hardware = hardware});
        const auto decoders = video::videotoolbox_decoders();
        const auto asked = [] { return sim::calls()["VTIsHardwareDecodeSupported"]; };
        const auto before = asked();
        for (int round = 0; round < 3; ++round)
            for (const auto codec :
                 {video::Codec::Av1, video::Codec::H264, video::Codec::Hevc, video::Codec::Vp9})
                EXPECT_EQ(decoders->hardware_for(codec), hardware) << video::codec_name(codec);
        EXPECT_EQ(asked() - before, video::kCodecCount);
        EXPECT_EQ(sim::sessions_made(), 0U);
    }
}

TEST_F(VideoToolbox, keeps_its_session_as_long_as_it_accepts_new_parameter_sets) {
    // A second encoder's stream behind the first one's, of the same size.
    TestStream joined = h264_with_key_frames(8, 8);
    const TestStream other = h264_with_key_frames(9, 3);
    joined.packets.insert(joined.packets.end(), other.packets.begin(), other.packets.end());
    joined.pictures.insert(joined.pictures.end(), other.pictures.begin(), other.pictures.end());
    for (const int accepts : {0, 1, -1}) {
        for (const std::uint64_t seed : kSeeds) {
            SCOPED_TRACE(fmt::format("accepts {}, seed {}", accepts, seed));
            sim::set_seed(seed);
            sim::configure({.accept_changes = accepts});
            const Played played = play(joined, {.clock = &kPatient});
            EXPECT_EQ(difference(joined, played), "");
            EXPECT_EQ(played.statistics.failovers, 0U);
            EXPECT_EQ(played.statistics.restarts, 0U);
            EXPECT_TRUE(sim::complaints().empty());
            if (accepts == 1) {
                EXPECT_EQ(sim::sessions_made(), 1U);
            }
        }
    }
}

TEST_F(VideoToolbox, follows_a_stream_whose_pictures_change_their_size) {
    const TestStream joined = h264_that_grows();
    sim::configure({});
    const Played played = play(joined, {.clock = &kPatient});
    EXPECT_EQ(difference(joined, played), "");
    EXPECT_EQ(played.statistics.failovers, 0U);
    EXPECT_EQ(sim::sessions_made(), 2U);
}

TEST_F(VideoToolbox, damaged_packets_leave_the_last_good_picture) {
    for (const std::uint64_t seed : kSeeds) {
        sim::set_seed(seed);
        sim::configure({});
        TestStream damaged = h264();
        for (std::size_t i = damaged.packets[5].size() / 2; i < damaged.packets[5].size(); i += 7)
            damaged.packets[5][i] ^= std::byte{0x5a};
        const Played played = play(damaged);
        ASSERT_FALSE(played.timed_out);
        for (std::size_t i = 0; i < damaged.pictures.size(); ++i) {
            // What is shown is right; from the next key frame on everything is shown.
            const bool may_be_missing = i >= 5 && i < 8;
            if (may_be_missing && played.pictures[i].empty()) continue;
            if (i == 5) continue; // libavcodec took the damage for a picture
            EXPECT_TRUE(may_be_missing || played.pictures[i] == damaged.pictures[i]) << i;
        }
    }
}

} // namespace
} // namespace tv::test
