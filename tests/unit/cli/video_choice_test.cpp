#include "cli/video_choice.h"

#include <gtest/gtest.h>

namespace tv::cli {
namespace {

std::optional<std::string> to_remote(std::string_view text) {
    const auto choice = parse_video(text);
    EXPECT_TRUE(choice) << text;
    return choice ? remote_video_argument(*choice) : std::nullopt;
}

TEST(VideoChoice, without_a_codec_it_is_h264) {
    EXPECT_EQ(to_remote(""), "--video=h264");
    EXPECT_EQ(to_remote("sw"), "--video=h264,sw");
    EXPECT_EQ(to_remote("bpf=5000"), "--video=h264,bpf=5000");
}

TEST(VideoChoice, none_means_no_video_at_all) {
    EXPECT_EQ(to_remote("none"), std::nullopt);
    EXPECT_EQ(to_remote("none,hw,hw,bpf=120000"), std::nullopt);
    EXPECT_EQ(to_remote("h264,none"), std::nullopt);
    EXPECT_EQ(to_remote("none,vp9"), "--video=vp9");
}

TEST(VideoChoice, later_words_win) {
    EXPECT_EQ(to_remote("h264,sw,vp9,hw,bpf=1,bpf=2"), "--video=vp9,hw,bpf=2");
    EXPECT_EQ(to_remote("hw,swenc"), "--video=h264,sw");
}

TEST(VideoChoice, the_remote_side_is_never_told_words_that_waypipe_0_8_4_does_not_parse) {
    EXPECT_EQ(to_remote("h264,swenc,hwdec,bpf=120000"), "--video=h264,sw,bpf=120000");
    EXPECT_EQ(to_remote("vp9,hwenc,swdec"), "--video=vp9,hw");
    // Decoding happens here: no word of it goes there.
    EXPECT_EQ(to_remote("h264,swdec"), "--video=h264");
    EXPECT_EQ(to_remote("h264,hwdec"), "--video=h264");
}

TEST(VideoChoice, av1_is_passed_on_since_there_is_no_older_word_for_it) {
    EXPECT_EQ(to_remote("av1,hw"), "--video=av1,hw");
}

TEST(VideoChoice, the_decoders_side_of_the_choice_is_kept) {
    EXPECT_EQ(parse_video("sw")->decoder, VideoEngine::Software);
    EXPECT_EQ(parse_video("sw,hwdec")->decoder, VideoEngine::Hardware);
    EXPECT_EQ(parse_video("swenc")->decoder, VideoEngine::Any);
}

TEST(VideoChoice, bits_are_written_as_a_whole_number_or_as_in_waypipes_help) {
    EXPECT_EQ(parse_video("bpf=1.2e5")->bits_per_frame, 120000u);
    EXPECT_EQ(parse_video("bpf=1e9")->bits_per_frame, 1'000'000'000u);
    EXPECT_EQ(parse_video("bpf=3E+2")->bits_per_frame, 300u);
    EXPECT_EQ(parse_video("bpf=750.9")->bits_per_frame, 750u);
    EXPECT_EQ(parse_video("bpf=1")->bits_per_frame, 1u);
}

TEST(VideoChoice, nonsense_is_refused_with_the_word_in_question) {
    for (const char* bad : {"h265", "bpf=", "bpf=0", "bpf=x", "bpf=1e10", "bpf=1000000001", "bpf=-5",
                            "bpf=1e", "bpf=0.1", "bpf=99999999999999999999", "h264;sw", "H264"}) {
        const auto choice = parse_video(bad);
        ASSERT_FALSE(choice) << bad;
        EXPECT_NE(choice.error().message.find(bad), std::string::npos) << choice.error().message;
    }
}

} // namespace
} // namespace tv::cli
