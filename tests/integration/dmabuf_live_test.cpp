// Raw dmabufs of a stock waypipe server, through the real program, on a compositor that knows only wl_shm:
// every frame bit for bit.
#include <algorithm>

#include <fmt/format.h>

#include "live_bed.h"
#include "support/pixel_format.h"

namespace {

using namespace tv;
using namespace tv::test;

class DmabufLive : public LiveTest {
protected:
    // Every format that tests can draw.
    static std::vector<std::uint32_t> all_formats() {
        std::vector<std::uint32_t> codes;
        for (const PixelFormat& format : pixel_formats()) codes.push_back(format.fourcc());
        return codes;
    }
    static void expect_black(const LiveFrame& frame) {
        ASSERT_NE(frame.picture, nullptr);
        EXPECT_TRUE(frame.picture->blank());
        EXPECT_EQ(frame.picture->argb(0, 0), 0xff000000u);
    }
};

TEST_F(DmabufLive, every_frame_is_shown_bit_for_bit_with_each_compression) {
    for (const std::string compression : {"none", "lz4", "zstd"}) {
        for (const std::string pattern : {"smooth", "noise", "text"}) {
            SCOPED_TRACE(compression + " " + pattern);
            const LiveOutcome outcome =
                play({.compression = compression}, {"--pattern", pattern, "--frames", "12"});
            expect_exact(outcome);
            EXPECT_EQ(outcome.drawn.size(), 12u);
        }
    }
}

TEST_F(DmabufLive, every_format_of_the_compositor_is_offered_and_shown_bit_for_bit) {
    const LiveOptions options{.compression = "lz4", .shm_formats = all_formats()};
    const std::vector<std::string> offered = offered_formats(options);
    // Rust peers leave out what their own device has not got.
    if (!live_peer().rust()) {
        EXPECT_EQ(offered.size(), pixel_formats().size());
    }
    for (const char* name : {"XR24", "AR24", "XB24", "AB24"})
        EXPECT_EQ(std::ranges::count(offered, name), 1) << name;
    for (const std::string& format : offered) {
        SCOPED_TRACE(format);
        // An odd width: pixels of 2 and 3 bytes straddle the 4-byte steps of diffs.
        const LiveOutcome outcome = play(options, {"--format", format, "--size", "333x17", "--frames", "4"});
        expect_exact(outcome);
        EXPECT_EQ(outcome.drawn.size(), 4u);
    }
}

TEST_F(DmabufLive, rows_may_be_any_distance_apart_and_begin_anywhere_in_the_file) {
    const LiveOptions options{.shm_formats = all_formats()};
    const std::vector<std::string> offered = offered_formats(options);
    for (const std::string format : {"XR24", "RG16", "RG24", "AB4H"}) {
        if (std::ranges::count(offered, format) == 0) continue;
        for (const std::string padding : {"0", "64", "4096"}) {
            SCOPED_TRACE(format + " with " + padding + " bytes between");
            expect_exact(play(options, {"--format", format, "--stride-padding", padding, "--size", "65x33",
                                        "--frames", "3"}));
        }
    }
    expect_exact(play(options, {"--offset", "4096", "--size", "65x33", "--frames", "3"}));
}

TEST_F(DmabufLive, rows_may_be_of_any_number_of_bytes) {
    if (live_peer().rust())
        GTEST_SKIP() << "skipped: a true device of waypipe " << live_peer().version
                     << " takes aligned rows alone";
    const LiveOptions options{.shm_formats = all_formats()};
    for (const std::string format : {"XR24", "RG16", "AB4H"})
        expect_exact(play(
            options, {"--format", format, "--stride-padding", "100", "--size", "65x33", "--frames", "3"}));
    // Not a multiple of what renderers read rows in.
    for (const std::string padding : {"1", "2", "3"})
        expect_exact(play(
            options, {"--format", "R8  ", "--stride-padding", padding, "--size", "65x33", "--frames", "3"}));
}

TEST_F(DmabufLive, buffers_with_the_lowest_row_first_are_shown_upright) {
    if (live_peer().rust())
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " refuses flags itself";
    for (const std::string compression : {"none", "zstd"}) {
        expect_exact(play({.compression = compression}, {"--y-invert", "--frames", "6"}));
        expect_exact(play({.compression = compression},
                          {"--y-invert", "--stride-padding", "36", "--size", "33x17", "--frames", "6"}));
    }
}

TEST_F(DmabufLive, both_modifiers_are_taken) {
    expect_exact(play({}, {"--modifier", "linear", "--frames", "3"}));
    // Rust peers offer what their own device has.
    if (!live_peer().rust()) expect_exact(play({}, {"--modifier", "invalid", "--frames", "3"}));
}

TEST_F(DmabufLive, one_to_four_buffers_take_turns_also_when_releases_come_late) {
    for (const std::string buffers : {"1", "2", "3", "4"})
        expect_exact(play({}, {"--buffers", buffers, "--frames", "8", "--size", "64x48"}));
    for (const std::string buffers : {"2", "3", "4"}) {
        const LiveOutcome outcome =
            play({.release_when_replaced = true}, {"--buffers", buffers, "--frames", "8", "--size", "64x48"});
        expect_exact(outcome);
        EXPECT_TRUE(
            std::ranges::any_of(outcome.drawn, [](const LiveFrame& frame) { return frame.buffer == 1; }));
    }
}

TEST_F(DmabufLive, windows_are_resized_while_they_play) {
    for (const std::string compression : {"none", "lz4"}) {
        const LiveOutcome outcome =
            play({.compression = compression}, {"--frames", "20", "--resize", "4:640x480", "--resize",
                                                "8:17x11", "--resize", "12:1x1", "--resize", "16:320x240"});
        expect_exact(outcome);
        EXPECT_EQ(outcome.drawn.size(), 20u);
    }
}

TEST_F(DmabufLive, three_windows_of_different_formats_play_at_once) {
    const LiveOutcome outcome = play({.compression = "lz4", .release_when_replaced = true},
                                     {"--windows", "3", "--format", "XR24", "--format", "AR24", "--format",
                                      "XB24", "--frames", "12", "--resize", "6:200x100"});
    expect_exact(outcome);
    for (const char* surface : {"wl_surface#1", "wl_surface#2", "wl_surface#3"})
        EXPECT_EQ(LiveOutcome::of(outcome.shown, surface).size(), 12u) << surface;
}

TEST_F(DmabufLive, a_full_hd_window_is_shown_bit_for_bit) {
    expect_exact(play({.compression = "lz4"}, {"--size", "1919x1079", "--frames", "4"}));
}

TEST_F(DmabufLive, version_3_and_version_4_offer_the_same) {
    std::vector<std::vector<std::string>> offers;
    for (const std::string version : {"3", "4"}) {
        const LiveOutcome outcome = play({}, {"--bind", version, "--offer", "--frames", "3"});
        expect_exact(outcome);
        EXPECT_TRUE(outcome.has_line("bound version " + version));
        std::vector<std::string> offered;
        std::ranges::copy_if(outcome.lines, std::back_inserter(offered),
                             [](const std::string& line) { return line.starts_with("offered "); });
        // 4 formats of the compositor, with 2 modifiers of ours or with the one of a Rust peer's device.
        EXPECT_EQ(offered.size(), live_peer().rust() ? 4u : 8u);
        offers.push_back(std::move(offered));
    }
    EXPECT_EQ(offers[0], offers[1]);
}

TEST_F(DmabufLive, feedback_names_the_render_node_and_has_one_tranche_of_all_formats) {
    const LiveOutcome outcome = play({}, {"--offer", "--frames", "1"});
    expect_exact(outcome);
    // /dev/dri/renderD128: C peers and their applications open it. 0.9 puts its own device into the tranche,
    // which here is no device.
    const std::string target = live_peer().version.starts_with("0.9.") ? "0x0" : "0xe280";
    const int pairs = live_peer().rust() ? 4 : 8;
    for (const char* which : {"default", "surface"}) {
        EXPECT_TRUE(outcome.has_line(
            fmt::format("{} feedback: main_device 0xe280 target_device {} table {} tranches 1 formats {}",
                        which, target, pairs, pairs)));
    }
}

TEST_F(DmabufLive, a_buffer_of_two_planes_fails_and_the_application_lives) {
    if (live_peer().rust())
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " refuses such buffers itself";
    const LiveOutcome outcome = play(
        {.keep_pictures = true}, {"--format", "NV12", "--buffers", "2", "--frames", "4", "--size", "64x48"});
    EXPECT_TRUE(outcome.exit.ok()) << outcome.complaints;
    EXPECT_TRUE(outcome.has_line("done"));
    EXPECT_TRUE(outcome.has_line("window 1 buffer 0 failed"));
    EXPECT_TRUE(outcome.has_line("window 1 buffer 1 failed"));
    EXPECT_NE(outcome.said.find("cannot be shown"), std::string::npos) << outcome.said;
    ASSERT_EQ(outcome.shown.size(), 4u);
    for (const LiveFrame& frame : outcome.shown) expect_black(frame);
}

TEST_F(DmabufLive, a_format_that_was_not_offered_fails_and_the_application_lives) {
    if (live_peer().rust())
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " refuses such buffers itself";
    const LiveOutcome outcome = play(
        {.keep_pictures = true}, {"--format", "XB48", "--buffers", "1", "--frames", "2", "--size", "64x48"});
    EXPECT_TRUE(outcome.has_line("done")) << outcome.complaints;
    EXPECT_TRUE(outcome.has_line("window 1 buffer 0 failed"));
    ASSERT_EQ(outcome.shown.size(), 2u);
    expect_black(outcome.shown[1]);
}

TEST_F(DmabufLive, a_failed_buffer_takes_nothing_from_the_windows_beside_it) {
    if (live_peer().rust())
        GTEST_SKIP() << "skipped: waypipe " << live_peer().version << " refuses such buffers itself";
    const LiveOutcome outcome = play(
        {}, {"--windows", "2", "--format", "NV12", "--format", "XR24", "--frames", "6", "--size", "64x48"});
    EXPECT_TRUE(outcome.has_line("done")) << outcome.complaints;
    EXPECT_EQ(LiveOutcome::of(outcome.shown, "wl_surface#1").size(), 6u);
    EXPECT_EQ(describe(LiveOutcome::of(outcome.shown, "wl_surface#2")),
              describe(LiveOutcome::of(outcome.drawn, "wl_surface#2")));
}

TEST_F(DmabufLive, buffers_that_the_compositor_would_have_to_number_fail_and_the_application_lives) {
    const LiveOutcome outcome = play({}, {"--create", "--buffers", "2"});
    EXPECT_TRUE(outcome.exit.ok()) << outcome.complaints;
    EXPECT_TRUE(outcome.has_line("window 1 buffer 0 failed"));
    EXPECT_TRUE(outcome.has_line("window 1 buffer 1 failed"));
    EXPECT_TRUE(outcome.has_line("given up"));
    EXPECT_TRUE(outcome.has_line("done"));
    EXPECT_TRUE(outcome.shown.empty());
}

TEST_F(DmabufLive, without_a_gpu_by_wish_there_are_no_dmabufs) {
    const LiveOutcome outcome = play({.tunnelview = {"--no-gpu"}}, {"--frames", "1"});
    EXPECT_EQ(outcome.exit, (Exit{false, 1}));
    EXPECT_TRUE(outcome.has_line("no zwp_linux_dmabuf_v1"));
    EXPECT_EQ(outcome.said, "");
}

} // namespace
