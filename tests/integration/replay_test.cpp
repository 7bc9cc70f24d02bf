// Recorded sessions of stock waypipe servers, sent to a session of ours with the test compositor behind it.
// What every commit must show is computed by a decoder that is written down here once more, as plainly as can
// be.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include "raw_bed.h"
#include "wayland/message.h"

namespace {

using namespace tv;
using namespace tv::test;
using wayland::InterfaceId;

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

// --- the player
// ------------------------------------------------------------------------------------------------------

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

// Turns a recording into a conversation with a compositor that is another one than back then: names of
// globals and serials are today's, an id is used again only after it was given back, and objects of
// interfaces that today's compositor has not got are replaced by syncs.
class Player {
public:
    Player(RawPeer& peer, TestCompositor& compositor) : peer_(peer), compositor_(compositor) {
        objects_[1] = {InterfaceId::wl_display, false};
    }

    // The connection header has been sent.
    void play(Bytes recording) {
        const auto header = parse_connection_header(recording.first<kConnectionHeaderSize>());
        ASSERT_TRUE(header.has_value());
        kind_ = header->compression;
        recording = recording.subspan(kConnectionHeaderSize);
        while (recording.size() >= 4 && !testing::Test::HasFailure()) {
            const std::size_t size = word(recording, 0) >> 5;
            const auto type = static_cast<MessageType>(word(recording, 0) & 31);
            ASSERT_GE(size, 4U);
            if (padded4(size) > recording.size()) break;
            message(type, recording.first(size), recording.first(padded4(size)));
            recording = recording.subspan(padded4(size));
        }
    }

    std::vector<Frame> frames;
    std::string pipe_data; // of the application's

    // Called when the recording has data for a pipe that the compositor has not asked for yet.
    std::function<void()> ask_for_data;

private:
    struct Object {
        Object() = default;
        Object(InterfaceId the_interface, bool is_stub) : interface(the_interface), stub(is_stub) {}
        InterfaceId interface = InterfaceId::none;
        bool stub = false;
        Buffer buffer;            // a wl_buffer
        Rid pool = 0;             // a wl_shm_pool
        std::string surface_name; // a wl_surface
        std::uint32_t attached = 0;
        bool attach_pending = false;
        std::size_t configures = 0; // of an xdg_surface: acknowledged so far
    };

    void message(MessageType type, Bytes bytes, Bytes padded) {
        switch (type) {
        case MessageType::Protocol:
            return requests(bytes.subspan(4));
        case MessageType::InjectRids:
            for (std::size_t at = 4; at < bytes.size(); at += 4)
                injected_.push_back(static_cast<Rid>(word(bytes, at)));
            return;
        case MessageType::OpenFile:
            files_[static_cast<Rid>(word(bytes, 4))].assign(word(bytes, 8), std::byte{});
            break;
        case MessageType::ExtendFile:
            files_[static_cast<Rid>(word(bytes, 4))].resize(word(bytes, 8));
            break;
        case MessageType::BufferFill:
        case MessageType::BufferDiff:
            // Back then the buffer had been released; today nobody has waited for that.
            ASSERT_TRUE(compositor_.wait_for_commits(frames.size(), 10s));
            apply_update(files_.at(static_cast<Rid>(word(bytes, 4))), type, bytes, kind_);
            break;
        case MessageType::PipeTransfer:
        case MessageType::PipeShutdownW:
            return pipe(type, bytes);
        case MessageType::AckNblocks:
            return; // of messages that are not today's
        case MessageType::Close:
            return; // the test has things to look at first
        default:
            FAIL() << message_name(type);
        }
        peer_.send_bytes(padded);
    }

    void pipe(MessageType type, Bytes bytes) {
        if (ask_for_data) std::exchange(ask_for_data, nullptr)();
        ASSERT_TRUE(peer_.wait([&] { return peer_.count(MessageType::OpenIRPipe) != 0; }));
        Rid rid = 0;
        for (const ReceivedMessage& received : peer_.messages) {
            if (received.type == MessageType::OpenIRPipe) rid = decode<msg::OpenIRPipe>(received.bytes)->rid;
        }
        if (type == MessageType::PipeShutdownW) return peer_.send(msg::PipeShutdownW{rid});
        pipe_data.append(reinterpret_cast<const char*>(bytes.data() + 8), bytes.size() - 8);
        peer_.send(msg::PipeTransfer{rid, bytes.subspan(8)});
    }

    void requests(Bytes data) {
        while (data.size() >= 8 && !testing::Test::HasFailure()) {
            const std::size_t size = word(data, 4) >> 16;
            ASSERT_LE(size, data.size());
            request(data.first(size));
            data = data.subspan(size);
        }
        injected_.clear();
    }

    void request(Bytes message) {
        const std::uint32_t id = word(message, 0);
        const auto opcode = static_cast<std::uint16_t>(word(message, 4) & 0x7ff);
        std::vector<Rid> rids(injected_.begin(), injected_.begin() + fd_tag(word(message, 4)));
        injected_.erase(injected_.begin(), injected_.begin() + fd_tag(word(message, 4)));
        const auto found = objects_.find(id);
        // Objects that the compositor of back then had made.
        if (found == objects_.end()) return;
        Object& object = found->second;
        const wayland::Interface& interface = wayland::interface(object.interface);
        const wayland::Message& description = interface.requests[opcode];
        if (object.interface == InterfaceId::wl_registry) return bind(message);
        std::uint32_t made = 0;
        if (description.creates != InterfaceId::none) {
            const wayland::Tracked tracked = wayland::track_arguments(message, description);
            ASSERT_TRUE(tracked.well_formed);
            made = tracked.new_id;
            make(made, {description.creates, object.stub});
        }
        if (object.stub) return made != 0 ? stand_in(made) : void();
        const std::string name = std::string(interface.name) + "." + std::string(description.name);
        std::vector<std::byte> changed(message.begin(), message.end());
        if (!look_at(name, object, made, rids, changed)) return;
        send(changed, rids);
    }

    // What the reference has to know, and what has to be today's. False: the request is left out.
    bool look_at(const std::string& name, Object& object, std::uint32_t made, const std::vector<Rid>& rids,
                 std::vector<std::byte>& message) {
        if (name == "wl_shm.create_pool") objects_[made].pool = rids.at(0);
        if (name == "wl_shm_pool.create_buffer")
            objects_[made].buffer = {object.pool, word(message, 12), word(message, 16), word(message, 20),
                                     word(message, 24)};
        if (name == "wl_compositor.create_surface")
            objects_[made].surface_name = fmt::format("wl_surface#{}", ++surfaces_);
        if (name == "wl_surface.attach") {
            object.attached = word(message, 8);
            object.attach_pending = true;
        }
        if (name == "wl_surface.commit") commit(object);
        if (name == "xdg_surface.ack_configure") return acknowledge(word(message, 0), object, message);
        return true;
    }

    void commit(Object& surface) {
        if (std::exchange(surface.attach_pending, false) && surface.attached != 0) {
            const Buffer& buffer = objects_.at(surface.attached).buffer;
            const auto& file = files_.at(buffer.rid);
            std::uint32_t crc = 0;
            for (std::uint32_t row = 0; row < buffer.height; ++row)
                crc = crc32_of(file.data() + buffer.offset + std::size_t{row} * buffer.stride,
                               buffer.width * 4UL, crc);
            frames.push_back(
                {surface.surface_name, static_cast<int>(buffer.width), static_cast<int>(buffer.height), crc});
        }
    }

    bool acknowledge(std::uint32_t id, Object& object, std::vector<std::byte>& message) {
        std::vector<std::uint32_t> serials;
        const auto collect = [&] {
            serials.clear();
            for (const ReceivedEvent& event : peer_.events) {
                if (event.object == id && event.name == "xdg_surface.configure")
                    serials.push_back(event.numbers[0]);
            }
            return serials.size() > object.configures;
        };
        // Today's compositor may send fewer of them: only the first has to be waited for.
        if (!peer_.wait(collect, object.configures == 0 ? 10s : 0s)) return false;
        store_u32(message, 8, serials[object.configures++]);
        return true;
    }

    void bind(Bytes message) {
        wayland::ArgumentReader reader(message);
        (void)reader.u();
        const std::string interface(reader.s().value_or(std::string_view()));
        const std::uint32_t version = reader.u();
        const std::uint32_t id = reader.u();
        ASSERT_TRUE(peer_.wait([&] { return peer_.count("wl_callback.done") != 0; }))
            << "the globals are announced";
        const wayland::Interface* known = wayland::find_interface(interface);
        const auto all = peer_.globals();
        const auto announced = all.find(interface);
        const bool here = announced != all.end();
        make(id, {known != nullptr ? known->id : InterfaceId::none, !here});
        if (!here) return stand_in(id);
        ByteQueue out;
        wayland::MessageBuilder(out, word(message, 0), 0)
            .u(announced->second.first)
            .s(interface)
            .u(std::min(version, announced->second.second))
            .u(id);
        send(out.bytes(), {});
    }

    // Waits until the id is ours to use.
    void make(std::uint32_t id, Object object) {
        const std::size_t before = made_[id]++;
        ASSERT_TRUE(peer_.wait([&] { return deletions(id) >= before; }))
            << "id " << id << " does not come back; it was a "
            << wayland::interface(objects_[id].interface).name
            << (objects_[id].stub ? " that is not there" : "");
        objects_[id] = std::move(object);
        peer_.know(id, objects_[id].stub ? InterfaceId::wl_callback : objects_[id].interface);
    }
    [[nodiscard]] std::size_t deletions(std::uint32_t id) const {
        return static_cast<std::size_t>(std::ranges::count_if(peer_.events, [id](const ReceivedEvent& event) {
            return event.name == "wl_display.delete_id" && event.numbers[0] == id;
        }));
    }

    void stand_in(std::uint32_t id) {
        ByteQueue out;
        wayland::MessageBuilder(out, 1, 0).u(id);
        send(out.bytes(), {});
    }

    void send(Bytes message, const std::vector<Rid>& rids) {
        std::vector<std::byte> packed(rids.size() * 4);
        for (std::size_t index = 0; index < rids.size(); ++index)
            store_u32(packed, index * 4, static_cast<std::uint32_t>(rids[index]));
        if (!rids.empty()) peer_.send(msg::InjectRids{packed});
        peer_.send(msg::Protocol{message});
    }

    RawPeer& peer_;
    TestCompositor& compositor_;
    CompressionKind kind_ = CompressionKind::None;
    std::map<Rid, std::vector<std::byte>> files_;
    std::vector<Rid> injected_;
    std::map<std::uint32_t, Object> objects_;
    std::map<std::uint32_t, std::size_t> made_;
    int surfaces_ = 0;
};

class Replay : public RawTest, public testing::WithParamInterface<std::filesystem::path> {};

TEST_P(Replay, every_commit_shows_what_a_plain_decoder_makes_of_the_recording) {
    const auto recording = read_file(GetParam());
    ASSERT_GT(recording.size(), kConnectionHeaderSize);
    const auto header = parse_connection_header(std::span(recording).first<kConnectionHeaderSize>());
    ASSERT_TRUE(header.has_value());
    ASSERT_TRUE(start({header->version, header->compression}));
    Player player(*peer_, *compositor_);
    std::optional<Child> paste;
    player.ask_for_data = [&] {
        SpawnOptions options = command({TV_TEST_CLIENT, "clipboard-paste"});
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        auto child = Child::spawn(options);
        ASSERT_TRUE(child.has_value());
        paste.emplace(std::move(*child));
    };
    player.play(recording);
    ASSERT_FALSE(HasFailure()) << error_text();
    EXPECT_TRUE(compositor_->wait_for_commits(player.frames.size(), 10s));
    EXPECT_EQ(error_text(), "");
    std::vector<Frame> seen;
    for (const CommitRecord& commit : compositor_->commits())
        seen.push_back({commit.surface, commit.width, commit.height, commit.crc});
    EXPECT_EQ(seen, player.frames);
    if (paste) {
        const auto exit = paste->wait(20s);
        EXPECT_TRUE(exit && exit->ok());
        const std::string expected = fmt::format(
            "{} bytes crc={:08x}", player.pipe_data.size(),
            crc32_of(reinterpret_cast<const std::byte*>(player.pipe_data.data()), player.pipe_data.size()));
        EXPECT_NE(paste->out().find(expected), std::string::npos) << expected << " in " << paste->out();
        EXPECT_FALSE(player.pipe_data.empty());
    } else {
        EXPECT_FALSE(player.frames.empty());
        EXPECT_TRUE(std::ranges::any_of(player.frames, [&](const Frame& frame) {
            const auto picture = compositor_->picture(1, frame.surface);
            return picture && !picture->blank();
        }));
    }
    close_cleanly();
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
