// libavcodec's decoder, alone and under the driver, fed with streams of FFmpeg's encoders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "video/decoders.h"
#include "video/driver.h"
#include "video/fake_decoder.h"
#include "video/ffmpeg_tool.h"

namespace tv::test {

// Remembers every report, in order.
class Reports final : public video::DecodeSink {
public:
    struct Report {
        std::uint64_t ticket;
        Result<std::optional<video::Picture>> outcome;
    };
    void decoded(std::uint64_t ticket, Result<std::optional<video::Picture>> outcome) override {
        all.push_back({ticket, std::move(outcome)});
    }
    std::vector<Report> all;
};

// I420 without padding.
[[nodiscard]] Buffer planes_of(const video::Picture& picture);

struct Made {
    const char* encoder;
    const char* options;
    video::Codec codec;
    bool odd; // takes odd sizes itself; the others' senders round up
};
inline constexpr Made kMade[] = {
    {"libx264", "-preset ultrafast -tune zerolatency -threads 4", video::Codec::H264, false},
    {"libx264", "-preset medium -tune zerolatency -g 3", video::Codec::H264, false},
    {"libx265", "-preset ultrafast -tune zerolatency -x265-params log-level=none", video::Codec::Hevc, false},
    {"libvpx-vp9", "-lag-in-frames 0 -deadline realtime -cpu-used 8", video::Codec::Vp9, true},
    {"libaom-av1", "-usage realtime -lag-in-frames 0 -cpu-used 8", video::Codec::Av1, true},
};
inline void PrintTo(const Made& made, std::ostream* out) {
    *out << made.encoder;
}
// One encoder of each codec.
inline constexpr Made kOneOfEach[] = {kMade[0], kMade[2], kMade[3], kMade[4]};

// As the name of a test's case: the codec's, in letters and digits.
[[nodiscard]] std::string case_name(const Made& made);
// The options with a key frame every so many pictures.
[[nodiscard]] std::string with_key_frames(const Made& made, int every);

// The packets as C senders send them: each with the zeros behind libavcodec's own.
[[nodiscard]] std::vector<Buffer> padded(std::vector<Buffer> packets);
// What C senders announce for a buffer of this size.
[[nodiscard]] video::Size coded_by_c_senders(video::Codec codec, video::Size buffer);

class Ffmpeg : public testing::Test {
protected:
    std::unique_ptr<video::DecoderFactory> factory = video::ffmpeg_decoders();
    std::shared_ptr<Reports> reports = std::make_shared<Reports>();
    std::unique_ptr<video::Decoder> decoder;

    void SetUp() override;
    void open(video::Codec codec, unsigned threads = 1, video::Size buffer = {1920, 1080});
    Status decode(video::Codec codec, const Buffer& bytes, std::uint64_t ticket);
    // Every packet gives its picture before decode() returns, and the planes are those expected.
    void expect_planes(video::Codec codec, const std::vector<Buffer>& packets, const Buffer& expected,
                       unsigned threads = 1, video::Size buffer = {1920, 1080});
    // The same with those of the ffmpeg program.
    void expect_same_planes(video::Codec codec, const std::vector<Buffer>& packets, unsigned threads = 1,
                            video::Size buffer = {1920, 1080});
};

// The whole driver on real streams.
class FfmpegDriver : public Ffmpeg {
protected:
    ManualExecutor executor;
    FakeClock clock;

    video::DriverStatistics statistics; // at the end of the last show()

    // By packet: planes, or nothing. `first`: a decoder to be tried before libavcodec's.
    std::vector<std::optional<Buffer>> show(video::Codec codec, const std::vector<Buffer>& packets,
                                            video::Size buffer, video::DecoderFactory* first = nullptr);
};

} // namespace tv::test
