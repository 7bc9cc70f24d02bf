// Video in a session: commits wait for their pictures and nothing else does; whatever decoders do, the
// application lives and sees no wrong picture. Decoders are fakes that fail on demand.
#include <atomic>
#include <set>
#include <sstream>

#include "raw_bed.h"
#include "video/convert/convert.h"
#include "video/decoders.h"
#include "video/fake_decoder.h"
#include "video/recorded.h"

namespace {

using namespace tv;
using namespace tv::test;

constexpr std::uint32_t kXr24 = 0x34325258, kXb24 = 0x34324258, kAr24 = 0x34325241;
constexpr std::uint32_t kVp9 = 1; // the codec whose headers the fake packets have
constexpr std::uint32_t kYInvert = 1;
constexpr video::Size kSize{64, 48};

// What a flat picture of this luma becomes (how exactly it does is the conversion's own test).
std::byte grey(std::uint8_t luma) {
    const std::byte y{luma}, chroma{128};
    video::Picture picture{
        video::PixelLayout::I420, {1, 1}, {{{{&y, 1}, 1}, {{&chroma, 1}, 1}, {{&chroma, 1}, 1}}}, {}};
    std::array<std::byte, 4> pixel{};
    EXPECT_TRUE(video::convert(picture, {pixel, 4, {1, 1}}));
    return pixel[0];
}

std::uint32_t crc_of_grey(std::byte level) {
    std::vector<std::byte> pixels(std::size_t{kSize.width} * kSize.height * 4, level);
    for (std::size_t alpha = 3; alpha < pixels.size(); alpha += 4) pixels[alpha] = std::byte{0xff};
    return crc32_of(pixels.data(), pixels.size());
}

// A buffer never drawn to: what a new file holds.
std::uint32_t crc_of_nothing() {
    const std::vector<std::byte> pixels(std::size_t{kSize.width} * kSize.height * 4);
    return crc32_of(pixels.data(), pixels.size());
}

class VideoSession : public RawTest {
protected:
    struct Video {
        Rid rid = 0;
        std::uint32_t buffer = 0;
        std::vector<std::uint8_t> since_key; // ids of the packets
    };

    [[nodiscard]] bool start_video() {
        SessionConfig config = session_config();
        config.decoders.push_back(std::make_shared<FakeFactory>(hardware_));
        config.decoders.push_back(std::make_shared<FakeFactory>(software_));
        return start_video({}, std::move(config));
    }
    [[nodiscard]] bool start_video(CompositorOptions options, SessionConfig config) {
        if (!start({17}, std::move(options), std::move(config))) return false;
        window_ = peer_->open_window();
        dmabuf_ = peer_->bind("zwp_linux_dmabuf_v1", 3);
        return window_.surface != 0 && dmabuf_ != 0 && peer_->roundtrip();
    }
    void open_image(Rid rid, std::uint32_t codec, std::uint32_t format = kXr24, video::Size size = kSize) {
        msg::OpenDmavidDstV2 open{rid, 0, codec, {}};
        open.slice = {size.width, size.height, format, 1, {}, {size.width * 4}, 0, {1}, 0};
        peer_->send(open);
    }
    std::uint32_t make_buffer_of(Rid rid, std::uint32_t format = kXr24, std::uint32_t flags = 0,
                                 video::Size size = kSize) {
        const std::uint32_t params = peer_->request(dmabuf_, "create_params");
        peer_->request(params, "add", {FdOf{rid}, 0U, 0U, size.width * 4, 0U, 0U});
        const std::uint32_t buffer =
            peer_->request(params, "create_immed", {size.width, size.height, format, flags});
        peer_->request(params, "destroy");
        return buffer;
    }
    Video make_video(std::uint32_t codec = kVp9, std::uint32_t format = kXr24) {
        Video video{peer_->new_rid(), 0, {}};
        open_image(video.rid, codec, format);
        video.buffer = make_buffer_of(video.rid, format);
        return video;
    }
    // Sends the next packet and returns the level of its right picture.
    std::byte send_packet(Video& video, bool key) {
        if (key) video.since_key.clear();
        const auto id = static_cast<std::uint8_t>(++packets_ * 37);
        video.since_key.push_back(id);
        const auto packet = key ? fake_key(id, kSize) : fake_inter(id);
        peer_->send(msg::SendDmavidPacket{video.rid, packet});
        return grey(fake_luma(video.since_key));
    }
    // Attach, damage, commit; the compositor has read the pixels when it returns.
    void present(std::uint32_t buffer) {
        show(window_.surface, buffer);
        EXPECT_TRUE(compositor_->wait_for_commits(++presented_, 20s));
    }
    [[nodiscard]] static bool eventually(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
        return condition();
    }
    static CompositorOptions with_formats(std::vector<std::uint32_t> formats) {
        CompositorOptions options;
        options.more_shm_formats = std::move(formats);
        return options;
    }
    // Lines of the log with these words.
    [[nodiscard]] std::size_t times_said(const std::string& words) {
        std::istringstream text(log_.text());
        std::size_t count = 0;
        for (std::string line; std::getline(text, line);)
            if (line.find(words) != std::string::npos) ++count;
        return count;
    }
    std::vector<std::uint32_t> shown() {
        std::vector<std::uint32_t> crcs;
        for (const CommitRecord& commit : compositor_->commits()) crcs.push_back(commit.crc);
        return crcs;
    }

    FakeScript hardware_, software_;
    RawPeer::Window window_;
    std::uint32_t dmabuf_ = 0;
    unsigned packets_ = 0;
    std::size_t presented_ = 0;
};

TEST_F(VideoSession, every_commit_shows_the_picture_of_its_packet) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    std::vector<std::uint32_t> expected;
    for (int frame = 0; frame < 30; ++frame) {
        expected.push_back(crc_of_grey(send_packet(video, frame % 10 == 0)));
        present(video.buffer);
    }
    EXPECT_EQ(shown(), expected);
    close_cleanly();
}

TEST_F(VideoSession, a_commit_without_a_new_packet_shows_the_buffer_as_it_is) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    present(video.buffer);
    const std::uint32_t first = crc_of_grey(send_packet(video, true));
    present(video.buffer);
    present(video.buffer);
    EXPECT_EQ(shown(), (std::vector{crc_of_nothing(), first, first}));
    close_cleanly();
}

TEST_F(VideoSession, while_a_commit_waits_for_its_picture_later_requests_wait_and_events_do_not) {
    hardware_.fate = [](int, std::uint64_t ticket) { return ticket == 1 ? Fate::Slow : Fate::Picture; };
    ASSERT_TRUE(start_video());
    Video video = make_video();
    const std::byte before = send_packet(video, true);
    present(video.buffer);
    compositor_->focus_toplevel(0);
    const std::uint32_t pointer = peer_->request(peer_->bind("wl_seat", 5), "get_pointer");
    ASSERT_NE(pointer, 0U);
    ASSERT_TRUE(peer_->roundtrip());
    const std::byte level = send_packet(video, false);
    show(window_.surface, video.buffer);
    const std::uint32_t done = peer_->request(1, "sync");
    // Events pass by the waiting commit; the answer to a request behind it cannot.
    const std::size_t motions = peer_->count("wl_pointer.motion");
    for (int step = 0; step < 5; ++step) compositor_->motion(10 + step, 10);
    EXPECT_TRUE(peer_->wait_for_event("wl_pointer.motion", motions + 4));
    EXPECT_EQ(shown().size(), 1U);
    const auto answered = [&] {
        return std::ranges::any_of(peer_->events, [&](const ReceivedEvent& event) {
            return event.object == done && event.name == "wl_callback.done";
        });
    };
    EXPECT_FALSE(answered());
    hardware_.release();
    EXPECT_TRUE(compositor_->wait_for_commits(2, 10s));
    EXPECT_TRUE(peer_->wait(answered));
    EXPECT_EQ(shown(), (std::vector{crc_of_grey(before), crc_of_grey(level)}));
    close_cleanly();
}

TEST_F(VideoSession, several_buffers_decode_in_parallel_and_are_shown_in_order) {
    // The first stream's decoder sits in its call until the second one has decoded.
    hardware_.fate = [](int decoder, std::uint64_t) { return decoder == 0 ? Fate::Slow : Fate::Picture; };
    ASSERT_TRUE(start_video());
    Video slow = make_video(), fast = make_video();
    const std::byte first = send_packet(slow, true);
    show(window_.surface, slow.buffer);
    ASSERT_TRUE(eventually([&] { return hardware_.created == 1 && hardware_.decoded == 1; }));
    const std::byte second = send_packet(fast, true);
    show(window_.surface, fast.buffer);
    ASSERT_TRUE(eventually([&] { return hardware_.decoded == 2; })) << "while the other waits";
    EXPECT_TRUE(shown().empty()) << "requests stay in order";
    hardware_.release();
    EXPECT_TRUE(compositor_->wait_for_commits(2, 10s));
    EXPECT_EQ(shown(), (std::vector{crc_of_grey(first), crc_of_grey(second)}));
    close_cleanly();
}

TEST_F(VideoSession, raw_and_video_buffers_share_a_connection) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    RemoteFile raw{peer_->new_rid(), std::vector<std::byte>(std::size_t{kSize.width} * kSize.height * 4)};
    msg::OpenDmabuf open{raw.rid, static_cast<std::uint32_t>(raw.bytes.size()), {}};
    open.slice = {kSize.width, kSize.height, kAr24, 1, {}, {kSize.width * 4}, 0, {1}, 0};
    peer_->send(open);
    const std::uint32_t raw_buffer = make_buffer_of(raw.rid, kAr24);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t frame = 0; frame < 10; ++frame) {
        expected.push_back(crc_of_grey(send_packet(video, frame == 0)));
        present(video.buffer);
        peer_->fill(raw, 0, noise(raw.bytes.size(), frame));
        present(raw_buffer);
        expected.push_back(crc32_of(raw.bytes.data(), raw.bytes.size()));
    }
    EXPECT_EQ(shown(), expected);
    close_cleanly();
}

TEST_F(VideoSession, a_flipped_buffer_shows_its_picture_upside_down) {
    const auto streams = recorded_streams(TV_FIXTURES "/video/0112-vp9-xr24-640x480.s2c");
    ASSERT_TRUE(streams && !streams->empty());
    const RecordedStream& stream = streams->begin()->second;
    SessionConfig config = session_config();
    for (auto& decoder : video::available_decoders()) config.decoders.push_back(std::move(decoder));
    ASSERT_TRUE(start_video({}, std::move(config)));
    std::vector<std::shared_ptr<const Picture>> pictures;
    for (const std::uint32_t flags : {0U, kYInvert}) {
        const Rid rid = peer_->new_rid();
        const video::Size size{stream.width, stream.height};
        open_image(rid, kVp9, kXr24, size);
        peer_->send(msg::SendDmavidPacket{rid, stream.packets.at(0)}); // before the flag is known
        present(make_buffer_of(rid, kXr24, flags, size));
        pictures.push_back(compositor_->picture(1, "wl_surface#1"));
        ASSERT_TRUE(pictures.back() && !pictures.back()->blank());
    }
    const Picture& upright = *pictures[0];
    const Picture& flipped = *pictures[1];
    ASSERT_EQ(flipped.pixels.size(), upright.pixels.size());
    EXPECT_NE(flipped.crc, upright.crc);
    const std::size_t row = upright.pixels.size() / static_cast<std::size_t>(upright.height);
    for (std::size_t y = 0; y < static_cast<std::size_t>(upright.height); ++y)
        ASSERT_TRUE(std::equal(&upright.pixels[y * row], &upright.pixels[y * row] + row,
                               &flipped.pixels[(static_cast<std::size_t>(upright.height) - 1 - y) * row]))
            << "row " << y;
    close_cleanly();
}

TEST_F(VideoSession, a_stream_opened_without_naming_a_codec_is_h264) {
    if (video::available_decoders(true).empty()) GTEST_SKIP() << "skipped: built without libavcodec";
    const auto streams = recorded_streams(TV_FIXTURES "/video/084-h264-xr24-640x480.s2c");
    ASSERT_TRUE(streams && !streams->empty());
    const RecordedStream& stream = streams->begin()->second;
    const video::Size size{stream.width, stream.height};
    SessionConfig config = session_config();
    for (auto& decoder : video::available_decoders(true)) config.decoders.push_back(std::move(decoder));
    ASSERT_TRUE(start_video({}, std::move(config)));
    std::vector<std::uint32_t> named, unnamed;
    for (const bool name_it : {true, false}) {
        const Rid rid = peer_->new_rid();
        if (name_it) {
            open_image(rid, static_cast<std::uint32_t>(video::Codec::H264), kXr24, size);
        } else {
            msg::OpenDmavidDst open{rid, 0, {}};
            open.slice = {size.width, size.height, kXr24, 1, {}, {size.width * 4}, 0, {1}, 0};
            peer_->send(open);
        }
        const std::uint32_t buffer = make_buffer_of(rid, kXr24, 0, size);
        for (std::size_t packet = 0; packet < 3; ++packet) {
            peer_->send(msg::SendDmavidPacket{rid, stream.packets.at(packet)});
            present(buffer);
            const auto picture = compositor_->picture(1, "wl_surface#1");
            ASSERT_TRUE(picture && !picture->blank());
            (name_it ? named : unnamed).push_back(picture->crc);
        }
    }
    EXPECT_EQ(unnamed, named);
    EXPECT_NE(unnamed[0], unnamed[1]);
    EXPECT_EQ(error_text(), "");
    close_cleanly();
}

// --- decoders that fail
// -------------------------------------------------------------------------------------

struct Trouble {
    const char* name;
    Fate fate;
};
void PrintTo(const Trouble& trouble, std::ostream* out) {
    *out << trouble.name;
}

class TroubledVideo : public VideoSession, public testing::WithParamInterface<Trouble> {};

TEST_P(TroubledVideo, no_wrong_picture_is_shown_and_the_session_lives) {
    // The third packet of each hardware decoder meets its fate.
    hardware_.hardware = true;
    std::atomic<int> met{0};
    hardware_.fate = [&](int, std::uint64_t ticket) {
        if (ticket != 2 || met++ != 0) return Fate::Picture;
        return GetParam().fate;
    };
    ASSERT_TRUE(start_video());
    Video video = make_video();
    std::vector<std::uint32_t> expected;
    for (int frame = 0; frame < 6; ++frame) {
        expected.push_back(crc_of_grey(send_packet(video, frame == 0)));
        present(video.buffer);
    }
    EXPECT_EQ(shown(), expected);
    EXPECT_EQ(error_text(), "");
    EXPECT_EQ(met > 0, true) << "the fate was met";
    hardware_.release();
    close_cleanly();
}

INSTANTIATE_TEST_SUITE_P(
    Fates, TroubledVideo,
    testing::Values(Trouble{"corrupted", Fate::Corrupted}, Trouble{"unsupported", Fate::Unsupported},
                    Trouble{"broken", Fate::Broken}, Trouble{"without_picture", Fate::Nothing},
                    Trouble{"too_small", Fate::Small}, Trouble{"planes_cut_off", Fate::Truncated},
                    Trouble{"held_back_until_asked", Fate::OnAsking},
                    Trouble{"held_back_until_waited_for", Fate::OnWaiting},
                    Trouble{"held_back_until_the_next", Fate::OnNext}, Trouble{"silent", Fate::Silent},
                    Trouble{"never_returning", Fate::Hang}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(VideoSession, when_nothing_can_decode_buffers_stay_as_they_are_and_it_is_said_once) {
    hardware_.create = software_.create = [](int) { return ErrorCategory::Unsupported; };
    ASSERT_TRUE(start_video());
    Video one = make_video(), two = make_video();
    for (int frame = 0; frame < 4; ++frame) {
        (void)send_packet(one, frame % 2 == 0);
        present(one.buffer);
        (void)send_packet(two, frame % 2 == 0);
        present(two.buffer);
    }
    // As after a resize.
    peer_->request(one.buffer, "destroy");
    Video again = make_video();
    (void)send_packet(again, true);
    present(again.buffer);
    EXPECT_EQ(shown(), std::vector(9, crc_of_nothing()));
    EXPECT_EQ(error_text(), "");
    close_cleanly();
    EXPECT_EQ(times_said("no decoder"), 1u) << log_.text();
}

class VideoOfTwoFailures : public VideoSession, public testing::WithParamInterface<Trouble> {};

TEST_P(VideoOfTwoFailures, the_last_good_picture_stays_and_it_is_said_once) {
    hardware_.hardware = true;
    hardware_.fate = software_.fate = [](int, std::uint64_t ticket) {
        return ticket < 2 ? Fate::Picture : GetParam().fate;
    };
    ASSERT_TRUE(start_video());
    Video video = make_video();
    std::vector<std::uint32_t> expected;
    for (int frame = 0; frame < 6; ++frame) {
        const std::uint32_t right = crc_of_grey(send_packet(video, frame == 0 || frame == 4));
        expected.push_back(frame < 2 ? right : expected[1]);
        present(video.buffer);
    }
    EXPECT_EQ(shown(), expected);
    EXPECT_EQ(error_text(), "");
    EXPECT_GT(software_.decoded, 0) << "both were asked";
    close_cleanly();
    EXPECT_EQ(times_said("the last good picture stays"), 1u) << log_.text();
}

INSTANTIATE_TEST_SUITE_P(Fates, VideoOfTwoFailures,
                         testing::Values(Trouble{"corrupted", Fate::Corrupted},
                                         Trouble{"unsupported", Fate::Unsupported},
                                         Trouble{"broken", Fate::Broken}),
                         [](const auto& info) { return std::string(info.param.name); });

// --- what a peer may say
// ------------------------------------------------------------------------------------

TEST_F(VideoSession, an_unknown_codec_leaves_the_buffer_black_and_the_log_says_why) {
    ASSERT_TRUE(start_video());
    Video video = make_video(200);
    (void)send_packet(video, true);
    show(window_.surface, video.buffer);
    EXPECT_TRUE(compositor_->wait_for_commits(1, 10s));
    EXPECT_EQ(shown(), std::vector{crc_of_nothing()});
    EXPECT_TRUE(log_.contains("its codec is unknown"));
    EXPECT_EQ(hardware_.created, 0);
    close_cleanly();
}

TEST_F(VideoSession, packets_for_a_buffer_that_is_gone_are_ignored) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    (void)send_packet(video, true);
    peer_->request(video.buffer, "destroy");
    for (int late = 0; late < 5; ++late) (void)send_packet(video, false);
    EXPECT_TRUE(peer_->roundtrip());
    EXPECT_EQ(error_text(), "");
    close_cleanly();
}

TEST_F(VideoSession, packets_for_raw_images_and_fills_for_videos_are_refused) {
    ASSERT_TRUE(start_video());
    msg::OpenDmabuf open{peer_->new_rid(), 0, {}};
    open.slice = {kSize.width, kSize.height, kXr24, 1, {}, {kSize.width * 4}, 0, {1}, 0};
    peer_->send(open);
    peer_->send(msg::SendDmavidPacket{open.rid, noise(100, 1)});
    expect_refusal("video packet for something that is no video");
}

TEST_F(VideoSession, a_fill_for_a_video_is_refused) {
    ASSERT_TRUE(start_video());
    Video video = make_video();
    peer_->send(msg::BufferFill{video.rid, 0, 64, noise(64, 1)});
    expect_refusal("fill or diff for an image that video fills");
}

TEST_F(VideoSession, an_application_that_ends_with_pictures_under_way_leaves_nothing) {
    hardware_.fate = [](int, std::uint64_t) { return Fate::Slow; };
    ASSERT_TRUE(start_video());
    Video video = make_video();
    for (int frame = 0; frame < 10; ++frame) {
        (void)send_packet(video, frame == 0);
        show(window_.surface, video.buffer);
    }
    ASSERT_TRUE(eventually([&] { return hardware_.decoded > 0; }));
    peer_->hang_up();
    hardware_.release();
    EXPECT_EQ(report().end, SessionEnd::ApplicationClosed);
    session_.reset();
    EXPECT_EQ(hardware_.alive, 0);
}

TEST_F(VideoSession, streams_beyond_the_limit_stay_black_and_the_session_lives) {
    ASSERT_TRUE(start_video());
    Video first = make_video();
    for (std::size_t stream = 0; stream < limits::kMaxVideoStreams; ++stream) (void)make_video();
    Video beyond = make_video();
    const std::byte level = send_packet(first, true);
    (void)send_packet(beyond, true);
    show(window_.surface, first.buffer);
    show(window_.surface, beyond.buffer);
    EXPECT_TRUE(compositor_->wait_for_commits(2, 10s));
    EXPECT_EQ(shown(), (std::vector{crc_of_grey(level), crc_of_nothing()}));
    EXPECT_TRUE(log_.contains("kMaxVideoStreams"));
    close_cleanly();
}

TEST_F(VideoSession, a_video_that_no_buffer_is_made_of_is_given_up_before_it_stops_the_channel) {
    ASSERT_TRUE(start_video());
    Video shown_one = make_video();
    const Rid idle = peer_->new_rid();
    open_image(idle, kVp9);
    auto packet = fake_key(1, kSize);
    packet.resize(std::size_t{1} << 20);
    for (int count = 0; count < 100; ++count) peer_->send(msg::SendDmavidPacket{idle, packet});
    const std::byte level = send_packet(shown_one, true);
    present(shown_one.buffer);
    EXPECT_EQ(shown(), std::vector{crc_of_grey(level)});
    EXPECT_TRUE(log_.contains("kMaxUnshownVideoBytes"));
    close_cleanly();
}

// --- what is offered
// ----------------------------------------------------------------------------------------

class VideoOffer : public VideoSession {
protected:
    [[nodiscard]] std::set<std::uint32_t> formats(VideoKind kind, CompositorOptions options) {
        SessionConfig config = session_config();
        config.decoders.push_back(std::make_shared<FakeFactory>(hardware_));
        if (!start({17, CompressionKind::None, kind}, std::move(options), std::move(config))) return {};
        EXPECT_TRUE(peer_->read_registry());
        EXPECT_NE(peer_->bind("zwp_linux_dmabuf_v1", 3), 0U);
        EXPECT_TRUE(peer_->roundtrip());
        std::set<std::uint32_t> found;
        for (const ReceivedEvent& event : peer_->events)
            if (event.name == "zwp_linux_dmabuf_v1.modifier") found.insert(event.numbers.at(0));
        return found;
    }
    static constexpr std::uint32_t kRgb888 = 0x34324752, kR8 = 0x20203852, kRgb565 = 0x36314752;
};

TEST_F(VideoOffer, a_compositor_without_xbgr_has_none_for_the_application_either) {
    EXPECT_EQ(formats(VideoKind::H264, with_formats({})), (std::set{kXr24, kAr24}));
}

TEST_F(VideoOffer, a_sender_of_video_is_not_offered_what_its_pictures_cannot_become) {
    EXPECT_EQ(formats(VideoKind::Vp9, with_formats({kRgb888, kR8, kRgb565, kXb24})),
              (std::set{kXr24, kAr24, kXb24, kRgb565}));
}

TEST_F(VideoOffer, without_video_every_format_that_the_compositor_has_is_offered) {
    EXPECT_EQ(formats(VideoKind::None, with_formats({kRgb888, kR8, kRgb565, kXb24})),
              (std::set{kXr24, kAr24, kXb24, kRgb565, kRgb888, kR8}));
}

TEST_F(VideoOffer, without_any_decoder_a_sender_of_video_gets_no_dmabufs_at_all) {
    ASSERT_TRUE(start({17, CompressionKind::None, VideoKind::H264}));
    ASSERT_TRUE(peer_->read_registry());
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_FALSE(peer_->globals().contains("zwp_linux_dmabuf_v1"));
    EXPECT_TRUE(peer_->globals().contains("wl_shm"));
    EXPECT_TRUE(log_.contains("nothing here decodes the H.264 video"));
    close_cleanly();
}

TEST_F(VideoOffer, a_sender_of_a_codec_that_no_decoder_is_ready_for_gets_none_and_the_log_has_the_reasons) {
    hardware_.name = "one";
    software_.name = "two";
    hardware_.prepare = software_.prepare = [](video::Codec codec) -> Status {
        if (codec != video::Codec::Av1) return {};
        return fail(ErrorCategory::Unsupported, "made to be absent");
    };
    for (const auto& [kind, offered] : {std::pair{VideoKind::Av1, false}, {VideoKind::H264, true}}) {
        SessionConfig config = session_config();
        config.decoders.push_back(std::make_shared<FakeFactory>(hardware_));
        config.decoders.push_back(std::make_shared<FakeFactory>(software_));
        ASSERT_TRUE(start({17, CompressionKind::None, kind}, {}, std::move(config)));
        ASSERT_TRUE(peer_->read_registry());
        ASSERT_TRUE(peer_->roundtrip());
        EXPECT_EQ(peer_->globals().contains("zwp_linux_dmabuf_v1"), offered);
        close_cleanly();
    }
    EXPECT_TRUE(
        log_.contains("AV1 video that the remote side would send (one: not supported: made to be absent; "
                      "two: not supported: made to be absent)"))
        << log_.text();
    EXPECT_EQ(times_said("nothing here decodes"), 1u);
}

TEST_F(VideoOffer, one_decoder_that_is_ready_is_enough_and_the_next_is_not_loaded) {
    bool asked = false;
    software_.prepare = [&](video::Codec) -> Status {
        asked = true;
        return {};
    };
    SessionConfig config = session_config();
    config.decoders.push_back(std::make_shared<FakeFactory>(hardware_));
    config.decoders.push_back(std::make_shared<FakeFactory>(software_));
    ASSERT_TRUE(start({17, CompressionKind::None, VideoKind::Vp9}, {}, std::move(config)));
    ASSERT_TRUE(peer_->read_registry());
    EXPECT_TRUE(peer_->globals().contains("zwp_linux_dmabuf_v1"));
    close_cleanly();
    EXPECT_FALSE(asked);
}

TEST_F(VideoOffer, nothing_is_loaded_for_a_sender_that_names_no_codec_or_replicates_no_dmabufs) {
    bool asked = false;
    hardware_.prepare = [&](video::Codec) -> Status {
        asked = true;
        return {};
    };
    for (const VideoKind kind : {VideoKind::None, VideoKind::Unspecified}) {
        SessionConfig config = session_config();
        config.decoders.push_back(std::make_shared<FakeFactory>(hardware_));
        ASSERT_TRUE(start({17, CompressionKind::None, kind}, {}, std::move(config)));
        ASSERT_TRUE(peer_->read_registry());
        EXPECT_TRUE(peer_->globals().contains("zwp_linux_dmabuf_v1"));
        close_cleanly();
    }
    EXPECT_FALSE(asked);
}

} // namespace
