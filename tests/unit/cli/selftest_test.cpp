// The self-test's verdicts, with decoders that do what the test wants.
#include <algorithm>

#include <gtest/gtest.h>

#include "cli/report.h"
#include "cli/selftest/selftest.h"
#include "support/json.h"

namespace tv::cli {
namespace {

enum class Habit { Right, WrongPicture, NoPicture, Corrupted, Unsupported, Fails };

class ScriptedDecoder final : public video::Decoder {
public:
    ScriptedDecoder(const Clip& clip, Habit habit, std::shared_ptr<video::DecodeSink> sink)
        : clip_(clip), habit_(habit), sink_(std::move(sink)) {}
    Status decode(const video::AccessUnit& unit) override {
        if (habit_ == Habit::Corrupted && unit.ticket == 3)
            return sink_->decoded(unit.ticket, fail(ErrorCategory::Corrupted, "broken")), Status{};
        if (habit_ == Habit::NoPicture && unit.ticket == 3)
            return sink_->decoded(unit.ticket, std::nullopt), Status{};
        auto samples = std::make_shared<Clip>(clip_);
        if (habit_ == Habit::WrongPicture)
            for (std::uint8_t& sample : samples->last) sample = static_cast<std::uint8_t>(sample ^ 8);
        video::Picture picture = samples->picture();
        picture.owner = samples;
        sink_->decoded(unit.ticket, picture);
        return {};
    }
    Status ask_for_delayed() override { return {}; }
    void wait_for_delayed() override {}

private:
    const Clip& clip_;
    Habit habit_;
    std::shared_ptr<video::DecodeSink> sink_;
};

class Factory final : public video::DecoderFactory {
public:
    Factory(const std::vector<Clip>& clips, Habit habit) : clips_(clips), habit_(habit) {}
    const char* name() const override { return "scripted"; }
    bool hardware() const override { return false; }
    bool may_decode(video::Codec codec) const override { return codec != video::Codec::Av1; }
    Result<std::unique_ptr<video::Decoder>> create(const video::StreamParameters& stream,
                                                   std::shared_ptr<video::DecodeSink> sink) override {
        if (habit_ == Habit::Unsupported) return fail(ErrorCategory::Unsupported, "not on this machine");
        if (habit_ == Habit::Fails) return fail(ErrorCategory::Io, "out of order");
        for (const Clip& clip : clips_)
            if (clip.codec == stream.codec)
                return std::make_unique<ScriptedDecoder>(clip, habit_, std::move(sink));
        return fail(ErrorCategory::Unsupported, "no clip");
    }

private:
    const std::vector<Clip>& clips_;
    Habit habit_;
};

class Selftest : public testing::Test {
protected:
    SelftestReport run(std::vector<Habit> habits) {
        std::vector<std::unique_ptr<Factory>> factories;
        SelftestParts parts;
        for (const Habit habit : habits) {
            factories.push_back(std::make_unique<Factory>(clips_, habit));
            parts.decoders.push_back(factories.back().get());
        }
        return run_selftest(clips_, parts);
    }
    static std::size_t count(const SelftestReport& report, Verdict verdict, const std::string& decoder) {
        return static_cast<std::size_t>(std::ranges::count_if(report.rows, [&](const SelftestRow& row) {
            return row.verdict == verdict && row.decoder == decoder;
        }));
    }
    std::vector<Clip> clips_ = built_in_clips().value();
};

TEST_F(Selftest, every_codec_has_a_clip_that_begins_with_a_key_frame) {
    ASSERT_EQ(clips_.size(), video::kCodecCount);
    for (const Clip& clip : clips_) {
        EXPECT_EQ(clip.frames.size(), 8U);
        EXPECT_TRUE(clip.frames.front().key);
        EXPECT_TRUE(video::planes_cover(clip.picture()));
    }
}

TEST_F(Selftest, right_pictures_are_right_and_what_is_absent_is_a_row) {
    const SelftestReport report = run({Habit::Right});
    EXPECT_EQ(report.exit_code(), 0);
    EXPECT_EQ(count(report, Verdict::Right, "scripted"), 3U);
    EXPECT_EQ(count(report, Verdict::Absent, "scripted"), 1U) << "AV1";
    EXPECT_EQ(count(report, Verdict::Absent, "videotoolbox"), 1U);
    EXPECT_EQ(count(report, Verdict::Absent, "ffmpeg"), 1U);
}

TEST_F(Selftest, one_wrong_picture_is_exit_code_1_whatever_else_is_right) {
    const SelftestReport report = run({Habit::Right, Habit::WrongPicture});
    EXPECT_EQ(report.exit_code(), 1);
    EXPECT_EQ(count(report, Verdict::Wrong, "scripted"), 3U);
    for (const SelftestRow& row : report.rows) {
        if (row.verdict == Verdict::Wrong) {
            EXPECT_LT(row.psnr, 40);
        }
    }
    EXPECT_NE(report.table().find("WRONG"), std::string::npos);
}

TEST_F(Selftest, a_decoder_that_misses_or_refuses_a_packet_has_failed) {
    EXPECT_EQ(run({Habit::NoPicture}).exit_code(), 1);
    EXPECT_EQ(run({Habit::Corrupted}).exit_code(), 1);
    const SelftestReport report = run({Habit::Fails, Habit::Right});
    EXPECT_EQ(report.exit_code(), 1);
    EXPECT_EQ(count(report, Verdict::Failed, "scripted"), 3U);
}

TEST_F(Selftest, without_a_usable_decoder_the_exit_code_is_2) {
    EXPECT_EQ(run({}).exit_code(), 2);
    EXPECT_EQ(run({Habit::Unsupported}).exit_code(), 2);
}

TEST_F(Selftest, surfaces_of_the_system_are_compared_too_and_a_swapped_channel_is_wrong) {
    Factory factory(clips_, Habit::Right);
    SelftestParts parts;
    parts.decoders = {&factory};
    parts.surfaces.converters.push_back(
        {"metal", "GPU", true,
         [](const video::Picture&, video::Size size) -> Result<std::vector<std::uint8_t>> {
             return std::vector<std::uint8_t>(std::size_t{4} * size.width * size.height, 128);
         }});
    const SelftestReport report = run_selftest(clips_, parts);
    EXPECT_EQ(report.exit_code(), 1);
    EXPECT_EQ(count(report, Verdict::Wrong, "scripted"), 3U);
    EXPECT_EQ(count(report, Verdict::Right, "scripted"), 3U) << "by the CPU";
}

TEST_F(Selftest, its_json_is_one_line_with_a_row_for_each_of_the_table) {
    const SelftestReport report = run({Habit::Right});
    const auto json = test::Json::parse(report.json());
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["exit"].number, 0);
    EXPECT_EQ((*json)["rows"].items.size(), report.rows.size());
    const std::string line = report.json();
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
}

TEST_F(Selftest, a_clip_that_is_cut_off_anywhere_is_refused) {
    for (std::size_t size = 0; size < kVp9Clip.size(); size += 37)
        EXPECT_FALSE(read_clip(kVp9Clip.first(size))) << size;
}

TEST(Columns, are_as_wide_as_their_widest_cell_and_lines_end_without_blanks) {
    EXPECT_EQ(columns({{"a", "bcd", ""}, {"abc", "", "a sentence"}}), "a    bcd\nabc       a sentence\n");
}

} // namespace
} // namespace tv::cli
