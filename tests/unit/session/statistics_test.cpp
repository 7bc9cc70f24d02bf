// Statistics of whole frames: stages that add up, whatever happens on the way.
#include "session/statistics.h"

#include <random>

#include <gtest/gtest.h>

#include "proxy/image_format.h"
#include "proxy/proxy.h"
#include "video/fake_decoder.h"

namespace tv {
namespace {

using namespace proxy;
using enum wayland::InterfaceId;
using test::Fate;
using wayland::event_opcode;
using wayland::MessageBuilder;
using wayland::request_opcode;

// Goes on with every look at it, so that no stage takes no time.
class TickingClock final : public Clock {
public:
    [[nodiscard]] bool now(LinuxClock, std::int64_t& nanoseconds) const override {
        nanoseconds = steady();
        return true;
    }
    [[nodiscard]] std::int64_t steady() const override { return time_ += 1'000; }
    void pass(std::int64_t nanoseconds) { time_ += nanoseconds; }

private:
    mutable std::atomic<std::int64_t> time_{1'000'000'000};
};

// Notes when bytes went out.
struct Outlet final : RequestTransport {
    explicit Outlet(const Clock& at) : clock(at) {}
    Result<std::size_t> send(Bytes bytes, std::span<const int>) override {
        if (full) return fail(ErrorCategory::TryAgain, "full");
        sent_at = clock.steady();
        return bytes.size();
    }
    const Clock& clock;
    bool full = false;
    std::int64_t sent_at = 0;
};

constexpr std::uint32_t kRegistry = 2, kCompositor = 3, kShm = 4, kDmabuf = 5, kSurface = 6, kWmBase = 7;
constexpr std::uint32_t kFirstBuffer = 20;
constexpr video::Size kSize{64, 48};
constexpr std::int64_t kMillisecond = 1'000'000;

class StatisticsTest : public testing::Test {
protected:
    void SetUp() override {
        hardware.name = "fake-hardware";
        hardware.hardware = true;
        software.name = "fake-software";
        ProxyConfig config;
        config.clock = &clock;
        config.frame_watch = &statistics;
        config.video.decoders = {&hardware_factory, &software_factory};
        config.video.executor = &executor;
        proxy = std::make_unique<Proxy>(std::move(config), mirror);
        proxy->start({.version = 17, .compression = CompressionKind::None, .video = VideoKind::Vp9});
        request(1, request_opcode(wl_display, "get_registry")).u(kRegistry);
        requests();
        global(1, "wl_compositor", 4);
        global(2, "wl_shm", 1);
        global(3, "xdg_wm_base", 1);
        bind(1, "wl_compositor", 4, kCompositor);
        bind(2, "wl_shm", 1, kShm);
        bind(3, "xdg_wm_base", 1, kWmBase);
        bind(proxy->dmabuf.global, "zwp_linux_dmabuf_v1", 3, kDmabuf);
        for (std::uint32_t format : {0u, 1u})
            MessageBuilder(events, kDmabuf, event_opcode(wl_shm, "format")).u(format);
        answer();
        make_surface(kSurface);
        drain();
    }

    template <typename M>
    void receive(const M& message) {
        std::vector<std::byte> bytes(encoded_size(message));
        encode(message, bytes);
        proxy->message_begun = clock.steady();
        clock.pass(kMillisecond / 10); // on its way
        auto status = proxy->channel_message(M::kType, bytes);
        ASSERT_TRUE(status) << describe(status.error());
    }
    void requests() {
        receive(msg::Protocol{wayland.bytes()});
        wayland.consume(wayland.size());
    }
    MessageBuilder request(std::uint32_t object, std::uint16_t opcode, unsigned fds = 0) {
        return {wayland, object, opcode, fds};
    }
    void answer() {
        auto status = proxy->compositor_events(events, fds);
        ASSERT_TRUE(status) << describe(status.error());
        proxy->channel.written(proxy->channel.size());
    }
    void global(std::uint32_t name, const char* interface, std::uint32_t version) {
        MessageBuilder(events, kRegistry, event_opcode(wl_registry, "global"))
            .u(name)
            .s(interface)
            .u(version);
        answer();
    }
    void bind(std::uint32_t name, const char* interface, std::uint32_t version, std::uint32_t id) {
        request(kRegistry, request_opcode(wl_registry, "bind")).u(name).s(interface).u(version).u(id);
        requests();
    }
    void make_surface(std::uint32_t id) {
        request(kCompositor, request_opcode(wl_compositor, "create_surface")).u(id);
        requests();
    }
    void inject(Rid rid) {
        std::byte raw[4];
        store_u32(raw, 0, static_cast<std::uint32_t>(rid));
        receive(msg::InjectRids{raw});
    }
    // Buffer kFirstBuffer + rid.
    void make_video(Rid rid, std::uint32_t codec = 1) {
        msg::OpenDmavidDstV2 open{rid, 0, codec, {}};
        open.slice = {kSize.width, kSize.height, fourcc("XR24"), 1, {}, {kSize.width * 4}, 0, {1}, 0};
        receive(open);
        inject(rid);
        const std::uint32_t params = 40 + static_cast<std::uint32_t>(rid);
        request(kDmabuf, request_opcode(zwp_linux_dmabuf_v1, "create_params")).u(params);
        request(params, request_opcode(zwp_linux_buffer_params_v1, "add"), 1)
            .u(0)
            .u(0)
            .u(kSize.width * 4)
            .u(0)
            .u(0);
        request(params, request_opcode(zwp_linux_buffer_params_v1, "create_immed"))
            .u(buffer_of(rid))
            .u(kSize.width)
            .u(kSize.height)
            .u(fourcc("XR24"))
            .u(0);
        requests();
        drain();
    }
    void make_shm(Rid rid) {
        ASSERT_TRUE(proxy->rids.open_file(rid, 64 * 48 * 4));
        inject(rid);
        const std::uint32_t pool = 60 + static_cast<std::uint32_t>(rid);
        request(kShm, request_opcode(wl_shm, "create_pool"), 1).u(pool).u(64 * 48 * 4);
        request(pool, request_opcode(wl_shm_pool, "create_buffer"))
            .u(buffer_of(rid))
            .u(0)
            .u(64)
            .u(48)
            .u(256)
            .u(1);
        requests();
        drain();
    }
    static std::uint32_t buffer_of(Rid rid) { return kFirstBuffer + static_cast<std::uint32_t>(rid); }
    void packet(Rid rid, bool key) {
        const auto id = static_cast<std::uint8_t>(++packets);
        const auto bytes = key ? test::fake_key(id, kSize) : test::fake_inter(id);
        receive(msg::SendDmavidPacket{rid, bytes});
        begun = proxy->message_begun;
    }
    void show(Rid rid, std::uint32_t surface = kSurface) {
        request(surface, request_opcode(wl_surface, "attach")).u(buffer_of(rid)).u(0).u(0);
        request(surface, request_opcode(wl_surface, "commit"));
        requests();
    }
    // As the session does: applies and forwards until nothing moves.
    void advance() {
        for (bool some = true; some;) {
            some = false;
            ASSERT_TRUE(proxy->rids.for_each_waiting([&](mirror::Replica& file) -> Status {
                TV_ASSIGN(bool moved, file.pump());
                some = some || moved;
                return {};
            }));
            auto passed = proxy->requests.flush(outlet, clock.steady());
            ASSERT_TRUE(passed);
            some = some || *passed;
        }
    }
    // Until everything is forwarded, one task of a worker at a time.
    void drain() {
        for (int i = 0; i < 1'000; ++i) {
            advance();
            clock.pass(kMillisecond / 5);
            if (!executor.run_one() && proxy->requests.empty()) break;
        }
        advance();
        ASSERT_TRUE(proxy->requests.empty());
    }
    StatisticsSnapshot take() { return statistics.take(clock.steady(), 0); }
    static const SurfaceStatistics& only(const StatisticsSnapshot& snapshot) {
        EXPECT_EQ(snapshot.surfaces.size(), 1u);
        static const SurfaceStatistics kNone;
        return snapshot.surfaces.empty() ? kNone : snapshot.surfaces.front();
    }
    static std::int64_t sum_of_stages(const SurfaceStatistics& surface) {
        std::int64_t sum = 0;
        for (const StageTimes& stage : surface.stages) sum += stage.sum;
        return sum;
    }

    TickingClock clock;
    Statistics statistics{clock};
    test::FakeScript hardware, software;
    test::FakeFactory hardware_factory{hardware}, software_factory{software};
    test::ManualExecutor executor;
    mirror::MirrorState mirror;
    std::unique_ptr<Proxy> proxy;
    Outlet outlet{clock};
    ByteQueue wayland, events;
    Fifo<UniqueFd> fds;
    unsigned packets = 0;
    std::int64_t begun = 0; // first byte of the last packet
};

TEST_F(StatisticsTest, stages_of_every_video_frame_add_up_to_the_time_from_its_first_byte_to_its_commit) {
    make_video(1);
    std::array<std::int64_t, 5> before{};
    std::int64_t total_before = 0;
    std::minstd_rand random(7);
    for (int frame = 0; frame < 200; ++frame) {
        packet(1, frame % 50 == 0);
        clock.pass(static_cast<std::int64_t>(random() % 1'000) * 1'000);
        show(1);
        drain();
        const auto snapshot = take();
        const SurfaceStatistics& surface = only(snapshot);
        ASSERT_EQ(surface.frames, static_cast<std::uint64_t>(frame) + 1);
        ASSERT_EQ(surface.measured, surface.frames);
        const std::int64_t total = surface.total.sum - total_before;
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const std::int64_t stage = surface.stages[i].sum - before[i];
            EXPECT_GT(stage, 0) << kStageNames[i] << " of frame " << frame;
            sum += stage;
            before[i] = surface.stages[i].sum;
        }
        total_before = surface.total.sum;
        ASSERT_EQ(sum, total) << "frame " << frame;
        EXPECT_GE(total, outlet.sent_at - begun);
        EXPECT_LE(total, clock.steady() - begun);
    }
    const auto snapshot = take();
    EXPECT_STREQ(only(snapshot).codec, "VP9");
    EXPECT_STREQ(only(snapshot).decoder, "fake-hardware");
    EXPECT_TRUE(only(snapshot).hardware);
    EXPECT_EQ(only(snapshot).width, kSize.width);
    EXPECT_EQ(only(snapshot).height, kSize.height);
}

TEST_F(StatisticsTest, a_stage_is_as_long_as_what_happens_in_it) {
    make_video(1);
    packet(1, true); // 0.1 ms on its way
    clock.pass(7 * kMillisecond);
    show(1);
    executor.run_one(); // the decoder is made
    advance();
    clock.pass(11 * kMillisecond);
    executor.run_one(); // the packet is decoded
    clock.pass(13 * kMillisecond);
    advance();
    executor.run_one(); // the picture is converted
    clock.pass(17 * kMillisecond);
    drain();
    const auto snapshot = take();
    const SurfaceStatistics& surface = only(snapshot);
    ASSERT_EQ(surface.measured, 1u);
    const auto about = [&](Stage stage, std::int64_t tenths) {
        const std::int64_t took = surface.stages[static_cast<std::size_t>(stage)].sum;
        EXPECT_NEAR(static_cast<double>(took) / 1e5, static_cast<double>(tenths), 5)
            << kStageNames[static_cast<std::size_t>(stage)];
    };
    about(Stage::Receive, 1);
    about(Stage::Queue, 180);
    about(Stage::Decode, 0);
    about(Stage::Convert, 130);
    about(Stage::WaitForCommit, 170);
}

TEST_F(StatisticsTest, frames_in_flight_in_several_buffers_are_told_apart) {
    for (Rid rid : {1, 2, 3}) make_video(rid);
    for (Rid rid : {1, 2, 3}) {
        packet(rid, true);
        show(rid);
        clock.pass(5 * kMillisecond);
    }
    for (Rid rid : {1, 2, 3}) {
        packet(rid, false);
        show(rid);
        clock.pass(5 * kMillisecond);
    }
    drain();
    const auto snapshot = take();
    const SurfaceStatistics& surface = only(snapshot);
    EXPECT_EQ(surface.frames, 6u);
    EXPECT_EQ(surface.measured, 6u);
    EXPECT_EQ(sum_of_stages(surface), surface.total.sum);
    EXPECT_EQ(surface.stages[0].frames, 6u);
    EXPECT_LT(surface.stages[0].latest.p99, kMillisecond);
    EXPECT_GT(surface.total.sum, (30 + 25 + 20 + 15 + 10 + 5) * kMillisecond)
        << "each waited for those after it";
}

TEST_F(StatisticsTest, a_commit_that_the_socket_does_not_take_counts_its_waiting) {
    make_video(1);
    packet(1, true);
    outlet.full = true;
    show(1);
    for (int i = 0; i < 20; ++i) {
        advance();
        executor.run_one();
    }
    EXPECT_EQ(take().frames, 0u);
    clock.pass(50 * kMillisecond);
    outlet.full = false;
    drain();
    const auto snapshot = take();
    const SurfaceStatistics& surface = only(snapshot);
    EXPECT_EQ(surface.frames, 1u);
    EXPECT_GE(surface.stages[static_cast<std::size_t>(Stage::WaitForCommit)].sum, 50 * kMillisecond);
    EXPECT_EQ(sum_of_stages(surface), surface.total.sum);
}

TEST_F(StatisticsTest, failovers_and_packets_without_picture_are_counted_and_frames_still_add_up) {
    hardware.fate = [](int, std::uint64_t ticket) { return ticket == 3 ? Fate::Broken : Fate::Picture; };
    software.fate = [](int, std::uint64_t ticket) { return ticket == 6 ? Fate::Corrupted : Fate::Picture; };
    make_video(1);
    for (int frame = 0; frame < 12; ++frame) {
        packet(1, frame == 0 || frame == 9);
        show(1);
        drain();
    }
    const auto snapshot = take();
    const SurfaceStatistics& surface = only(snapshot);
    EXPECT_EQ(surface.frames, 12u);
    EXPECT_GE(surface.failovers, 1u);
    EXPECT_GE(surface.without_picture, 1u);
    EXPECT_EQ(surface.measured + surface.without_picture, 12u);
    EXPECT_EQ(sum_of_stages(surface), surface.total.sum);
}

TEST_F(StatisticsTest, a_buffer_shown_again_is_a_frame_without_stages) {
    make_video(1);
    packet(1, true);
    show(1);
    drain();
    show(1);
    drain();
    const auto snapshot = take();
    EXPECT_EQ(only(snapshot).frames, 2u);
    EXPECT_EQ(only(snapshot).measured, 1u);
}

TEST_F(StatisticsTest, a_video_that_nothing_decodes_says_so) {
    make_video(1, 77); // no such codec
    packet(1, true);
    show(1);
    drain();
    const auto snapshot = take();
    EXPECT_STREQ(only(snapshot).codec, "unknown");
    EXPECT_STREQ(only(snapshot).decoder, "");
    EXPECT_EQ(only(snapshot).measured, 0u);
    EXPECT_EQ(only(snapshot).frames, 1u);
}

TEST_F(StatisticsTest, raw_frames_are_received_and_wait_and_nothing_else) {
    make_shm(1);
    std::vector<std::byte> pixels(64 * 24 * 4);
    std::uint64_t bytes = 0;
    for (int frame = 0; frame < 5; ++frame) {
        receive(msg::BufferFill{1, 0, 64 * 24 * 4, pixels});
        const std::int64_t first = proxy->message_begun;
        receive(msg::BufferFill{1, 64 * 24 * 4, 64 * 48 * 4, pixels});
        bytes += 2 * encoded_size(msg::BufferFill{1, 0, 64 * 24 * 4, pixels});
        show(1);
        clock.pass(3 * kMillisecond);
        drain();
        const auto snapshot = take();
        const SurfaceStatistics& surface = only(snapshot);
        EXPECT_EQ(surface.frames, static_cast<std::uint64_t>(frame) + 1);
        EXPECT_EQ(surface.bytes, bytes);
        EXPECT_EQ(sum_of_stages(surface), surface.total.sum);
        EXPECT_GT(surface.total.latest.p99, outlet.sent_at - first);
    }
    const auto snapshot = take();
    const SurfaceStatistics& surface = only(snapshot);
    EXPECT_STREQ(surface.codec, "raw");
    EXPECT_EQ(surface.width, 64u);
    EXPECT_EQ(surface.height, 48u);
    EXPECT_EQ(surface.stages[static_cast<std::size_t>(Stage::Receive)].frames, 5u);
    EXPECT_EQ(surface.stages[static_cast<std::size_t>(Stage::Decode)].frames, 0u);
}

TEST_F(StatisticsTest, commits_without_a_new_buffer_are_no_frames) {
    make_shm(1);
    show(1);
    request(kSurface, request_opcode(wl_surface, "commit"));
    request(kSurface, request_opcode(wl_surface, "attach")).u(0).u(0).u(0);
    request(kSurface, request_opcode(wl_surface, "commit"));
    requests();
    drain();
    EXPECT_EQ(take().frames, 1u);
}

TEST_F(StatisticsTest, surfaces_have_the_title_and_app_id_of_their_toplevel) {
    make_shm(1);
    request(kWmBase, request_opcode(xdg_wm_base, "get_xdg_surface")).u(10).u(kSurface);
    request(10, request_opcode(xdg_surface, "get_toplevel")).u(11);
    request(11, request_opcode(xdg_toplevel, "set_title")).s("first");
    request(11, request_opcode(xdg_toplevel, "set_app_id")).s("org.example");
    requests();
    show(1);
    request(11, request_opcode(xdg_toplevel, "set_title")).s(std::string(500, 'x'));
    requests();
    drain();
    const auto snapshot = take();
    EXPECT_EQ(only(snapshot).id, kSurface);
    EXPECT_EQ(only(snapshot).title, std::string(80, 'x'));
    EXPECT_EQ(only(snapshot).app_id, "org.example");
}

TEST_F(StatisticsTest, a_destroyed_surface_is_told_once_more) {
    make_shm(1);
    show(1);
    drain();
    EXPECT_FALSE(only(take()).destroyed);
    request(kSurface, request_opcode(wl_surface, "destroy"));
    requests();
    drain();
    const auto snapshot = take();
    EXPECT_TRUE(only(snapshot).destroyed);
    EXPECT_EQ(only(snapshot).frames, 1u);
    const auto after = take();
    EXPECT_TRUE(after.surfaces.empty());
    EXPECT_EQ(after.frames, 1u);
}

TEST_F(StatisticsTest, thousands_of_surfaces_take_bounded_memory) {
    make_shm(1);
    for (std::uint32_t id = 100; id < 2'100; ++id) {
        make_surface(id);
        show(1, id);
        drain();
    }
    const auto snapshot = take();
    EXPECT_LE(snapshot.surfaces.size(), 64u);
    EXPECT_EQ(snapshot.frames, 2'000u);
}

TEST(StatisticsPace, snapshots_come_once_a_second_while_something_goes_on_and_once_more_after_that) {
    TickingClock clock;
    Statistics statistics(clock);
    constexpr std::int64_t kSecond = 1'000'000'000;
    std::int64_t now = 5 * kSecond;
    EXPECT_FALSE(statistics.tick(now, 0));
    EXPECT_EQ(statistics.next(), 0) << "nothing has happened";
    EXPECT_FALSE(statistics.tick(now, 1'000));
    EXPECT_EQ(statistics.next(), now + kSecond);
    now += kSecond;
    ASSERT_TRUE(statistics.tick(now, 500'000));
    const auto busy = statistics.take(now, 500'000);
    EXPECT_DOUBLE_EQ(busy.bytes_per_second, 500'000);
    EXPECT_FALSE(statistics.tick(now, 500'000));
    now += kSecond;
    ASSERT_TRUE(statistics.tick(now, 500'000));
    EXPECT_DOUBLE_EQ(statistics.take(now, 500'000).bytes_per_second, 0);
    EXPECT_EQ(statistics.next(), 0) << "the second quiet second is not worth a word";
    EXPECT_FALSE(statistics.tick(now + 10 * kSecond, 500'000));
    EXPECT_FALSE(statistics.tick(now + 11 * kSecond, 600'000));
    EXPECT_EQ(statistics.next(), now + 12 * kSecond);
}

} // namespace
} // namespace tv
