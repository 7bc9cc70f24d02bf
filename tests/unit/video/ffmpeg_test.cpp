// Decoding by libavcodec: one picture a packet at once, planes equal to those of the ffmpeg program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "channel/test_bytes.h"
#include "video/bitstream/packet_info.h"
#include "video/decoders.h"
#include "video/driver.h"
#include "video/fake_decoder.h"
#include "video/ffmpeg_tool.h"
#include "video/packet.h"
#include "video/recorded.h"

namespace tv::video {
namespace {

using test::Buffer;

// Remembers every report, in order.
class Reports final : public DecodeSink {
public:
    struct Report {
        std::uint64_t ticket;
        Result<std::optional<Picture>> outcome;
    };
    void decoded(std::uint64_t ticket, Result<std::optional<Picture>> outcome) override {
        all.push_back({ticket, std::move(outcome)});
    }
    std::vector<Report> all;
};

void append_plane(const Plane& plane, std::size_t width, std::size_t height, Buffer& out) {
    for (std::size_t y = 0; y < height; ++y) {
        const Bytes row = plane.bytes.subspan(y * plane.stride, width);
        out.insert(out.end(), row.begin(), row.end());
    }
}

Buffer planes_of(const Picture& picture) {
    Buffer out;
    const std::size_t chroma_width = (picture.size.width + 1) / 2,
                      chroma_height = (picture.size.height + 1) / 2;
    append_plane(picture.planes[0], picture.size.width, picture.size.height, out);
    append_plane(picture.planes[1], chroma_width, chroma_height, out);
    append_plane(picture.planes[2], chroma_width, chroma_height, out);
    return out;
}

class Ffmpeg : public testing::Test {
protected:
    std::unique_ptr<DecoderFactory> factory = ffmpeg_decoders();
    std::shared_ptr<Reports> reports = std::make_shared<Reports>();
    std::unique_ptr<Decoder> decoder;

    void SetUp() override {
        if (!factory) GTEST_SKIP() << "built without libavcodec";
        const auto probe = factory->create({}, reports);
        if (!probe) GTEST_SKIP() << describe(probe.error());
        if (!test::have_ffmpeg_tool()) GTEST_SKIP() << "the ffmpeg program is not installed";
    }
    void open(Codec codec, unsigned threads = 1, Size buffer = {1920, 1080}) {
        reports->all.clear();
        auto created = factory->create({codec, buffer, threads}, reports);
        ASSERT_TRUE(created) << describe(created.error());
        decoder = std::move(*created);
    }
    Status decode(Codec codec, const Buffer& bytes, std::uint64_t ticket) {
        auto packet = std::make_shared<const Packet>(Bytes(bytes));
        const PacketInfo info = inspect(codec, packet->bytes());
        return decoder->decode({info.bytes, info.key_frame, ticket, packet});
    }
    // Every packet gives its picture before decode() returns, and the planes are those of the program.
    void expect_same_planes(Codec codec, const std::vector<Buffer>& packets, unsigned threads = 1,
                            Size buffer = {1920, 1080}) {
        ASSERT_FALSE(packets.empty());
        const auto expected = test::decode_with_tool(codec, packets);
        ASSERT_TRUE(expected) << describe(expected.error());
        open(codec, threads, buffer);
        Buffer ours;
        for (std::size_t i = 0; i < packets.size(); ++i) {
            const Status status = decode(codec, packets[i], i);
            ASSERT_TRUE(status) << i << ": " << describe(status.error());
            ASSERT_EQ(reports->all.size(), i + 1) << "a picture is held back";
            const auto& report = reports->all.back();
            EXPECT_EQ(report.ticket, i);
            ASSERT_TRUE(report.outcome) << describe(report.outcome.error());
            ASSERT_TRUE(*report.outcome);
            ASSERT_TRUE(planes_cover(**report.outcome));
            const Buffer planes = planes_of(**report.outcome);
            ours.insert(ours.end(), planes.begin(), planes.end());
        }
        EXPECT_EQ(ours.size(), expected->size());
        EXPECT_TRUE(ours == *expected) << "planes differ";
    }
};

TEST_F(Ffmpeg, recorded_streams_of_stock_senders_decode_to_the_same_planes) {
    int streams = 0;
    for (const char* name : {"0112-h264-xr24-333x217", "0112-vp9-xr24-640x480", "0112-av1-xr24-640x480"}) {
        const auto recorded = test::recorded_streams(std::string(TV_VIDEO_FIXTURES "/") + name + ".s2c");
        ASSERT_TRUE(recorded);
        for (const auto& [rid, stream] : *recorded) {
            if (stream.packets.empty()) continue;
            SCOPED_TRACE(std::string(name) + " " + std::to_string(rid));
            expect_same_planes(*codec_from_id(stream.codec_id), stream.packets);
            ++streams;
        }
    }
    EXPECT_EQ(streams, 6);
}

TEST_F(Ffmpeg, the_padding_of_c_senders_changes_no_picture) {
    for (const char* name : {"0112-h264-xr24-333x217", "0112-vp9-xr24-640x480", "0112-av1-xr24-640x480"}) {
        SCOPED_TRACE(name);
        const auto recorded = test::recorded_streams(std::string(TV_VIDEO_FIXTURES "/") + name + ".s2c");
        ASSERT_TRUE(recorded);
        const auto& stream = recorded->begin()->second;
        const Codec codec = *codec_from_id(stream.codec_id);
        const auto expected = test::decode_with_tool(codec, stream.packets);
        ASSERT_TRUE(expected);
        open(codec);
        Buffer ours;
        for (std::size_t i = 0; i < stream.packets.size(); ++i) {
            Buffer padded = stream.packets[i];
            padded.resize(padded.size() + 64);
            ASSERT_TRUE(decode(codec, padded, i));
            ASSERT_TRUE(reports->all.back().outcome && *reports->all.back().outcome);
            const Buffer planes = planes_of(**reports->all.back().outcome);
            ours.insert(ours.end(), planes.begin(), planes.end());
        }
        EXPECT_TRUE(ours == *expected);
    }
}

struct Made {
    const char* encoder;
    const char* options;
    Codec codec;
    bool odd; // takes odd sizes itself; the others' senders round up
};
constexpr Made kMade[] = {
    {"libx264", "-preset ultrafast -tune zerolatency -threads 4", Codec::H264, false},
    {"libx264", "-preset medium -tune zerolatency -g 3", Codec::H264, false},
    {"libx265", "-preset ultrafast -tune zerolatency -x265-params log-level=none", Codec::Hevc, false},
    {"libvpx-vp9", "-lag-in-frames 0 -deadline realtime -cpu-used 8", Codec::Vp9, true},
    {"libaom-av1", "-usage realtime -lag-in-frames 0 -cpu-used 8", Codec::Av1, true},
};

TEST_F(Ffmpeg, streams_of_every_codec_and_size_decode_to_the_same_planes_with_one_and_two_threads) {
    int compared = 0;
    for (const Made& made : kMade) {
        for (const Size size : {Size{1, 1}, {2, 2}, {64, 64}, {222, 129}, {257, 240}, {1919, 1079}}) {
            const Size coded = made.odd ? size
                                        : Size{std::max(32u, (size.width + 15) & ~15u),
                                               std::max(32u, (size.height + 15) & ~15u)};
            const bool large = size.width > 1000;
            SCOPED_TRACE(std::string(made.encoder) + " " + std::to_string(size.width));
            const auto packets = test::encode_pattern(made.encoder, made.options, coded, large ? 2 : 8);
            if (packets.empty() && size.width < 16) continue; // this encoder takes no such size
            expect_same_planes(made.codec, packets, large ? 2 : 1);
            ++compared;
        }
    }
    EXPECT_GE(compared, 26);
}

TEST_F(Ffmpeg, streams_of_4k_decode_to_the_same_planes) {
    for (const Made& made : kMade) {
        SCOPED_TRACE(made.encoder);
        const Size size{3840, 2160};
        const auto packets = test::encode_pattern(made.encoder, made.options, size, 2);
        ASSERT_EQ(packets.size(), 2u);
        expect_same_planes(made.codec, packets, 2, size);
    }
}

TEST_F(Ffmpeg, a_stream_that_may_reorder_gives_each_picture_at_once_after_its_sps_was_rewritten) {
    // No B frames, but nothing in the stream says so.
    const auto packets = test::encode_pattern(
        "libx264", "-preset veryfast -bf 0 -x264-params sync-lookahead=0:rc-lookahead=0", {320, 240}, 8);
    ASSERT_EQ(packets.size(), 8u);
    const auto expected = test::decode_with_tool(Codec::H264, packets);
    ASSERT_TRUE(expected);
    std::vector<Buffer> rewritten = packets;
    int changed = 0;
    for (Buffer& packet : rewritten) {
        if (const auto other = without_reordering(Codec::H264, packet); !other.empty()) {
            packet = other;
            ++changed;
        }
    }
    EXPECT_GE(changed, 1);
    const auto again = test::decode_with_tool(Codec::H264, rewritten);
    ASSERT_TRUE(again);
    EXPECT_TRUE(*again == *expected) << "rewriting changed a picture";
    expect_same_planes(Codec::H264, rewritten);
}

TEST_F(Ffmpeg, garbage_is_corrupt_and_not_the_decoders_failure) {
    for (const Codec codec : {Codec::H264, Codec::Vp9, Codec::Av1, Codec::Hevc}) {
        open(codec);
        std::minstd_rand random(7);
        for (std::uint64_t ticket = 0; ticket < 50; ++ticket) {
            const Buffer packet = test::random_bytes(random, 1 + random() % 300);
            const Status status = decode(codec, packet, ticket);
            if (!status) {
                EXPECT_NE(status.error().category, ErrorCategory::TryAgain) << describe(status.error());
            }
        }
        for (const auto& report : reports->all)
            EXPECT_FALSE(report.outcome && *report.outcome) << "a picture out of nothing";
    }
}

TEST_F(Ffmpeg, ten_bit_pictures_are_unsupported) {
    const auto packets = test::encode_pattern(
        "libx265", "-pix_fmt yuv420p10le -preset ultrafast -x265-params log-level=none:bframes=0", {64, 64},
        2);
    if (packets.empty()) GTEST_SKIP() << "this libx265 has no 10 bit";
    open(Codec::Hevc);
    (void)decode(Codec::Hevc, packets[0], 0);
    (void)decode(Codec::Hevc, packets[1], 1);
    decoder->wait_for_delayed();
    ASSERT_FALSE(reports->all.empty());
    ASSERT_FALSE(reports->all[0].outcome);
    EXPECT_EQ(reports->all[0].outcome.error().category, ErrorCategory::Unsupported);
}

TEST_F(Ffmpeg, streams_much_larger_than_their_buffer_are_refused_before_a_picture_is_allocated) {
    for (const Made& made : kMade) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, made.options, {640, 480}, 1);
        ASSERT_EQ(packets.size(), 1u);
        open(made.codec, 1, {512, 352});
        EXPECT_TRUE(decode(made.codec, packets[0], 0)) << "within the limit";
        open(made.codec, 1, {64, 64});
        const Status status = decode(made.codec, packets[0], 0);
        decoder->wait_for_delayed();
        const bool picture = !reports->all.empty() && reports->all[0].outcome && *reports->all[0].outcome;
        EXPECT_FALSE(status && picture);
    }
}

TEST_F(Ffmpeg, pictures_outlive_their_decoder) {
    const auto packets = test::encode_pattern("libx264", "-preset ultrafast -tune zerolatency", {64, 64}, 1);
    open(Codec::H264);
    ASSERT_TRUE(decode(Codec::H264, packets.at(0), 0));
    ASSERT_TRUE(reports->all.at(0).outcome && *reports->all[0].outcome);
    const Picture picture = **reports->all[0].outcome;
    const Buffer before = planes_of(picture);
    decoder.reset();
    EXPECT_TRUE(planes_of(picture) == before);
}

std::string with_key_frames(const Made& made, int every) {
    if (made.codec == Codec::Hevc)
        return fmt::format("{}:keyint={}:min-keyint={}", made.options, every, every);
    return fmt::format("{} -g {}", made.options, every);
}

// The whole driver on real streams: what a lost or broken packet costs.
class FfmpegDriver : public Ffmpeg {
protected:
    test::ManualExecutor executor;
    test::FakeClock clock;

    DriverStatistics statistics; // at the end of the last show()

    // By packet: planes, or nothing. `first`: a decoder to be tried before libavcodec's.
    std::vector<std::optional<Buffer>> show(Codec codec, const std::vector<Buffer>& packets, Size buffer,
                                            DecoderFactory* first = nullptr) {
        DriverOptions options;
        options.codec = codec;
        options.buffer = buffer;
        options.threads = 1;
        if (first != nullptr) options.decoders.push_back(first);
        options.decoders.push_back(factory.get());
        options.executor = &executor;
        options.clock = &clock;
        Driver driver(std::move(options));
        std::vector<std::optional<Buffer>> shown;
        for (const Buffer& packet : packets) {
            driver.push(std::make_shared<const Packet>(Bytes(packet)));
            for (int round = 0; round < 20 && driver.decided() != shown.size() + 1; ++round) {
                while (executor.run_all()) driver.service();
                if (driver.decided() == shown.size() + 1) break;
                if (const auto deadline = driver.deadline()) clock.advance_to(*deadline);
                driver.service();
            }
            auto outcome = driver.next();
            EXPECT_TRUE(outcome) << "packet " << shown.size() << " has no outcome";
            shown.emplace_back();
            if (outcome && outcome->picture) shown.back() = planes_of(*outcome->picture);
        }
        statistics = driver.statistics();
        return shown;
    }
};

// VP9 is not among these: its entropy coder reads zeros past the end, so nothing tells a cut frame from a
// whole one. Nor is HEVC: in streams without wavefronts libavcodec does not notice every cut.
TEST_F(FfmpegDriver, a_packet_cut_off_hides_pictures_until_the_next_key_frame_and_shows_no_wrong_one) {
    for (const Made& made : {kMade[0], kMade[4]}) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, with_key_frames(made, 6), {128, 96}, 12);
        ASSERT_EQ(packets.size(), 12u);
        ASSERT_TRUE(inspect(made.codec, packets[6]).key_frame);
        const auto good = show(made.codec, packets, {128, 96});
        for (const auto& planes : good) ASSERT_TRUE(planes);
        for (std::size_t broken = 0; broken < 8; ++broken) {
            std::vector<Buffer> sent = packets;
            sent[broken].resize(sent[broken].size() / 3);
            const auto shown = show(made.codec, sent, {128, 96});
            const std::size_t next_key = broken < 6 ? 6 : 12;
            for (std::size_t i = 0; i < shown.size(); ++i) {
                if (i < broken || i >= next_key) {
                    EXPECT_TRUE(shown[i] == good[i]) << "broken " << broken << ", packet " << i;
                } else {
                    EXPECT_FALSE(shown[i]) << "broken " << broken << ", packet " << i;
                }
            }
        }
    }
}

TEST_F(FfmpegDriver, a_lost_packet_ends_nothing_and_the_next_key_frame_is_right) {
    for (const Made& made : {kMade[0], kMade[2], kMade[3], kMade[4]}) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, with_key_frames(made, 4), {64, 64}, 6);
        ASSERT_EQ(packets.size(), 6u);
        const auto good = show(made.codec, packets, {64, 64});
        for (std::size_t lost = 0; lost < 4; ++lost) {
            std::vector<Buffer> sent = packets;
            sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(lost));
            const auto shown = show(made.codec, sent, {64, 64});
            EXPECT_TRUE(shown.at(3) == good[4]) << lost;
            EXPECT_TRUE(shown.at(4) == good[5]) << lost;
        }
    }
}

TEST_F(FfmpegDriver, a_flipped_byte_anywhere_ends_nothing_and_the_next_key_frame_is_right) {
    for (const Made& made : {kMade[0], kMade[2], kMade[3], kMade[4]}) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, with_key_frames(made, 4), {64, 64}, 6);
        ASSERT_EQ(packets.size(), 6u);
        ASSERT_TRUE(inspect(made.codec, packets[4]).key_frame);
        const auto good = show(made.codec, packets, {64, 64});
        std::minstd_rand random(3);
        for (int round = 0; round < 40; ++round) {
            std::vector<Buffer> sent = packets;
            Buffer& victim = sent[random() % 4];
            victim[random() % victim.size()] ^= std::byte{static_cast<unsigned char>(1 + random() % 255)};
            const auto shown = show(made.codec, sent, {64, 64});
            ASSERT_EQ(shown.size(), 6u);
            EXPECT_TRUE(shown[4] == good[4]) << round;
            EXPECT_TRUE(shown[5] == good[5]) << round;
        }
    }
}

// A real decoder with a fault added.
class Faulty final : public DecoderFactory {
public:
    enum class Fault { FailsFrom, HoldsBack };
    // FailsFrom: that ticket and all later ones are the decoder's failure. HoldsBack: a picture comes out
    // when it is waited for, or with the next packet, unless the SPS rules reordering out.
    Faulty(DecoderFactory& real, Fault fault, std::uint64_t from = 0)
        : real_(real), fault_(fault), from_(from) {}
    [[nodiscard]] const char* name() const override { return "faulty"; }
    [[nodiscard]] bool hardware() const override { return true; }
    [[nodiscard]] bool may_decode(Codec) const override { return true; }
    [[nodiscard]] Result<std::unique_ptr<Decoder>> create(const StreamParameters& stream,
                                                          std::shared_ptr<DecodeSink> sink) override {
        auto inner = std::make_shared<Reports>();
        TV_ASSIGN(auto real, real_.create(stream, inner));
        return std::make_unique<Wrapper>(*this, stream.codec, std::move(real), std::move(inner),
                                         std::move(sink));
    }

private:
    class Wrapper final : public Decoder {
    public:
        Wrapper(const Faulty& faulty, Codec codec, std::unique_ptr<Decoder> real,
                std::shared_ptr<Reports> inner, std::shared_ptr<DecodeSink> sink)
            : faulty_(faulty), codec_(codec), real_(std::move(real)), inner_(std::move(inner)),
              sink_(std::move(sink)) {}
        [[nodiscard]] Status decode(const AccessUnit& unit) override {
            if (faulty_.fault_ == Fault::FailsFrom && unit.ticket >= faulty_.from_)
                return fail(ErrorCategory::Io, "made to fail");
            if (unit.key_frame) in_order_ = without_reordering(codec_, unit.bytes) == test::copy(unit.bytes);
            wait_for_delayed();
            TV_TRY(real_->decode(unit));
            if (faulty_.fault_ == Fault::FailsFrom || in_order_) wait_for_delayed();
            return {};
        }
        [[nodiscard]] Status ask_for_delayed() override { return {}; }
        void wait_for_delayed() override {
            for (auto& report : std::exchange(inner_->all, {}))
                sink_->decoded(report.ticket, std::move(report.outcome));
        }

    private:
        const Faulty& faulty_;
        const Codec codec_;
        const std::unique_ptr<Decoder> real_;
        const std::shared_ptr<Reports> inner_;
        const std::shared_ptr<DecodeSink> sink_;
        bool in_order_ = false;
    };

    DecoderFactory& real_;
    const Fault fault_;
    const std::uint64_t from_;
};

TEST_F(FfmpegDriver, a_decoder_that_fails_at_any_packet_is_followed_by_the_same_pictures_from_the_next) {
    for (const Made& made : {kMade[0], kMade[2], kMade[3], kMade[4]}) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, with_key_frames(made, 5), {96, 64}, 8);
        ASSERT_EQ(packets.size(), 8u);
        const auto good = show(made.codec, packets, {96, 64});
        for (std::uint64_t from = 0; from < packets.size(); ++from) {
            Faulty faulty(*factory, Faulty::Fault::FailsFrom, from);
            EXPECT_TRUE(show(made.codec, packets, {96, 64}, &faulty) == good) << from;
            EXPECT_STREQ(statistics.decoder, "ffmpeg");
            EXPECT_EQ(statistics.pictures, 8u);
        }
    }
}

TEST_F(FfmpegDriver, a_decoder_that_waits_for_its_picture_buffer_is_cured_by_rewriting_the_sps) {
    for (const Made& made : {kMade[0], kMade[2]}) {
        SCOPED_TRACE(made.encoder);
        const auto packets = test::encode_pattern(made.encoder, with_key_frames(made, 5), {96, 64}, 8);
        ASSERT_EQ(packets.size(), 8u);
        const auto good = show(made.codec, packets, {96, 64});
        Faulty faulty(*factory, Faulty::Fault::HoldsBack);
        EXPECT_TRUE(show(made.codec, packets, {96, 64}, &faulty) == good);
        EXPECT_STREQ(statistics.decoder, "faulty");
        EXPECT_EQ(statistics.waits, 2u);
        EXPECT_EQ(statistics.restarts, 1u);
        EXPECT_EQ(statistics.failovers, 0u);
    }
}

TEST_F(FfmpegDriver, parameter_sets_that_change_in_mid_stream_change_nothing_but_the_size) {
    for (const Made& made : {kMade[0], kMade[2], kMade[3], kMade[4]}) {
        SCOPED_TRACE(made.encoder);
        const auto small = test::encode_pattern(made.encoder, made.options, {64, 64}, 3);
        const auto large = test::encode_pattern(made.encoder, made.options, {128, 96}, 3);
        std::vector<Buffer> packets = small;
        packets.insert(packets.end(), large.begin(), large.end());
        packets.insert(packets.end(), small.begin(), small.end());
        const auto alone_small = show(made.codec, small, {64, 64}),
                   alone_large = show(made.codec, large, {64, 64});
        const auto shown = show(made.codec, packets, {64, 64});
        ASSERT_EQ(shown.size(), 9u);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_TRUE(shown[i] && shown[i] == alone_small[i]) << i;
            EXPECT_TRUE(shown[3 + i] && shown[3 + i] == alone_large[i]) << i;
            EXPECT_TRUE(shown[6 + i] && shown[6 + i] == alone_small[i]) << i;
        }
        EXPECT_EQ(statistics.restarts + statistics.failovers, 0u);
    }
}

} // namespace
} // namespace tv::video
