// When the program's process for one application loads libavcodec, and what becomes of applications where it
// cannot: the real program, with a remote side made by hand.
#include <filesystem>
#include <fstream>

#include "raw_peer.h"
#include "session_bed.h"
#include "video/ffmpeg/library.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

constexpr std::uint32_t kXr24 = 0x34325258;

class VideoLibrary : public IntegrationTest {
protected:
    // The process that serves one channel.
    void start_process(VideoKind video, std::vector<std::string> more = {},
                       const std::string& libraries = {}) {
        process_.reset(); // of a compositor before
        compositor_.reset();
        compositor_ = start_compositor();
        auto channel = make_socket_pair();
        ASSERT_TRUE(compositor_ && channel);
        std::vector<std::string> arguments{TV_PROGRAM, "--socket-fds=7,7"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.emplace_back("client");
        SpawnOptions spawn = command(std::move(arguments));
        spawn.environment["WAYLAND_DISPLAY"] = compositor_->display();
        if (!libraries.empty()) spawn.environment["LD_LIBRARY_PATH"] = libraries;
        spawn.descriptors = {{channel->theirs.get(), 7}};
        auto child = Child::spawn(spawn);
        ASSERT_TRUE(child);
        process_.emplace(std::move(*child));
        peer_.emplace(std::move(channel->ours), 17, CompressionKind::None, video);
        ASSERT_TRUE(peer_->read_registry());
        window_ = peer_->open_window();
        ASSERT_NE(window_.surface, 0U);
    }
    void TearDown() override {
        peer_.reset();
        process_.reset();
        compositor_.reset();
        IntegrationTest::TearDown();
    }
    // Ends as an application does; what the process said.
    std::string close_cleanly() {
        peer_->send(msg::Close{0});
        EXPECT_TRUE(peer_->wait_for_end());
        EXPECT_EQ(process_->wait(20s), (Exit{false, 0}));
        return process_->err();
    }
    [[nodiscard]] bool has_dmabufs() const { return peer_->globals().contains("zwp_linux_dmabuf_v1"); }
    [[nodiscard]] bool loaded() const {
        std::ifstream maps("/proc/" + std::to_string(process_->pid()) + "/maps");
        for (std::string line; std::getline(maps, line);)
            if (line.find("libavcodec") != std::string::npos) return true;
        return false;
    }

    std::unique_ptr<TestCompositor> compositor_;
    std::optional<Child> process_;
    std::optional<RawPeer> peer_;
    RawPeer::Window window_;
};

TEST_F(VideoLibrary, it_is_not_loaded_for_an_application_without_video) {
    start_process(VideoKind::None);
    ASSERT_TRUE(has_dmabufs());
    ASSERT_NE(peer_->bind("zwp_linux_dmabuf_v1", 3), 0U);
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_FALSE(loaded());
    EXPECT_EQ(close_cleanly(), "");
}

TEST_F(VideoLibrary, it_is_loaded_by_the_first_video_message_where_no_codec_was_named_before) {
    const auto streams = recorded_streams(TV_FIXTURES "/video/084-h264-xr24-640x480.s2c");
    ASSERT_TRUE(streams && !streams->empty());
    const RecordedStream& stream = streams->begin()->second;
    start_process(VideoKind::Unspecified);
    ASSERT_TRUE(has_dmabufs());
    const std::uint32_t dmabuf = peer_->bind("zwp_linux_dmabuf_v1", 3);
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_FALSE(loaded());
    msg::OpenDmavidDst open{peer_->new_rid(), 0, {}};
    open.slice = {stream.width, stream.height, kXr24, 1, {}, {stream.width * 4}, 0, {1}, 0};
    peer_->send(open);
    peer_->send(msg::SendDmavidPacket{open.rid, stream.packets.at(0)});
    const std::uint32_t params = peer_->request(dmabuf, "create_params");
    peer_->request(params, "add", {FdOf{open.rid}, 0U, 0U, stream.width * 4, 0U, 0U});
    const std::uint32_t buffer =
        peer_->request(params, "create_immed", {stream.width, stream.height, kXr24, 0U});
    peer_->request(window_.surface, "attach", {buffer, 0U, 0U});
    peer_->request(window_.surface, "commit");
    EXPECT_TRUE(compositor_->wait_for_commits(1, 20s));
    EXPECT_TRUE(loaded());
    EXPECT_EQ(close_cleanly(), "");
}

TEST_F(VideoLibrary, a_remote_side_that_names_its_codec_has_it_loaded_before_dmabufs_are_offered) {
    for (const VideoKind kind : {VideoKind::H264, VideoKind::Vp9, VideoKind::Av1}) {
        SCOPED_TRACE(static_cast<int>(kind));
        start_process(kind);
        EXPECT_TRUE(has_dmabufs());
        EXPECT_TRUE(loaded());
        EXPECT_EQ(close_cleanly(), "");
    }
}

TEST_F(VideoLibrary, it_is_not_loaded_with_no_gpu_whatever_the_remote_side_would_encode) {
    start_process(VideoKind::H264, {"--no-gpu"});
    EXPECT_FALSE(has_dmabufs());
    EXPECT_FALSE(loaded());
    EXPECT_EQ(close_cleanly(), "");
}

// A library of that name which is no libavcodec comes before the real one.
TEST_F(VideoLibrary, where_it_cannot_be_used_applications_get_no_dmabufs_and_the_log_says_what_to_do) {
    std::filesystem::copy_file(TV_FAKE_DMA, dir() / video::kAvcodecFile);
    start_process(VideoKind::H264, {}, dir().path());
    EXPECT_FALSE(has_dmabufs());
    EXPECT_TRUE(peer_->globals().contains("wl_shm"));
    const std::string said = close_cleanly();
    for (const char* part : {"nothing here decodes the H.264 video", "libavcodec lacks a function",
                             "tunnelview doctor", "another --video"})
        EXPECT_NE(said.find(part), std::string::npos) << part << " in: " << said;
    EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
}

TEST_F(VideoLibrary, where_it_cannot_be_used_a_remote_side_without_video_has_dmabufs_and_nothing_is_said) {
    std::filesystem::copy_file(TV_FAKE_DMA, dir() / video::kAvcodecFile);
    start_process(VideoKind::None, {}, dir().path());
    EXPECT_TRUE(has_dmabufs());
    EXPECT_EQ(close_cleanly(), "");
}

} // namespace
