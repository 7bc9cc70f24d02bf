// A session with everything that a Mac has, on the simulated system, before a compositor of this process that
// shows IOSurfaces: when VideoToolbox and Metal are asked for at all, who converts, and what the lines for
// the zero-copy gate say of it.
#include <algorithm>
#include <sstream>

#include "apple_config.h"
#include "applesim/metal_leaks.h"
#include "applesim/sim/iosurface.h"
#include "applesim/sim/object.h"
#include "applesim/sim/vt.h"
#include "raw_bed.h"
#include "support/contract/contract.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

constexpr std::uint32_t kXr24 = 0x34325258;

class AppleSession : public RawTest {
protected:
    void SetUp() override {
        RawTest::SetUp();
        sim::use_machine(dir().path().string());
        sim::configure({});
        sim::reset_gpu();
        mark_ = sim::mark();
        auto streams = recorded_streams(TV_FIXTURES "/video/0112-h264-xr24-333x217.s2c");
        ASSERT_TRUE(streams.has_value() && !streams->empty());
        stream_ = streams->begin()->second;
    }
    void TearDown() override {
        peer_.reset();
        session_.reset();
        compositor_.reset();
        sim::inject(sim::GpuFault::None, 0);
        leaks_.check();
        EXPECT_EQ(sim::surfaces_alive(), 0U);
        EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
        EXPECT_EQ(sim::complaints(), std::vector<std::string>{});
        sim::use_machine(""); // before the folder goes
        RawTest::TearDown();
    }
    [[nodiscard]] bool start_apple() {
        auto backend = backend::surface_backend(backend::CompositorProcess::This);
        SessionConfig config = session_config();
        config.surfaces = backend.store;
        config.make_surface_painter = backend.make_painter;
        config.decoders.push_back(video::videotoolbox_decoders());
        CompositorOptions options;
        options.foreign_buffers = std::make_shared<ContractBuffers>(ContractOptions{}, false);
        if (!start({17}, std::move(options), std::move(config))) return false;
        window_ = peer_->open_window();
        dmabuf_ = peer_->bind("zwp_linux_dmabuf_v1", 3);
        return window_.surface != 0 && dmabuf_ != 0 && peer_->roundtrip();
    }
    std::uint32_t make_buffer_of(Rid rid, std::uint32_t width, std::uint32_t height) {
        const std::uint32_t params = peer_->request(dmabuf_, "create_params");
        peer_->request(params, "add", {FdOf{rid}, 0U, 0U, width * 4, 0U, 0U});
        return peer_->request(params, "create_immed", {width, height, kXr24, 0U});
    }
    void present(std::uint32_t buffer) {
        show(window_.surface, buffer);
        EXPECT_TRUE(compositor_->wait_for_commits(++presented_, 20s));
    }
    void show_raw_frames(std::uint32_t count) {
        constexpr std::uint32_t kWidth = 64, kHeight = 48;
        RemoteFile raw{peer_->new_rid(), std::vector<std::byte>(std::size_t{kWidth} * kHeight * 4)};
        msg::OpenDmabuf open{raw.rid, static_cast<std::uint32_t>(raw.bytes.size()), {}};
        open.slice = {kWidth, kHeight, kXr24, 1, {}, {kWidth * 4}, 0, {1}, 0};
        peer_->send(open);
        const std::uint32_t buffer = make_buffer_of(raw.rid, kWidth, kHeight);
        for (std::uint32_t frame = 0; frame < count; ++frame) {
            peer_->fill(raw, 0, noise(raw.bytes.size(), frame));
            present(buffer);
        }
    }
    Rid open_video() {
        const Rid rid = peer_->new_rid();
        msg::OpenDmavidDstV2 open{rid, 0, stream_.codec_id, {}};
        open.slice = {stream_.width, stream_.height, kXr24, 1, {}, {stream_.width * 4}, 0, {1}, 0};
        peer_->send(open);
        return rid;
    }
    // With the GPU there, or known not to come.
    std::uint32_t make_video(Rid rid) {
        const std::uint32_t buffer = make_buffer_of(rid, stream_.width, stream_.height);
        EXPECT_TRUE(peer_->roundtrip());
        EXPECT_TRUE(eventually([this] { return log_.contains("pictures are converted by "); }, 10s));
        return buffer;
    }
    void show_video(Rid rid, std::uint32_t buffer, std::size_t count) {
        for (std::size_t packet = 0; packet < count; ++packet) {
            peer_->send(msg::SendDmavidPacket{rid, stream_.packets.at(packet)});
            present(buffer);
        }
    }
    // What the gate's lines of this step say of copying.
    std::vector<std::string> copies(const std::string& op) {
        std::vector<std::string> said;
        std::istringstream lines(log_.text());
        for (std::string line; std::getline(lines, line);) {
            if (line.find(R"("op":")" + op + '"') == std::string::npos) continue;
            const auto at = line.rfind(R"("copy":")") + 8;
            said.push_back(line.substr(at, line.find('"', at) - at));
        }
        return said;
    }

    RawPeer::Window window_;
    std::uint32_t dmabuf_ = 0;
    std::size_t presented_ = 0;
    RecordedStream stream_;

private:
    const MetalLeaks leaks_;
    std::uint64_t mark_ = 0;
};

TEST_F(AppleSession, raw_frames_ask_for_no_gpu_and_no_decoder) {
    ASSERT_TRUE(start_apple());
    show_raw_frames(8);
    EXPECT_EQ(sim::gpu_counts().devices, 0U);
    EXPECT_EQ(sim::gpu_counts().pipelines, 0U);
    EXPECT_EQ(sim::sessions_made(), 0U);
    close_cleanly();
    EXPECT_EQ(sim::gpu_counts().devices, 0U);
}

TEST_F(AppleSession, the_message_that_opens_a_video_has_the_gpu_made_and_its_first_packet_the_decoder) {
    ASSERT_TRUE(start_apple());
    show_raw_frames(1);
    ASSERT_EQ(sim::gpu_counts().devices, 0U);
    const Rid rid = open_video();
    EXPECT_TRUE(peer_->roundtrip());
    EXPECT_TRUE(eventually([] { return sim::gpu_counts().caches == 1; }, 10s)) << "before any packet";
    EXPECT_EQ(sim::gpu_counts().pipelines, 1U);
    EXPECT_EQ(sim::sessions_made(), 0U) << "there is nothing yet to make one of";
    const std::uint32_t buffer = make_video(rid);
    show_video(rid, buffer, 1);
    EXPECT_EQ(sim::sessions_made(), 1U);
    EXPECT_EQ(sim::gpu_counts().devices, 1U);
    EXPECT_EQ(sim::gpu_counts().pipelines, 1U);
    close_cleanly();
}

TEST_F(AppleSession, the_gpu_converts_each_picture_in_one_pass_and_the_cpu_touches_no_pixel) {
    ASSERT_TRUE(start_apple());
    const Rid rid = open_video();
    const std::uint32_t buffer = make_video(rid);
    ASSERT_TRUE(peer_->roundtrip());
    const auto writes = sim::surface_calls().write_locks;
    const unsigned long locked = locked_pictures();
    show_video(rid, buffer, 6);
    EXPECT_EQ(sim::gpu_counts().commits, 6U);
    EXPECT_EQ(sim::gpu_counts().completed, 6U);
    EXPECT_EQ(locked_pictures(), locked);
    EXPECT_EQ(sim::surface_calls().write_locks, writes);
    EXPECT_EQ(copies("present"), std::vector<std::string>{"zero"}) << log_.text();
    close_cleanly();
}

TEST_F(AppleSession, without_a_gpu_the_gate_is_told_that_the_cpu_copies) {
    sim::inject(sim::GpuFault::NoDevice, 1000);
    ASSERT_TRUE(start_apple());
    const Rid rid = open_video();
    const std::uint32_t buffer = make_video(rid);
    const unsigned long locked = locked_pictures();
    show_video(rid, buffer, 3);
    EXPECT_EQ(sim::gpu_counts().commits, 0U);
    EXPECT_GT(locked_pictures(), locked);
    EXPECT_EQ(copies("present"), std::vector<std::string>{"cpu"}) << log_.text();
    close_cleanly();
}

TEST_F(AppleSession, a_picture_that_the_gpu_fails_with_is_told_as_copied) {
    sim::fail_gpu(1, 1, 1); // the second one
    ASSERT_TRUE(start_apple());
    const Rid rid = open_video();
    const std::uint32_t buffer = make_video(rid);
    show_video(rid, buffer, 3);
    EXPECT_EQ(sim::gpu_counts().failed, 1U);
    // The first has been told by then, and of every step there is one line.
    EXPECT_EQ(copies("present"), std::vector<std::string>{"zero"}) << log_.text();
    const std::uint32_t again = make_buffer_of(rid, stream_.width, stream_.height);
    EXPECT_TRUE(peer_->roundtrip());
    EXPECT_EQ(copies("create_immed"), (std::vector<std::string>{"zero", "cpu"})) << log_.text();
    EXPECT_NE(again, 0U);
    close_cleanly();
}

} // namespace
