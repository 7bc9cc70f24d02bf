#include "video/ffmpeg_bed.h"

#include <fmt/format.h>

#include "channel/test_bytes.h"
#include "video/bitstream/packet_info.h"
#include "video/packet.h"

namespace tv::test {

using namespace video;

namespace {

void append_plane(const Plane& plane, std::size_t width, std::size_t height, Buffer& out) {
    for (std::size_t y = 0; y < height; ++y) {
        const Bytes row = plane.bytes.subspan(y * plane.stride, width);
        out.insert(out.end(), row.begin(), row.end());
    }
}

} // namespace

Buffer planes_of(const Picture& picture) {
    Buffer out;
    const std::size_t chroma_width = (picture.size.width + 1) / 2,
                      chroma_height = (picture.size.height + 1) / 2;
    append_plane(picture.planes[0], picture.size.width, picture.size.height, out);
    append_plane(picture.planes[1], chroma_width, chroma_height, out);
    append_plane(picture.planes[2], chroma_width, chroma_height, out);
    return out;
}

std::string case_name(const Made& made) {
    std::string name = codec_name(made.codec);
    std::erase(name, '.');
    return name;
}

std::string with_key_frames(const Made& made, int every) {
    if (made.codec == Codec::Hevc)
        return fmt::format("{}:keyint={}:min-keyint={}", made.options, every, every);
    return fmt::format("{} -g {}", made.options, every);
}

std::vector<Buffer> padded(std::vector<Buffer> packets) {
    for (Buffer& packet : packets) packet.resize(packet.size() + 64);
    return packets;
}

Size coded_by_c_senders(Codec codec, Size buffer) {
    Size coded{(buffer.width + 15) & ~15u, (buffer.height + 31) & ~31u};
    if (codec == Codec::H264) coded = {std::max(32u, coded.width), coded.height + 2};
    if (codec == Codec::Hevc) coded.width = std::max(32u, coded.width); // the smallest that libx265 takes
    return coded;
}

void Ffmpeg::SetUp() {
    if (!factory) GTEST_SKIP() << "built without libavcodec";
    const auto probe = factory->create({}, reports);
    if (!probe) GTEST_SKIP() << describe(probe.error());
    if (!have_ffmpeg_tool()) GTEST_SKIP() << "the ffmpeg program is not installed";
}

void Ffmpeg::open(Codec codec, unsigned threads, Size buffer) {
    reports->all.clear();
    auto created = factory->create({codec, buffer, threads}, reports);
    ASSERT_TRUE(created) << describe(created.error());
    decoder = std::move(*created);
}

Status Ffmpeg::decode(Codec codec, const Buffer& bytes, std::uint64_t ticket) {
    auto packet = std::make_shared<const Packet>(Bytes(bytes));
    const PacketInfo info = inspect(codec, packet->bytes());
    return decoder->decode({info.bytes, info.key_frame, ticket, packet});
}

void Ffmpeg::expect_planes(Codec codec, const std::vector<Buffer>& packets, const Buffer& expected,
                           unsigned threads, Size buffer) {
    ASSERT_FALSE(packets.empty());
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
    EXPECT_EQ(ours.size(), expected.size());
    EXPECT_TRUE(ours == expected) << "planes differ";
}

void Ffmpeg::expect_same_planes(Codec codec, const std::vector<Buffer>& packets, unsigned threads,
                                Size buffer) {
    const auto expected = decode_with_tool(codec, packets);
    ASSERT_TRUE(expected) << describe(expected.error());
    expect_planes(codec, packets, *expected, threads, buffer);
}

std::vector<std::optional<Buffer>> FfmpegDriver::show(Codec codec, const std::vector<Buffer>& packets,
                                                      Size buffer, DecoderFactory* first) {
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

} // namespace tv::test
