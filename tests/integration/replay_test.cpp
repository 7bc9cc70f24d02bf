// Recorded sessions of stock waypipe servers, played into a session of ours with the test compositor behind
// it. What every commit must show is computed by a decoder that is written down here once more, as plainly as
// can be.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include "channel/header.h"
#include "replay/replay.h"
#include "session_bed.h"
#include "wayland/message.h"

namespace {

using namespace tv;
using namespace tv::test;

std::vector<std::byte> read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
    const auto bytes = std::as_bytes(std::span(chars));
    return {bytes.begin(), bytes.end()};
}

std::uint32_t word(Bytes bytes, std::size_t offset) {
    return load_u32(bytes, offset);
}

// --- the plain decoder
// -------------------------------------------------------------------------------------------------

std::vector<std::byte> plain(CompressionKind kind, Bytes data, std::size_t size) {
    std::vector<std::byte> out(size);
    if (kind == CompressionKind::None) {
        EXPECT_EQ(data.size(), size);
        std::copy(data.begin(), data.end(), out.begin());
    } else if (kind == CompressionKind::Lz4) {
        EXPECT_EQ(LZ4_decompress_safe(reinterpret_cast<const char*>(data.data()),
                                      reinterpret_cast<char*>(out.data()), static_cast<int>(data.size()),
                                      static_cast<int>(size)),
                  static_cast<int>(size));
    } else {
        EXPECT_EQ(ZSTD_decompress(out.data(), size, data.data(), data.size()), size);
    }
    return out;
}

void apply_update(std::vector<std::byte>& file, MessageType type, Bytes message, CompressionKind kind) {
    const std::uint32_t first = word(message, 8);
    const std::uint32_t second = word(message, 12);
    const Bytes data = message.subspan(16);
    if (type == MessageType::BufferFill) {
        const auto bytes = plain(kind, data, second - first);
        std::copy(bytes.begin(), bytes.end(), file.begin() + first);
        return;
    }
    const auto bytes = plain(kind, data, first + second);
    std::size_t at = 0;
    while (at < first) {
        for (std::uint32_t index = word(bytes, at), end = word(bytes, at + 4), from = 0; index < end;
             ++index, ++from)
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at + 8 + from * 4), 4,
                        file.begin() + index * 4);
        at += 8 + (word(bytes, at + 4) - word(bytes, at)) * 4UL;
    }
    std::copy(bytes.end() - second, bytes.end(), file.end() - second);
}

// --- what the recording shows
// ------------------------------------------------------------------------------------------

struct Buffer {
    Rid rid = 0;
    std::uint32_t offset = 0, width = 0, height = 0, stride = 0;
};
struct Frame {
    std::string surface;
    int width = 0, height = 0;
    std::uint32_t crc = 0;
    friend bool operator==(const Frame&, const Frame&) = default;
};
void PrintTo(const Frame& frame, std::ostream* out) {
    *out << fmt::format("{} {}x{} {:08x}", frame.surface, frame.width, frame.height, frame.crc);
}

// Decodes what the player sends, and computes the picture of every commit.
class Reference : public replay::PlayObserver {
public:
    explicit Reference(CompressionKind kind) : kind_(kind) {}

    std::vector<Frame> frames;
    std::string pipe_data; // of the application's
    std::function<void()> on_pipe_wanted;
    std::function<void()> on_closing;

    void message(MessageType type, Bytes bytes) override {
        const Rid rid = static_cast<Rid>(word(bytes, 4));
        switch (type) {
        case MessageType::OpenFile:
            files_[rid].assign(word(bytes, 8), std::byte{});
            break;
        case MessageType::ExtendFile:
            files_[rid].resize(word(bytes, 8));
            break;
        case MessageType::BufferFill:
        case MessageType::BufferDiff:
            apply_update(files_.at(rid), type, bytes, kind_);
            break;
        case MessageType::PipeTransfer:
            pipe_data.append(reinterpret_cast<const char*>(bytes.data() + 8), bytes.size() - 8);
            break;
        default:
            break;
        }
    }

    void request(const replay::PlayedRequest& request) override {
        const wayland::Interface& interface = wayland::interface(request.interface);
        const std::string name =
            fmt::format("{}.{}", interface.name, interface.requests[request.opcode].name);
        const Bytes message = request.message;
        if (request.made != 0) objects_[request.made] = {};
        Object& object = objects_[request.object];
        if (name == "wl_shm.create_pool") objects_[request.made].pool = request.rids[0];
        if (name == "wl_shm_pool.create_buffer")
            objects_[request.made].buffer = {object.pool, word(message, 12), word(message, 16),
                                             word(message, 20), word(message, 24)};
        if (name == "wl_compositor.create_surface")
            objects_[request.made].surface_name = fmt::format("wl_surface#{}", ++surfaces_);
        if (name == "wl_surface.attach") {
            object.attached = word(message, 8);
            object.attach_pending = true;
        }
        if (name == "wl_surface.commit") commit(object);
    }

    void pipe_wanted() override {
        if (on_pipe_wanted) std::exchange(on_pipe_wanted, nullptr)();
    }
    void closing() override {
        if (on_closing) on_closing();
    }

private:
    struct Object {
        Buffer buffer;            // a wl_buffer
        Rid pool = 0;             // a wl_shm_pool
        std::string surface_name; // a wl_surface
        std::uint32_t attached = 0;
        bool attach_pending = false;
    };

    void commit(Object& surface) {
        if (!std::exchange(surface.attach_pending, false) || surface.attached == 0) return;
        const Buffer& buffer = objects_.at(surface.attached).buffer;
        const auto& file = files_.at(buffer.rid);
        std::uint32_t crc = 0;
        for (std::uint32_t row = 0; row < buffer.height; ++row)
            crc = crc32_of(file.data() + buffer.offset + std::size_t{row} * buffer.stride, buffer.width * 4UL,
                           crc);
        frames.push_back(
            {surface.surface_name, static_cast<int>(buffer.width), static_cast<int>(buffer.height), crc});
    }

    CompressionKind kind_;
    std::map<Rid, std::vector<std::byte>> files_;
    std::map<std::uint32_t, Object> objects_;
    int surfaces_ = 0;
};

std::vector<Frame> frames_of(TestCompositor& compositor) {
    std::vector<Frame> frames;
    for (const CommitRecord& commit : compositor.commits())
        frames.push_back({commit.surface, commit.width, commit.height, commit.crc});
    return frames;
}

// NAME.s2c, .c2s and .tsv as a recording of today's format.
ByteQueue convert(std::filesystem::path path) {
    const auto sent = read_file(path), answered = read_file(path.replace_extension(".c2s"));
    std::ifstream order(path.replace_extension(".tsv"));
    ByteQueue file;
    replay::append_file_header(file);
    Bytes sent_left = sent, answered_left = answered;
    std::int64_t time = 0;
    std::string direction;
    std::size_t count = 0;
    while (order >> time >> direction >> count) {
        Bytes& left = direction == "s2c" ? sent_left : answered_left;
        const Bytes part = left.first(std::min(count, left.size()));
        left = left.subspan(part.size());
        replay::append_record(
            file,
            {time, direction == "s2c" ? ChannelDirection::FromApplication : ChannelDirection::ToApplication,
             part});
    }
    EXPECT_TRUE(sent_left.empty());
    replay::append_end(file, time);
    return file;
}

class ReplayTest : public IntegrationTest {
protected:
    [[nodiscard]] replay::ReplayReport play(Bytes recording, TestCompositor& compositor,
                                            replay::PlayOptions options) {
        auto reader = replay::RecordingReader::of_bytes(recording);
        auto wayland = compositor.connect();
        EXPECT_TRUE(reader && wayland);
        if (!reader || !wayland) return {};
        options.log = log_.log();
        auto report = replay::replay(*reader, std::move(*wayland), session_config(), options);
        EXPECT_TRUE(report.has_value()) << describe(report.error());
        return report.value_or(replay::ReplayReport{});
    }
    // As fast as it goes, with patience for a busy machine.
    [[nodiscard]] static replay::PlayOptions fast(replay::PlayObserver* observer = nullptr) {
        replay::PlayOptions options;
        options.speed = 0;
        options.patience = std::chrono::nanoseconds(10s).count();
        options.observer = observer;
        return options;
    }
};

class Replay : public ReplayTest, public testing::WithParamInterface<std::filesystem::path> {};

TEST_P(Replay, every_commit_shows_what_a_plain_decoder_makes_of_the_recording) {
    const auto bytes = read_file(GetParam());
    ASSERT_GT(bytes.size(), kConnectionHeaderSize);
    const auto header = parse_connection_header(std::span(bytes).first<kConnectionHeaderSize>());
    ASSERT_TRUE(header.has_value());
    const ByteQueue recording = convert(GetParam());
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
    EXPECT_LT(seconds[0], 0.14);
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

std::vector<std::filesystem::path> recordings() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(TV_FIXTURES)) {
        if (entry.path().extension() == ".s2c") found.push_back(entry.path());
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
