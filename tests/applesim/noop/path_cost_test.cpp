// What a 1080p picture costs us from the channel's message to the compositor's, where Apple's functions do
// nothing: the whole of src/video, src/surface and src/proxy, with the mirror and the Wayland objects between
// them. The conversion, which src/metal has the GPU do, is left out.
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "base/fourcc.h"
#include "call_list.h"
#include "cost.h"
#include "proxy/proxy.h"
#include "surface/iosurface/store.h"
#include "video/decoders.h"
#include "video/recorded.h"
#include "video/worker_pool.h"

namespace tv::proxy {
namespace {

using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

constexpr int kWarmUp = 2; // rounds of the recording
constexpr int kRounds = 5;
constexpr double kMostAllocations = 0.1;
constexpr std::uint32_t kWidth = 1920, kHeight = 1080;
constexpr auto kParamsInterface = InterfaceId::zwp_linux_buffer_params_v1;
enum : std::uint32_t { kRegistry = 2, kCompositor, kDmabuf, kSurface, kParams, kBuffer, kCallback };

struct Swallow final : RequestTransport {
    Result<std::size_t> send(Bytes bytes, std::span<const int>) override { return bytes.size(); }
};

class PathCost : public testing::Test {
protected:
    PathCost() : proxy_(config(), mirror_) {
        proxy_.start({.version = 17, .compression = CompressionKind::None, .video = VideoKind::H264});
    }
    void SetUp() override {
        const auto recorded = test::recorded_streams(TV_VIDEO_FIXTURES "/084-h264-1080p-150.s2c");
        ASSERT_TRUE(recorded);
        for (const auto& [rid, stream] : *recorded)
            if (stream.packets.size() > 50) recording_ = stream;
        ASSERT_FALSE(recording_.packets.empty());
        set_up_application();
    }

    ProxyConfig config() {
        ProxyConfig made;
        made.clock = &system_clock();
        made.surfaces = store_.get();
        made.video.decoders = {decoders_.get()};
        made.video.executor = &pool_;
        made.video.wake = [this] { ring(); };
        made.video.paint_surface = [](const auto&, const auto&, const auto&) -> video::Paint {
            return [](const video::Picture&, const video::PaintDone& done) { done({}); };
        };
        return made;
    }

    template <typename M>
    void receive(const M& message) {
        encoded_.resize(encoded_size(message));
        encode(message, encoded_);
        const auto status = proxy_.channel_message(M::kType, encoded_);
        ASSERT_TRUE(status) << describe(status.error());
        proxy_.channel.received(M::kType, encoded_.size(), mirror_.now);
    }
    MessageBuilder request(std::uint32_t object, std::uint16_t opcode, unsigned fds = 0) {
        return {wayland_, object, opcode, fds};
    }
    void requests() {
        receive(msg::Protocol{wayland_.bytes()});
        wayland_.consume(wayland_.size());
    }
    void answer() {
        const auto status = proxy_.compositor_events(events_, descriptors_);
        ASSERT_TRUE(status) << describe(status.error());
        (void)proxy_.channel.acknowledge(mirror_.now);
        proxy_.channel.written(proxy_.channel.ready().size());
    }

    void set_up_application() {
        using enum InterfaceId;
        request(1, request_opcode(wl_display, "get_registry")).u(kRegistry);
        requests();
        MessageBuilder(events_, kRegistry, event_opcode(wl_registry, "global")).u(1).s("wl_compositor").u(4);
        MessageBuilder(events_, kRegistry, event_opcode(wl_registry, "global"))
            .u(2)
            .s("zwp_linux_dmabuf_v1")
            .u(4);
        answer();
        request(kRegistry, request_opcode(wl_registry, "bind")).u(1).s("wl_compositor").u(4).u(kCompositor);
        request(kRegistry, request_opcode(wl_registry, "bind")).u(2).s("zwp_linux_dmabuf_v1").u(3).u(kDmabuf);
        requests();
        MessageBuilder(events_, kDmabuf, event_opcode(zwp_linux_dmabuf_v1, "modifier"))
            .u(format())
            .u(0x8000'0000)
            .u(0);
        answer();
        request(kCompositor, request_opcode(wl_compositor, "create_surface")).u(kSurface);
        request(kDmabuf, request_opcode(zwp_linux_dmabuf_v1, "create_params")).u(kParams);
        requests();
        open_image();
        std::byte rid[4];
        store_u32(rid, 0, 1);
        receive(msg::InjectRids{rid});
        request(kParams, request_opcode(kParamsInterface, "add"), 1).u(0).u(0).u(kWidth * 4).u(0).u(0);
        request(kParams, request_opcode(kParamsInterface, "create_immed"))
            .u(kBuffer)
            .u(kWidth)
            .u(kHeight)
            .u(format())
            .u(0);
        requests();
    }
    [[nodiscard]] virtual std::uint32_t format() const { return fourcc("XR24"); }
    [[nodiscard]] msg::Slice slice() const {
        msg::Slice made;
        made.width = kWidth;
        made.height = kHeight;
        made.format = format();
        made.planes = 1;
        made.strides[0] = kWidth * 4;
        return made;
    }
    virtual void open_image() {
        receive(msg::OpenDmavidDstV2{1, kWidth * 4 * kHeight, recording_.codec_id, slice()});
    }
    virtual void send_contents() {
        // With a key frame at each beginning, as senders have one every few seconds.
        receive(msg::SendDmavidPacket{1, recording_.packets[next_++ % recording_.packets.size()]});
    }

    // New contents and the commit that shows them; then the compositor's answers.
    void frame() {
        using enum InterfaceId;
        mirror_.now = system_clock().steady();
        send_contents();
        request(kSurface, request_opcode(wl_surface, "attach")).u(kBuffer).u(0).u(0);
        request(kSurface, request_opcode(wl_surface, "damage")).u(0).u(0).u(kWidth).u(kHeight);
        request(kSurface, request_opcode(wl_surface, "frame")).u(kCallback);
        request(kSurface, request_opcode(wl_surface, "commit"));
        requests();
        forward();
        MessageBuilder(events_, kCallback, event_opcode(wl_callback, "done")).u(1);
        MessageBuilder(events_, 1, event_opcode(wl_display, "delete_id")).u(kCallback);
        MessageBuilder(events_, kBuffer, event_opcode(wl_buffer, "release"));
        answer();
    }
    // As the session's loop does, until everything is out.
    void forward() {
        while (true) {
            mirror_.now = system_clock().steady();
            const Status pumped = proxy_.rids.for_each_waiting([](mirror::Replica& file) -> Status {
                TV_TRY(file.pump());
                return {};
            });
            ASSERT_TRUE(pumped);
            ASSERT_TRUE(proxy_.requests.flush(transport_, mirror_.now));
            if (proxy_.requests.empty()) return;
            std::unique_lock lock(mutex_);
            ASSERT_TRUE(rang_.wait_for(lock, std::chrono::seconds(10), [this] { return ringing_; }));
            ringing_ = false;
        }
    }
    void ring() {
        const std::lock_guard lock(mutex_);
        ringing_ = true;
        rang_.notify_one();
    }

    test::RecordedStream recording_;
    std::shared_ptr<video::DecoderFactory> decoders_ = video::videotoolbox_decoders();
    std::shared_ptr<surface::SurfaceStore> store_ = surface::make_iosurface_store({}, system_clock());
    std::mutex mutex_;
    std::condition_variable rang_;
    bool ringing_ = false;
    video::WorkerPool pool_{2};
    mirror::MirrorState mirror_;
    Proxy proxy_;
    Swallow transport_;
    ByteQueue wayland_, events_;
    Fifo<UniqueFd> descriptors_;
    std::vector<std::byte> encoded_;
    std::size_t next_ = 0;
};

TEST_F(PathCost, of_a_1080p_picture_in_calls_and_allocations_is_what_is_committed) {
    const int round = static_cast<int>(recording_.packets.size());
    for (int i = 0; i < kWarmUp * round; ++i) frame();
    const noop::Cost before;
    for (int i = 0; i < kRounds * round; ++i) frame();
    const noop::Cost::PerFrame cost = before.of(kRounds * round);
    noop::report("a 1080p picture, channel to compositor", cost);
    EXPECT_EQ(proxy_.commits, static_cast<std::uint64_t>((kWarmUp + kRounds) * round));
    EXPECT_EQ(cost.calls, test::committed_calls(TV_CALLS "/path_calls.txt"));
    // Rare ones remain: queues that grow once more, a worker that is slow to let go.
    EXPECT_LE(cost.allocations, kMostAllocations);
}

// The same of pixels that are not encoded: whole frames.
class RawCost : public PathCost, public testing::WithParamInterface<std::uint32_t> {
protected:
    RawCost() : diff_(8 + std::size_t{kWidth} * kHeight * 4) {
        store_u32(diff_, 4, kWidth * kHeight); // from word 0
        for (std::size_t i = 8; i < diff_.size(); ++i) diff_[i] = static_cast<std::byte>(i * 31 >> 3);
    }
    [[nodiscard]] std::uint32_t format() const override { return GetParam(); }
    void open_image() override { receive(msg::OpenDmabuf{1, kWidth * 4 * kHeight, slice()}); }
    void send_contents() override {
        receive(msg::BufferDiff{1, static_cast<std::uint32_t>(diff_.size()), 0, diff_});
    }

private:
    std::vector<std::byte> diff_;
};

TEST_P(RawCost, of_a_1080p_frame_into_an_iosurface_is_no_allocation_at_all) {
    constexpr int kFrames = 60;
    for (int i = 0; i < 10; ++i) frame();
    const noop::Cost before;
    for (int i = 0; i < kFrames; ++i) frame();
    const noop::Cost::PerFrame cost = before.of(kFrames);
    noop::report("a raw 1080p frame, channel to compositor", cost);
    EXPECT_EQ(proxy_.commits, std::uint64_t{kFrames + 10});
    EXPECT_EQ(cost.allocations, 0.0);
    for (const char* call : {"IOSurfaceLock 1", "IOSurfaceUnlock 1", "IOSurfaceIsInUse 1"})
        EXPECT_TRUE(cost.calls.contains(call)) << cost.calls;
}

// Straight into the surface, and through scratch memory for its last byte.
INSTANTIATE_TEST_SUITE_P(Formats, RawCost, testing::Values(fourcc("AR24"), fourcc("XR24")),
                         [](const auto& info) { return info.index == 0 ? "with_alpha" : "without"; });

} // namespace
} // namespace tv::proxy
