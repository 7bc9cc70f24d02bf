// dmabufs and video of a stock waypipe, recorded by the real program and played again by it: the same
// pictures, without waypipe and without the application.
#include <algorithm>
#include <filesystem>

#include "live_bed.h"
#include "replay_bed.h"

namespace {

using namespace tv;
using namespace tv::test;

class RecordLive : public LiveTest {
protected:
    void expect_the_same_again(LiveOptions options, const std::vector<std::string>& arguments) {
        const std::string file = dir() / "recording";
        options.tunnelview = {"--record", file};
        const LiveOutcome live = play(options, arguments);
        expect_good_end(live);
        ASSERT_FALSE(live.shown.empty());

        CompositorOptions pose;
        pose.socket = "wayland-again";
        if (options.release_when_replaced) pose.release = ReleasePolicy::WhenReplaced;
        const auto compositor = start_compositor(std::move(pose));
        ASSERT_TRUE(compositor);
        SpawnOptions replay = command({TV_PROGRAM, "replay", file, "--speed", "max"});
        replay.environment["WAYLAND_DISPLAY"] = compositor->display();
        const auto result = run(replay, 60s);
        ASSERT_TRUE(result.has_value());
        EXPECT_TRUE(result->exit.ok()) << result->err;
        EXPECT_NE(result->err.find(" 0 waits ran out"), std::string::npos) << result->err;
        EXPECT_TRUE(compositor->wait_until_no_clients(10s));
        const std::vector<Frame> again = frames_of(*compositor);
        // Windows are independent: what counts is the order within each.
        for (const LiveFrame& window : live.shown) {
            std::vector<Frame> expected, seen;
            for (const LiveFrame& frame : LiveOutcome::of(live.shown, window.surface))
                expected.push_back({frame.surface, frame.width, frame.height, frame.crc});
            std::ranges::copy_if(again, std::back_inserter(seen),
                                 [&](const Frame& frame) { return frame.surface == window.surface; });
            ASSERT_EQ(seen, expected);
        }
        EXPECT_EQ(again.size(), live.shown.size());
        std::filesystem::remove(file);
    }
};

TEST_F(RecordLive, raw_dmabufs_show_the_same_again) {
    for (const std::string compression : {"none", "lz4", "zstd"})
        expect_the_same_again({.compression = compression}, {"--pattern", "noise", "--frames", "8"});
    expect_the_same_again({}, {"--y-invert", "--format", "AR24", "--stride-padding", "36", "--frames", "5"});
}

TEST_F(RecordLive, video_shows_the_same_again) {
#ifndef TV_FFMPEG
    GTEST_SKIP() << "skipped: built without libavcodec";
#endif
    for (const std::string& codec : live_peer().codecs()) {
        LiveOptions options{.codec = codec};
        expect_the_same_again(options, {"--frames", "12"});
        expect_the_same_again(options, {"--frames", "12", "--windows", "3", "--resize", "6:200x100"});
        options.release_when_replaced = true;
        expect_the_same_again(options, {"--frames", "12", "--buffers", "3"});
    }
}

} // namespace
