// What is found out about libavcodec before a stream is there: libraries that are absent or lack a decoder.
#include <gtest/gtest.h>

#include "video/ffmpeg/library.h"

namespace tv::video {
namespace {

class NoReports final : public DecodeSink {
public:
    void decoded(std::uint64_t, Result<std::optional<Picture>>) override {}
};

constexpr Codec kCodecs[] = {Codec::H264, Codec::Vp9, Codec::Av1, Codec::Hevc};

// What create() would say of each.
void expect_unsupported(DecoderFactory& factory, Codec codec, const char* words) {
    SCOPED_TRACE(codec_name(codec));
    const Status prepared = factory.prepare(codec);
    const auto created = factory.create({codec, {64, 64}, 1}, std::make_shared<NoReports>());
    ASSERT_FALSE(prepared);
    ASSERT_FALSE(created);
    for (const Error& error : {prepared.error(), created.error()}) {
        EXPECT_EQ(error.category, ErrorCategory::Unsupported);
        EXPECT_STREQ(error.what, words);
    }
}

TEST(FfmpegLibrary, one_that_is_absent_is_looked_for_once_and_named) {
    int looked = 0;
    const auto factory = decoders_of_library([&]() -> Result<std::shared_ptr<const AvLibrary>> {
        ++looked;
        return fail(ErrorCategory::Unsupported, kAvcodecAbsent);
    });
    EXPECT_EQ(looked, 0);
    for (const Codec codec : kCodecs) expect_unsupported(*factory, codec, kAvcodecAbsent);
    EXPECT_EQ(looked, 1);
    EXPECT_NE(std::string(kAvcodecAbsent).find(kAvcodecFile), std::string::npos) << "what to install";
}

TEST(FfmpegLibrary, one_without_an_av1_decoder_is_ready_for_the_other_codecs_alone) {
    const auto real = load_av_library();
    if (!real) GTEST_SKIP() << "skipped: " << describe(real.error());
    const auto factory = decoders_of_library([&]() -> Result<std::shared_ptr<const AvLibrary>> {
        AvLibrary lacking = **real;
        lacking.avcodec_find_decoder_by_name = [](const char*) -> const AVCodec* { return nullptr; };
        return std::make_shared<const AvLibrary>(lacking);
    });
    expect_unsupported(*factory, Codec::Av1, "libavcodec has no decoder for this codec");
    for (const Codec codec : {Codec::H264, Codec::Vp9, Codec::Hevc}) EXPECT_TRUE(factory->prepare(codec));
}

} // namespace
} // namespace tv::video
