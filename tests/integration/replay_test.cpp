// Recorded sessions of stock waypipe servers, played into a session of ours with the test compositor behind
// it.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "replay_bed.h"
#include "video/decoders.h"
#include "wayland/message.h"

namespace {

using namespace tv;
using namespace tv::test;

class Replay : public ReplayTest, public testing::WithParamInterface<std::filesystem::path> {};

TEST_P(Replay, every_commit_shows_what_a_plain_decoder_makes_of_the_recording) {
    const auto bytes = read_file(GetParam());
    ASSERT_GT(bytes.size(), kConnectionHeaderSize);
    const auto header = parse_connection_header(std::span(bytes).first<kConnectionHeaderSize>());
    ASSERT_TRUE(header.has_value());
    if (header->video == VideoKind::H264 && video::available_decoders(true).empty())
        GTEST_SKIP() << "skipped: built without libavcodec, so no dmabufs are offered to senders of video";
    const ByteQueue recording = convert_fixture(GetParam());
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    Reference reference(header->compression);
    std::optional<Child> paste;
    reference.on_pipe_wanted = [&] {
        SpawnOptions options = command({TV_TEST_CLIENT, "clipboard-paste"});
        options.environment["WAYLAND_DISPLAY"] = compositor->display();
        auto child = Child::spawn(options);
        ASSERT_TRUE(child.has_value());
        paste.emplace(std::move(*child));
    };
    bool drawn = false;
    reference.on_closing = [&] {
        EXPECT_EQ(frames_of(*compositor), reference.frames);
        drawn = std::ranges::any_of(reference.frames, [&](const Frame& frame) {
            const auto picture = compositor->picture(1, frame.surface);
            return picture && !picture->blank();
        });
        if (!paste) return;
        const auto exit = paste->wait(20s);
        EXPECT_TRUE(exit && exit->ok());
        const std::string expected =
            fmt::format("{} bytes crc={:08x}", reference.pipe_data.size(),
                        crc32_of(reinterpret_cast<const std::byte*>(reference.pipe_data.data()),
                                 reference.pipe_data.size()));
        EXPECT_NE(paste->out().find(expected), std::string::npos) << expected << " in " << paste->out();
        EXPECT_FALSE(reference.pipe_data.empty());
    };
    const auto report = play(recording.bytes(), *compositor, fast(&reference));
    EXPECT_EQ(report.play.refusal.value_or(""), "");
    EXPECT_EQ(report.play.waits_run_out, 0u) << log_.text();
    EXPECT_FALSE(report.play.cut_off);
    EXPECT_EQ(report.session.end, SessionEnd::ApplicationClosed);
    EXPECT_TRUE(paste || drawn) << "nothing was shown";
    EXPECT_TRUE(compositor->wait_until_no_clients(10s));
}

// --- recordings made by hand
// ---------------------------------------------------------------------------------------

// A window of 2x2 pixels, one message a record, as the application of back then said it.
class SmallRecording {
public:
    explicit SmallRecording(std::int64_t step_us) : step_(step_us) {
        replay::append_file_header(file);
        std::array<std::byte, kConnectionHeaderSize> header{};
        encode(ConnectionHeader{}, header);
        record(header);
        request(1, 1).u(2); // get_registry
        bind(7, "wl_compositor", 4, 3);
        bind(8, "wl_shm", 1, 4);
        bind(9, "xdg_wm_base", 1, 5);
        bind(10, "interface_of_another_day", 1, 6);
        message(msg::OpenFile{1, 16});
        std::array<std::byte, 4> rid{std::byte{1}};
        message(msg::InjectRids{rid});
        request(4, 0, 1).u(7).u(16);                 // create_pool
        request(7, 0).u(8).u(0).u(2).u(2).u(8).u(1); // create_buffer, XRGB8888
        request(6, 0).u(9);                          // of what is not there today
        request(3, 0).u(10);                         // create_surface
        request(5, 2).u(11).u(10);                   // get_xdg_surface
        request(11, 1).u(12);                        // get_toplevel
        request(10, 6);                              // commit
        request(11, 4).u(4711);                      // ack_configure
        for (std::byte value = std::byte{1}; value < std::byte{4}; value = std::byte(int(value) + 1)) {
            std::array<std::byte, 16> pixels{};
            pixels.fill(value);
            message(msg::BufferFill{1, 0, 16, pixels});
            request(10, 1).u(8).u(0).u(0); // attach
            request(10, 6);                // commit
            request(1, 0).u(13);           // sync, the same id each time
        }
        message(msg::Close{0});
        replay::append_end(file, time_);
    }

    ByteQueue file;

private:
    // Goes into a record of its own when the builder is gone.
    class Line {
    public:
        Line(SmallRecording& recording, std::uint32_t object, std::uint16_t opcode, unsigned fds)
            : recording_(recording) {
            builder_.emplace(queue_, object, opcode, fds);
        }
        ~Line() {
            builder_.reset();
            recording_.message(msg::Protocol{queue_.bytes()});
        }
        Line(const Line&) = delete;
        Line& operator=(const Line&) = delete;
        Line& u(std::uint32_t value) { return builder_->u(value), *this; }
        Line& s(std::string_view text) { return builder_->s(text), *this; }

    private:
        SmallRecording& recording_;
        ByteQueue queue_;
        std::optional<wayland::MessageBuilder> builder_;
    };

    Line request(std::uint32_t object, std::uint16_t opcode, unsigned fds = 0) {
        return {*this, object, opcode, fds};
    }
    void bind(std::uint32_t name, std::string_view interface, std::uint32_t version, std::uint32_t id) {
        request(2, 0).u(name).s(interface).u(version).u(id);
    }
    template <typename M>
    void message(const M& message) {
        std::vector<std::byte> bytes(encoded_size(message));
        encode(message, bytes);
        record(bytes);
    }
    void record(Bytes bytes) {
        replay::append_record(file, {time_, ChannelDirection::FromApplication, bytes});
        time_ += step_;
    }

    const std::int64_t step_;
    std::int64_t time_ = 0;
};

TEST_F(ReplayTest, a_recording_that_ends_anywhere_shows_what_there_is_and_says_so) {
    const SmallRecording recording(0);
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    const Bytes whole = recording.file.bytes();
    ASSERT_EQ(play(whole, *compositor, fast()).play.refusal.value_or(""), "");
    const std::vector<Frame> frames = frames_of(*compositor);
    ASSERT_EQ(frames.size(), 3u);
    std::size_t most = 0;
    for (std::size_t size = replay::kFileHeaderSize; size < whole.size(); ++size) {
        SCOPED_TRACE(size);
        const std::size_t before = compositor->commits().size();
        const auto report = play(whole.first(size), *compositor, fast());
        EXPECT_TRUE(report.play.cut_off);
        EXPECT_EQ(report.play.refusal.value_or(""), "");
        EXPECT_EQ(report.play.waits_run_out, 0u);
        std::vector<Frame> shown = frames_of(*compositor);
        shown.erase(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(before));
        ASSERT_LE(shown.size(), frames.size());
        EXPECT_TRUE(std::ranges::equal(shown, std::span(frames).first(shown.size())));
        EXPECT_GE(shown.size(), most);
        most = std::max(most, shown.size());
        if (HasFailure()) return;
    }
    EXPECT_EQ(most, 3u);
}

TEST_F(ReplayTest, the_recorded_times_are_kept_or_scaled_or_ignored) {
    const SmallRecording recording(20'000);
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    std::map<double, double> seconds;
    for (const double speed : {0.0, 1.0, 4.0}) {
        replay::PlayOptions options = fast();
        options.speed = speed;
        seconds[speed] =
            static_cast<double>(play(recording.file.bytes(), *compositor, options).play.nanoseconds) / 1e9;
    }
    // 29 records, 28 steps of 20 ms.
    EXPECT_GE(seconds[1], 0.56);
    EXPECT_GE(seconds[4], 0.14);
    EXPECT_LT(seconds[4], seconds[1]);
    EXPECT_LT(seconds[0], seconds[1]);
}

TEST_F(ReplayTest, what_does_not_come_is_named_and_not_waited_for_for_good) {
    const SmallRecording recording(0);
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    compositor->stall();
    replay::PlayOptions options = fast();
    options.patience = std::chrono::nanoseconds(50ms).count();
    std::thread later([&] {
        std::this_thread::sleep_for(1s);
        compositor->resume();
    });
    const auto report = play(recording.file.bytes(), *compositor, options);
    later.join();
    EXPECT_GT(report.play.waits_run_out, 0u);
    EXPECT_TRUE(log_.contains("waited 50 ms for the compositor's globals in vain")) << log_.text();
    EXPECT_EQ(report.play.refusal.value_or(""), "");
}

TEST_F(ReplayTest, closing_a_window_ends_the_replay) {
    const SmallRecording recording(1'000'000);
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    std::thread user([&] {
        EXPECT_TRUE(compositor->wait_for_commits(1, 10s));
        compositor->close_toplevel(0);
    });
    replay::PlayOptions options = fast();
    options.speed = 20;
    const auto report = play(recording.file.bytes(), *compositor, options);
    user.join();
    EXPECT_EQ(report.play.refusal.value_or(""), "");
    EXPECT_EQ(report.session.end, SessionEnd::ApplicationClosed);
    EXPECT_LT(compositor->commits().size(), 3u);
}

TEST_F(ReplayTest, a_compositor_that_leaves_ends_the_replay) {
    const SmallRecording recording(100'000);
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    std::thread later([&] {
        std::this_thread::sleep_for(300ms);
        compositor->die();
    });
    replay::PlayOptions options;
    const auto report = play(recording.file.bytes(), *compositor, options);
    later.join();
    EXPECT_EQ(report.session.end, SessionEnd::CompositorClosed);
    EXPECT_TRUE(report.play.refusal.has_value());
    EXPECT_LT(report.play.nanoseconds, std::chrono::nanoseconds(2s).count());
}

// Two planes, made with create_immed: too late to refuse them.
TEST_F(ReplayTest, buffers_of_planes_that_cannot_be_shown_stay_black_and_the_session_lives) {
    if (video::available_decoders(true).empty())
        GTEST_SKIP() << "skipped: built without libavcodec, so no dmabufs are offered to senders of video";
    const auto compositor = start_compositor();
    ASSERT_TRUE(compositor);
    const ByteQueue recording = convert_fixture(TV_FIXTURES "/dmabuf/084-h264-nv12-640x480.s2c");
    std::size_t commits = 0;
    Reference reference(CompressionKind::None);
    reference.on_closing = [&] {
        ASSERT_TRUE(compositor->wait_for_commits(1, 20s));
        commits = compositor->commits().size();
        const auto picture = compositor->picture(1, reference.frames.at(0).surface);
        ASSERT_TRUE(picture);
        EXPECT_EQ(picture->width, 640);
        EXPECT_TRUE(picture->blank());
    };
    const auto report = play(recording.bytes(), *compositor, fast(&reference));
    EXPECT_EQ(report.play.refusal.value_or(""), "");
    EXPECT_EQ(report.play.waits_run_out, 0u) << log_.text();
    EXPECT_EQ(report.session.end, SessionEnd::ApplicationClosed);
    EXPECT_GE(commits, 1u);
    EXPECT_TRUE(log_.contains("cannot be shown; it stays black"));
}

// wl_shm, and dmabufs that are not encoded. NV12 has a test of its own: there is nothing to compare with.
std::vector<std::filesystem::path> recordings() {
    std::vector<std::filesystem::path> found;
    for (const std::filesystem::path folder : {TV_FIXTURES, TV_FIXTURES "/dmabuf"}) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() == ".s2c" && entry.path().string().find("nv12") == std::string::npos)
                found.push_back(entry.path());
        }
    }
    std::ranges::sort(found);
    return found;
}

std::string recording_name(const testing::TestParamInfo<std::filesystem::path>& info) {
    std::string name = info.param.stem().string();
    std::ranges::replace(name, '-', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(Recordings, Replay, testing::ValuesIn(recordings()), recording_name);

} // namespace
