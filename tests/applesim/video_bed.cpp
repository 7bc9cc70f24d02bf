#include "video_bed.h"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include <CoreVideo/CoreVideo.h>
#include <fmt/format.h>

#include "sim/picture.h"
#include "video/bitstream/packet_info.h"
#include "video/decoders.h"
#include "video/packet.h"
#include "video/worker_pool.h"

// libavcodec is not built with ThreadSanitizer, which therefore sees none of its locks.
extern "C" const char* __tsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() { // NOLINT(bugprone-reserved-identifier)
    return "called_from_lib:libavutil\ncalled_from_lib:libavcodec\n";
}

namespace tv::test {
namespace {

using video::Picture;

void append_rows(Bytes from, std::size_t stride, std::size_t width, std::size_t height, std::size_t step,
                 Buffer& out) {
    for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) out.push_back(from[y * stride + x * step]);
    }
}

Bytes locked_plane(CVPixelBufferRef image, std::size_t plane) {
    const auto* base = static_cast<const std::byte*>(CVPixelBufferGetBaseAddressOfPlane(image, plane));
    if (base == nullptr) return {};
    return {base,
            CVPixelBufferGetBytesPerRowOfPlane(image, plane) * CVPixelBufferGetHeightOfPlane(image, plane)};
}

// Collects what one decoder says at once.
class Collector final : public video::DecodeSink {
public:
    void decoded(std::uint64_t, Result<std::optional<Picture>> outcome) override {
        if (outcome && *outcome) pictures.push_back(samples_of(**outcome));
    }
    std::vector<Buffer> pictures;
};

void decode_reference(TestStream& stream) {
    const auto factory = video::ffmpeg_decoders();
    auto sink = std::make_shared<Collector>();
    auto decoder = factory->create({stream.codec, stream.size, 1}, sink);
    if (!decoder) return;
    for (const Buffer& packet : stream.packets) {
        auto copy = std::make_shared<const video::Packet>(Bytes(packet));
        const auto info = video::inspect(stream.codec, copy->bytes());
        (void)(*decoder)->decode({info.bytes, info.key_frame, sink->pictures.size(), copy});
    }
    stream.pictures = sink->pictures;
}

// Wakes the thread that plays.
struct Bell {
    std::mutex lock;
    std::condition_variable rang;
    bool ringing = false;
    void ring() {
        const std::lock_guard guard(lock);
        ringing = true;
        rang.notify_all();
    }
    void wait() {
        std::unique_lock guard(lock);
        // Also without a ring, for the driver's deadlines.
        if (!rang.wait_for(guard, std::chrono::milliseconds(5), [this] { return ringing; })) return;
        ringing = false;
    }
};

std::size_t entries_of(const char* directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        (void)entry;
        ++count;
    }
    return count;
}

} // namespace

Buffer samples_of(const Picture& picture) {
    Buffer out;
    const std::size_t width = picture.size.width, height = picture.size.height;
    const std::size_t chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
    if (picture.native == nullptr) {
        append_rows(picture.planes[0].bytes, picture.planes[0].stride, width, height, 1, out);
        append_rows(picture.planes[1].bytes, picture.planes[1].stride, chroma_width, chroma_height, 1, out);
        append_rows(picture.planes[2].bytes, picture.planes[2].stride, chroma_width, chroma_height, 1, out);
        return out;
    }
    auto* image = static_cast<CVPixelBufferRef>(picture.native);
    if (CVPixelBufferLockBaseAddress(image, kCVPixelBufferLock_ReadOnly) != kCVReturnSuccess) return out;
    const Bytes luma = locked_plane(image, 0), chroma = locked_plane(image, 1);
    const std::size_t stride = CVPixelBufferGetBytesPerRowOfPlane(image, 1);
    append_rows(luma, CVPixelBufferGetBytesPerRowOfPlane(image, 0), width, height, 1, out);
    append_rows(chroma, stride, chroma_width, chroma_height, 2, out);
    append_rows(chroma.subspan(1), stride, chroma_width, chroma_height, 2, out);
    CVPixelBufferUnlockBaseAddress(image, kCVPixelBufferLock_ReadOnly);
    return out;
}

std::vector<TestStream> recorded_test_streams(std::size_t packets) {
    std::vector<TestStream> streams;
    for (const char* name : {"084-h264-xr24-640x480", "0112-h264-xr24-333x217", "0112-vp9-xr24-640x480",
                             "0112-av1-xr24-640x480"}) {
        const auto recorded = recorded_streams(fmt::format("{}/{}.s2c", TV_VIDEO_FIXTURES, name));
        if (!recorded) continue;
        for (const auto& [rid, recording] : *recorded) {
            if (recording.packets.empty()) continue;
            TestStream stream{fmt::format("{} {}", name, rid),
                              *video::codec_from_id(recording.codec_id),
                              {recording.width, recording.height},
                              recording.packets,
                              {}};
            if (stream.packets.size() > packets) stream.packets.resize(packets);
            decode_reference(stream);
            streams.push_back(std::move(stream));
            break;
        }
    }
    return streams;
}

TestStream hevc_test_stream(int frames) {
    TestStream stream{"HEVC by libx265", video::Codec::Hevc, {322, 182}, {}, {}};
    stream.packets =
        encode_pattern("libx265", "-preset ultrafast -tune zerolatency -x265-params aud=1:log-level=none",
                       stream.size, frames);
    decode_reference(stream);
    return stream;
}

TestStream h264_with_key_frames(int frames, int distance) {
    TestStream stream{"H.264 with key frames", video::Codec::H264, {320, 180}, {}, {}};
    stream.packets = encode_pattern(
        "libx264",
        fmt::format(
            "-preset ultrafast -tune zerolatency -g {} -keyint_min {} -sc_threshold 0 -x264-params aud=1",
            distance, distance),
        stream.size, frames);
    decode_reference(stream);
    return stream;
}

TestStream h264_of_size(video::Size size, int frames) {
    TestStream stream{"H.264", video::Codec::H264, size, {}, {}};
    stream.packets = encode_pattern("libx264", "-preset ultrafast -tune zerolatency -x264-params aud=1",
                                    stream.size, frames);
    decode_reference(stream);
    return stream;
}

Played play(const TestStream& stream, PlayOptions options) {
    Played played;
    Bell bell;
    std::vector<std::unique_ptr<video::DecoderFactory>> factories;
    factories.push_back(video::videotoolbox_decoders());
    if (options.software) factories.push_back(video::ffmpeg_decoders());
    {
        video::WorkerPool pool(options.workers);
        video::DriverOptions driver_options;
        driver_options.codec = stream.codec;
        driver_options.buffer = stream.size;
        driver_options.threads = 1;
        driver_options.executor = &pool;
        driver_options.clock = options.clock;
        driver_options.wake = [&bell] { bell.ring(); };
        for (const auto& factory : factories) driver_options.decoders.push_back(factory.get());
        std::optional<video::Driver> driver(std::in_place, std::move(driver_options));

        const auto give_up = std::chrono::steady_clock::now() + options.at_most;
        const auto collect_until = [&](std::size_t count) {
            while (played.pictures.size() < count) {
                driver->service();
                while (auto outcome = driver->next()) {
                    if (outcome->picture && outcome->picture->native != nullptr) {
                        auto* image = static_cast<CVPixelBufferRef>(outcome->picture->native);
                        played.all_in_surfaces = played.all_in_surfaces &&
                                                 CVPixelBufferGetIOSurface(image) != nullptr &&
                                                 sim::picture_plane(image, 0).surface != nullptr;
                    }
                    played.pictures.push_back(outcome->picture ? samples_of(*outcome->picture) : Buffer{});
                }
                if (played.pictures.size() >= count) return;
                if (std::chrono::steady_clock::now() > give_up) {
                    played.timed_out = true;
                    return;
                }
                bell.wait();
            }
        };
        for (std::size_t i = 0; i < stream.packets.size() && !played.timed_out; ++i) {
            driver->push(std::make_shared<const video::Packet>(Bytes(stream.packets[i])));
            if (options.one_by_one) collect_until(i + 1);
        }
        collect_until(stream.packets.size());
        played.statistics = driver->statistics();
        if (options.count_left_behind) {
            driver.reset();
            played.left_behind = pool.finish(200'000'000);
        }
        sim::release_hangs();
    }
    return played;
}

std::string difference(const TestStream& stream, const Played& played) {
    if (played.timed_out) return fmt::format("only {} pictures came", played.pictures.size());
    for (std::size_t i = 0; i < stream.pictures.size(); ++i) {
        if (played.pictures[i].empty()) return fmt::format("packet {} gave no picture", i);
        if (played.pictures[i] != stream.pictures[i]) return fmt::format("picture {} is another", i);
    }
    return {};
}

std::size_t thread_count() {
    // A sanitizer may start one of its own with the first.
    static const bool started = [] {
        std::thread([] {}).join();
        return true;
    }();
    (void)started;
    return entries_of("/proc/self/task");
}
std::size_t descriptor_count() {
    return entries_of("/proc/self/fd");
}

} // namespace tv::test
