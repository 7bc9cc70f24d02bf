// examples/dump_frames.c, as a process of its own: real packets in, PNGs out.
#include <filesystem>

#include <png.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bed.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

class Example : public IntegrationTest {};

UniqueFd connect_when_there(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    for (int tries = 0; tries < 1000; ++tries) {
        UniqueFd fd = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
        std::this_thread::sleep_for(10ms);
    }
    return {};
}

TEST_F(Example, dumps_every_committed_picture_of_a_video_as_png) {
    const auto streams = recorded_streams(std::string(TV_VIDEO_FIXTURES) + "/0112-vp9-xr24-640x480.s2c");
    ASSERT_TRUE(streams.has_value() && !streams->empty());
    const RecordedStream& stream = streams->begin()->second;
    auto compositor = start_compositor();
    ASSERT_NE(compositor, nullptr);
    const std::string socket = dir().path() / "channel";
    auto options = command({TV_DUMP_FRAMES, socket, compositor->display(), dir().path()});
    std::optional<RunResult> ended;
    std::thread program([&] {
        auto result = run(options, 60s);
        if (result) ended = std::move(*result);
    });
    std::size_t shown = 0;
    {
        UniqueFd channel = connect_when_there(socket);
        EXPECT_TRUE(channel.valid());
        RawPeer peer(std::move(channel), 17, CompressionKind::Lz4, VideoKind::Vp9);
        const auto window = peer.open_window("a film");
        const std::uint32_t dmabuf = peer.bind("zwp_linux_dmabuf_v1", 3);
        EXPECT_TRUE(peer.roundtrip());
        constexpr std::uint32_t kXr24 = 0x34325258;
        const Rid rid = peer.new_rid();
        msg::OpenDmavidDstV2 open{rid, 0, stream.codec_id, {}};
        open.slice = {stream.width, stream.height, kXr24, 1, {}, {stream.width * 4}, 0, {1}, 0};
        peer.send(open);
        const std::uint32_t params = peer.request(dmabuf, "create_params");
        peer.request(params, "add", {FdOf{rid}, 0U, 0U, stream.width * 4, 0U, 0U});
        const std::uint32_t buffer =
            peer.request(params, "create_immed", {stream.width, stream.height, kXr24, 0U});
        for (const auto& packet : stream.packets) {
            if (shown == 3) break;
            peer.send(msg::SendDmavidPacket{rid, packet});
            peer.request(window.surface, "attach", {buffer, 0U, 0U});
            peer.request(window.surface, "commit");
            EXPECT_TRUE(compositor->wait_for_commits(++shown, 20s));
            // The host looks when it gets to it; a picture that was replaced meanwhile is not dumped.
            const auto file = dir().path() / fmt::format("frame-{:04}.png", shown - 1);
            EXPECT_TRUE(eventually([&] { return std::filesystem::exists(file); }, 20s));
        }
        peer.send(msg::Close{0});
        EXPECT_TRUE(peer.wait_for_end());
    }
    program.join();
    ASSERT_TRUE(ended.has_value());
    EXPECT_TRUE(ended->exit.ok()) << ended->err;
    EXPECT_EQ(ended->out, fmt::format("{}\n", shown));
    EXPECT_NE(ended->err.find("a film"), std::string::npos);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    const std::string last = dir().path() / fmt::format("frame-{:04}.png", shown - 1);
    ASSERT_NE(png_image_begin_read_from_file(&image, last.c_str()), 0);
    EXPECT_EQ(image.width, stream.width);
    EXPECT_EQ(image.height, stream.height);
    image.format = PNG_FORMAT_BGRA;
    std::vector<std::byte> pixels(PNG_IMAGE_SIZE(image));
    ASSERT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0);
    // What the compositor showed, bit for bit.
    EXPECT_EQ(crc32_of(pixels.data(), pixels.size()), compositor->commits().back().crc);
}

} // namespace
