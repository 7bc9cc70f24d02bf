// The product's layer over VideoToolbox, on the simulation: what comes out is what libavcodec makes of the
// packets, whatever the simulation does within the contract.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "sim/media.h"
#include "sim/random.h"
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

class VideoToolbox : public testing::Test {
protected:
    void SetUp() override {
        threads_ = thread_count();
        descriptors_ = descriptor_count();
        mark_ = sim::mark();
    }
    // After a test no object, session, descriptor or thread is left.
    void TearDown() override {
        if (IsSkipped()) return;
        EXPECT_EQ(sim::sessions_alive(), 0U);
        const auto leaks = sim::alive_since(mark_);
        EXPECT_TRUE(leaks.empty()) << leaks.size() << " objects leak, among them " << leaks.front();
        EXPECT_EQ(descriptor_count(), descriptors_);
        for (int i = 0; i < 200 && thread_count() > threads_; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        EXPECT_LE(thread_count(), threads_);
    }

private:
    std::size_t threads_ = 0, descriptors_ = 0;
    std::uint64_t mark_ = 0;
};

TEST_F(VideoToolbox, gives_the_pictures_of_every_codec_as_libavcodec_does) {
    for (const TestStream& stream : streams()) {
        for (const std::uint64_t seed : kSeeds) {
            SCOPED_TRACE(fmt::format("{}, seed {}", stream.name, seed));
            sim::set_seed(seed);
            sim::configure({});
            const Played played = play(stream);
            ASSERT_EQ(stream.pictures.size(), stream.packets.size());
            EXPECT_EQ(difference(stream, played), "");
            EXPECT_STREQ(played.statistics.decoder, "videotoolbox");
            EXPECT_EQ(played.statistics.failovers, 0U);
            EXPECT_EQ(played.statistics.restarts, 0U);
            const auto complaints = sim::complaints();
            EXPECT_TRUE(complaints.empty()) << complaints.front();
        }
    }
}

} // namespace
} // namespace tv::test
