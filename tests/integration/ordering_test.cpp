// Requests reach the compositor strictly in the order of the channel, however long a commit is held, and
// nothing but requests waits for it.
#include <atomic>
#include <random>

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "direct_or_through.h"
#include "raw_bed.h"
#include "wayland/message.h"

namespace {

using namespace tv;
using namespace tv::test;

constexpr std::int64_t kMillisecond = 1'000'000;

// --- at random
// ---------------------------------------------------------------------------------------------------

// Delays that depend on seed and commit alone: half of the commits go at once, the rest within 20 ms.
std::function<std::int64_t(std::uint64_t)> random_delays(std::uint32_t seed) {
    return [seed](std::uint64_t commit) -> std::int64_t {
        std::minstd_rand random(seed * 7919U + static_cast<std::uint32_t>(commit) * 104729U);
        random.discard(3);
        const auto value = random();
        return value % 2 == 0 ? 0 : static_cast<std::int64_t>(value / 2 % 20) * kMillisecond;
    };
}

// An application that never waits but for the release of a buffer: two toplevels and a subsurface, whose
// buffers share pools or have their own; frame callbacks, syncs, regions, and things destroyed while commits
// are under way. Notes what the compositor must see.
class RandomApp {
public:
    RandomApp(RawPeer& peer, std::uint32_t seed) : peer_(peer), random_(seed) {}

    [[nodiscard]] bool open() {
        for (int index = 0; index < 2; ++index) {
            const auto window = peer_.open_window();
            if (window.surface == 0) return false;
            surfaces_.push_back({window.surface, fmt::format("wl_surface#{}", index + 1)});
        }
        surfaces_made_ = 2;
        subcompositor_ = peer_.bind("wl_subcompositor", 1);
        return subcompositor_ != 0 && peer_.roundtrip();
    }

    void step() {
        switch (random_() % 12) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            show();
            break;
        case 5:
            show_and_destroy();
            break;
        case 6:
            empty_commit();
            break;
        case 7:
            call(1, "wl_display", "sync");
            break;
        case 8:
            region();
            break;
        case 9:
            make_child();
            break;
        case 10:
            destroy_child();
            break;
        default:
            make_buffer();
            break;
        }
    }

    std::vector<std::string> requests;                         // "wl_surface#1.commit"
    std::vector<std::pair<std::string, std::uint32_t>> frames; // surface and CRC of each commit with a buffer

private:
    struct Surface {
        std::uint32_t id;
        std::string name;
    };
    struct Pool {
        RemoteFile file;
        std::uint32_t id = 0;
        std::string name;
        std::size_t used = 0;
    };
    struct Buffer {
        std::shared_ptr<Pool> pool;
        std::size_t offset = 0;
        std::uint32_t id = 0;
        std::string name;
        std::size_t commits = 0; // since it was made; each is answered by a release
    };
    static constexpr std::uint32_t kSide = 48;
    static constexpr std::uint32_t kBytes = kSide * kSide * 4;

    void note(const std::string& name, const char* what) { requests.push_back(name + "." + what); }
    std::uint32_t call(std::uint32_t object, const std::string& name, const char* what,
                       std::initializer_list<RequestArgument> arguments = {}) {
        note(name, what);
        return peer_.request(object, what, arguments);
    }

    void make_buffer() {
        if (buffers_.size() >= 8) return;
        if (!pool_ || pool_->used + kBytes > pool_->file.bytes.size()) {
            pool_ = std::make_shared<Pool>();
            pool_->file = peer_.open_file(kBytes * (1 + random_() % 3));
            pool_->name = fmt::format("wl_shm_pool#{}", ++pools_made_);
            pool_->id = call(peer_.shm, "wl_shm#1", "create_pool",
                             {FdOf{pool_->file.rid}, static_cast<std::uint32_t>(pool_->file.bytes.size())});
        }
        Buffer buffer{pool_, pool_->used, 0, fmt::format("wl_buffer#{}", ++buffers_made_)};
        pool_->used += kBytes;
        buffer.id = call(pool_->id, pool_->name, "create_buffer",
                         {static_cast<std::uint32_t>(buffer.offset), kSide, kSide, kSide * 4, kXrgb8888});
        if (random_() % 3 == 0) {
            // The pool goes ahead of its buffers.
            call(pool_->id, pool_->name, "destroy");
            pool_ = nullptr;
        }
        buffers_.push_back(std::move(buffer));
    }

    [[nodiscard]] bool released(const Buffer& buffer) const {
        std::size_t releases = 0;
        for (const ReceivedEvent& event : peer_.events)
            releases += event.object == buffer.id && event.name == "wl_buffer.release" ? 1 : 0;
        return releases >= buffer.commits;
    }

    // A buffer that is the application's to draw into, with something new in it.
    Buffer* drawn() {
        if (buffers_.empty()) make_buffer();
        Buffer& buffer = buffers_[random_() % buffers_.size()];
        if (!peer_.wait([&] { return released(buffer); })) return nullptr;
        RemoteFile& file = buffer.pool->file;
        std::vector<std::byte> bytes(1 + random_() % kBytes);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_() % 4 * 60);
        const std::size_t offset = buffer.offset + random_() % (kBytes - bytes.size() + 1);
        // Diffs go by whole blocks, which the neighbour in the pool may own: only fills may start anywhere.
        if (random_() % 2 == 0) {
            peer_.fill(file, offset, bytes);
        } else {
            peer_.diff(file, offset, bytes);
        }
        return &buffer;
    }

    Surface& any_surface() { return surfaces_[random_() % surfaces_.size()]; }

    void attach_and_commit(Surface& surface, Buffer& buffer) {
        peer_.begin_batch();
        call(surface.id, surface.name, "attach", {buffer.id, 0U, 0U});
        call(surface.id, surface.name, "damage_buffer", {0U, 0U, kSide, kSide});
        if (random_() % 2 == 0) call(surface.id, surface.name, "frame");
        call(surface.id, surface.name, "commit");
        peer_.end_batch();
        ++buffer.commits;
        const Bytes pixels = Bytes(buffer.pool->file.bytes).subspan(buffer.offset, kBytes);
        frames.emplace_back(surface.name, crc32_of(pixels.data(), pixels.size()));
    }

    void show() {
        if (Buffer* buffer = drawn()) attach_and_commit(any_surface(), *buffer);
    }

    void show_and_destroy() {
        Buffer* buffer = drawn();
        if (buffer == nullptr) return;
        attach_and_commit(any_surface(), *buffer);
        call(buffer->id, buffer->name, "destroy");
        buffers_.erase(buffers_.begin() + (buffer - buffers_.data()));
    }

    void empty_commit() {
        Surface& surface = any_surface();
        call(surface.id, surface.name, "commit");
    }

    void region() {
        const std::uint32_t id = call(peer_.compositor, "wl_compositor#1", "create_region");
        const std::string name = fmt::format("wl_region#{}", ++regions_made_);
        call(id, name, "add", {0U, 0U, 10U, 10U});
        Surface& surface = any_surface();
        call(surface.id, surface.name, "set_opaque_region", {id});
        call(id, name, "destroy");
    }

    void make_child() {
        if (subsurface_ != 0) return;
        const std::uint32_t id = call(peer_.compositor, "wl_compositor#1", "create_surface");
        surfaces_.push_back({id, fmt::format("wl_surface#{}", ++surfaces_made_)});
        subsurface_ = call(subcompositor_, "wl_subcompositor#1", "get_subsurface", {id, surfaces_[0].id});
        subsurface_name_ = fmt::format("wl_subsurface#{}", ++subsurfaces_made_);
        if (random_() % 2 == 0) call(subsurface_, subsurface_name_, "set_desync");
        call(subsurface_, subsurface_name_, "set_position", {5U, 6U});
    }

    // With a commit of its own just under way.
    void destroy_child() {
        if (subsurface_ == 0) return;
        if (Buffer* buffer = drawn()) attach_and_commit(surfaces_.back(), *buffer);
        call(subsurface_, subsurface_name_, "destroy");
        call(surfaces_.back().id, surfaces_.back().name, "destroy");
        surfaces_.pop_back();
        subsurface_ = 0;
    }

    RawPeer& peer_;
    std::minstd_rand random_;
    std::vector<Surface> surfaces_;
    std::shared_ptr<Pool> pool_;
    std::vector<Buffer> buffers_;
    std::uint32_t subcompositor_ = 0, subsurface_ = 0;
    std::string subsurface_name_;
    int surfaces_made_ = 0, pools_made_ = 0, buffers_made_ = 0, regions_made_ = 0, subsurfaces_made_ = 0;
};

struct Draw {
    std::uint32_t seed;
    Wire wire;
};
void PrintTo(const Draw& draw, std::ostream* out) {
    *out << "seed " << draw.seed << ", ";
    PrintTo(draw.wire, out);
}

class RandomOrder : public RawTest, public testing::WithParamInterface<Draw> {};

TEST_P(RandomOrder, requests_arrive_as_they_were_sent_and_every_commit_shows_its_own_pixels) {
    SessionConfig config = session_config();
    config.delay_commit_for_test = random_delays(GetParam().seed);
    ASSERT_TRUE(start(GetParam().wire, {}, std::move(config)));
    RandomApp app(*peer_, GetParam().seed);
    ASSERT_TRUE(app.open());
    const std::size_t before = compositor_->lines(LogEntry::Kind::Request).size();
    for (int step = 0; step < 150; ++step) app.step();
    ASSERT_TRUE(peer_->roundtrip(30s));
    ASSERT_EQ(error_text(), "");
    std::vector<std::string> seen;
    for (const std::string& line : compositor_->lines(LogEntry::Kind::Request))
        seen.push_back(line.substr(0, line.find('(')));
    seen.erase(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(before));
    app.requests.push_back("wl_display.sync"); // the last roundtrip's
    EXPECT_EQ(seen, app.requests);
    std::vector<std::pair<std::string, std::uint32_t>> frames;
    for (const CommitRecord& commit : compositor_->commits()) frames.emplace_back(commit.surface, commit.crc);
    EXPECT_EQ(frames, app.frames);
    EXPECT_GT(frames.size(), 40U);
    close_cleanly();
}

std::vector<Draw> draws() {
    std::vector<Draw> all;
    std::uint32_t seed = 1;
    for (const Wire& wire : every_wire()) {
        for (int time = 0; time < 2; ++time) all.push_back({seed++, wire});
    }
    return all;
}
INSTANTIATE_TEST_SUITE_P(Ordering, RandomOrder, testing::ValuesIn(draws()), [](const auto& info) {
    return fmt::format("seed{}_v{}_{}", info.param.seed, info.param.wire.version,
                       compression_name(info.param.wire.compression));
});

class DelayedThrough : public ThroughTest,
                       public testing::WithParamInterface<std::pair<std::string, std::uint32_t>> {};

TEST_P(DelayedThrough, delays_change_nothing_that_application_or_compositor_see) {
    if (waypipe_version().empty()) GTEST_SKIP() << "skipped: no waypipe is installed";
    const auto& [scenario, seed] = GetParam();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Play play{scenario, {}};
    const Outcome expected = straight(play);
    SessionConfig config = session_config();
    config.delay_commit_for_test = random_delays(seed);
    const Outcome got = through(play, seed % 2 == 0 ? "lz4" : "none", std::move(config));
    expect_same(got, expected);
}

INSTANTIATE_TEST_SUITE_P(Ordering, DelayedThrough,
                         testing::Values(std::pair("two-surfaces", 1U), std::pair("two-surfaces", 2U),
                                         std::pair("two-surfaces", 3U), std::pair("two-surfaces", 4U),
                                         std::pair("buffer-destroyed-pending", 5U),
                                         std::pair("shm-resize", 6U), std::pair("popups", 7U),
                                         std::pair("shm-damage", 8U)),
                         [](const auto& info) {
                             std::string name = fmt::format("{}_seed{}", info.param.first, info.param.second);
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

// --- while a commit is held
// ----------------------------------------------------------------------------------------

// The second commit with a buffer is held for kHold.
class Held : public RawTest {
protected:
    static constexpr std::int64_t kHold = 1'500 * kMillisecond;

    [[nodiscard]] bool start_and_hold(unsigned version) {
        SessionConfig config = session_config();
        config.delay_commit_for_test = [](std::uint64_t commit) { return commit == 3 ? kHold : 0; };
        if (!start({version}, {}, std::move(config))) return false;
        window_ = peer_->open_window(); // commit 1
        first_ = make_buffer(64, 64);
        second_ = make_buffer(64, 64);
        peer_->fill(first_.file, 0, noise(64 * 64 * 4, 1));
        peer_->fill(second_.file, 0, noise(64 * 64 * 4, 2));
        show(window_.surface, first_.buffer); // commit 2
        if (!compositor_->wait_for_commits(1, 10s) || !peer_->roundtrip()) return false;
        return true;
    }
    void hold() {
        held_at_ = std::chrono::steady_clock::now();
        show(window_.surface, second_.buffer); // commit 3
    }
    // What follows shows something only as long as this is true.
    [[nodiscard]] bool still_held() { return compositor_->commits().size() == 1; }
    void expect_shown_after_all() {
        EXPECT_TRUE(compositor_->wait_for_commits(2, 10s));
        EXPECT_GE(std::chrono::steady_clock::now() - held_at_, std::chrono::nanoseconds(kHold));
        ASSERT_EQ(compositor_->commits().size(), 2U);
        EXPECT_EQ(compositor_->commits()[1].crc, crc_of(second_.file));
    }

    RawPeer::Window window_;
    Shown first_, second_;
    std::chrono::steady_clock::time_point held_at_;
};

TEST_F(Held, input_reaches_the_application_and_requests_stay_behind) {
    ASSERT_TRUE(start_and_hold(17));
    const std::uint32_t seat = peer_->bind("wl_seat", 5);
    peer_->request(seat, "get_pointer");
    peer_->request(seat, "get_keyboard");
    ASSERT_TRUE(peer_->wait_for_event("wl_keyboard.enter"));
    hold();
    const std::uint32_t late = peer_->request(1, "sync");
    for (int index = 0; index < 5; ++index) {
        compositor_->motion(10 + index, 20);
        compositor_->key(30, index % 2 == 0);
        EXPECT_TRUE(peer_->wait_for_event("wl_pointer.motion", static_cast<std::size_t>(index) + 1, 500ms));
        EXPECT_TRUE(peer_->wait_for_event("wl_keyboard.key", static_cast<std::size_t>(index) + 1, 500ms));
    }
    EXPECT_TRUE(still_held());
    const auto answered = [&] {
        return std::ranges::any_of(peer_->events,
                                   [&](const ReceivedEvent& event) { return event.object == late; });
    };
    EXPECT_FALSE(answered());
    expect_shown_after_all();
    EXPECT_TRUE(peer_->wait(answered));
    close_cleanly();
}

TEST_F(Held, a_clipboard_transfer_finishes) {
    ASSERT_TRUE(start_and_hold(17));
    const std::uint32_t seat = peer_->bind("wl_seat", 5);
    const std::uint32_t manager = peer_->bind("wl_data_device_manager", 3);
    const std::uint32_t source = peer_->request(manager, "create_data_source");
    peer_->request(source, "offer", {std::string("text/plain")});
    const std::uint32_t device = peer_->request(manager, "get_data_device", {seat});
    peer_->request(device, "set_selection", {source, 0U});
    ASSERT_TRUE(peer_->roundtrip());
    hold();
    SpawnOptions options = command({TV_TEST_CLIENT, "clipboard-paste"});
    options.environment["WAYLAND_DISPLAY"] = compositor_->display();
    auto paste = Child::spawn(options);
    ASSERT_TRUE(paste.has_value());
    ASSERT_TRUE(peer_->wait_for_event("wl_data_source.send", 1, 1s));
    const ReceivedEvent* send = peer_->event("wl_data_source.send");
    ASSERT_EQ(send->rids.size(), 1U);
    const auto text = noise(200'000, 9);
    for (std::size_t at = 0; at < text.size(); at += 32768)
        peer_->send(msg::PipeTransfer{
            send->rids[0], Bytes(text).subspan(at, std::min<std::size_t>(32768, text.size() - at))});
    peer_->send(msg::PipeShutdownW{send->rids[0]});
    // Its last round trip is with the compositor, which nothing holds.
    const auto exit = paste->wait(1s);
    EXPECT_TRUE(exit && exit->ok()) << paste->out();
    EXPECT_NE(paste->out().find(fmt::format("200000 bytes crc={:08x}", crc32_of(text.data(), text.size()))),
              std::string::npos)
        << paste->out();
    EXPECT_TRUE(still_held());
    expect_shown_after_all();
    close_cleanly();
}

TEST_F(Held, the_channel_is_read_on_and_acknowledged) {
    ASSERT_TRUE(start_and_hold(16));
    hold();
    const std::size_t acks = peer_->count(MessageType::AckNblocks);
    // More than sockets buffer: it must have been read. Into another file, and into the one that is held.
    RemoteFile other = peer_->open_file(8 << 20);
    peer_->fill(other, 0, noise(8 << 20, 5));
    RemoteFile& same = first_.file;
    peer_->fill(same, 0, noise(64 * 64 * 4, 6));
    EXPECT_TRUE(peer_->wait([&] { return peer_->count(MessageType::AckNblocks) > acks; }, 500ms));
    EXPECT_TRUE(still_held());
    expect_shown_after_all();
    close_cleanly();
}

TEST_F(Held, another_application_is_not_delayed) {
    ASSERT_TRUE(start_and_hold(17));
    hold();
    auto wayland = compositor_->connect();
    auto channel = make_socket_pair();
    ASSERT_TRUE(wayland && channel);
    auto session =
        SessionThread::start({std::move(channel->theirs), {}, std::move(*wayland)}, session_config());
    ASSERT_TRUE(session.has_value());
    RawPeer other(std::move(channel->ours), 17);
    EXPECT_NE(other.open_window().surface, 0U);
    EXPECT_TRUE(other.roundtrip(1s));
    EXPECT_TRUE(still_held());
    other.hang_up();
    EXPECT_TRUE((*session)->wait(10s).has_value());
    expect_shown_after_all();
    close_cleanly();
}

// --- the end while a commit is held
// -----------------------------------------------------------------------------------

TEST_F(Held, everything_destroyed_behind_the_commit_still_shows_it_first) {
    ASSERT_TRUE(start_and_hold(17));
    hold();
    const std::uint32_t expected = crc_of(second_.file);
    peer_->request(second_.buffer, "destroy");
    peer_->request(second_.pool, "destroy");
    peer_->request(window_.toplevel, "destroy");
    peer_->request(window_.shell_surface, "destroy");
    peer_->request(window_.surface, "destroy");
    // Late updates for what the application has destroyed.
    RemoteFile gone = second_.file;
    peer_->fill(gone, 0, noise(64 * 64 * 4, 77));
    ASSERT_TRUE(peer_->roundtrip());
    ASSERT_EQ(compositor_->commits().size(), 2U);
    EXPECT_EQ(compositor_->commits()[1].crc, expected);
    peer_->fill(gone, 0, noise(64 * 64 * 4, 78));
    close_cleanly();
}

// A compositor of bytes alone, because libwayland does not read what a client said before it left.
TEST_F(Held, the_last_requests_of_an_application_that_leaves_still_go_out) {
    auto wayland = make_socket_pair();
    auto channel = make_socket_pair();
    ASSERT_TRUE(wayland && channel);
    SessionConfig config = session_config();
    config.delay_commit_for_test = [](std::uint64_t) { return 300 * kMillisecond; };
    auto session =
        SessionThread::start({std::move(channel->theirs), {}, std::move(wayland->theirs)}, std::move(config));
    ASSERT_TRUE(session.has_value());
    RawPeer peer(std::move(channel->ours), 17);
    ASSERT_EQ(peer.request(1, "get_registry"), 2U);
    ByteQueue global;
    wayland::MessageBuilder(global, 2, 0).u(1).s("wl_compositor").u(4);
    ASSERT_EQ(write(wayland->ours.get(), global.bytes().data(), global.size()),
              static_cast<ssize_t>(global.size()));
    ASSERT_TRUE(peer.wait_for_event("wl_registry.global"));
    const std::uint32_t surface = peer.request(peer.bind("wl_compositor", 4), "create_surface");
    peer.request(surface, "commit");
    const std::uint32_t callback = peer.request(1, "sync");
    peer.send(msg::Close{0});
    peer.hang_up();
    EXPECT_EQ((*session)->wait(5s).value_or(SessionReport{}).end, SessionEnd::ApplicationClosed);
    std::byte received[4096];
    const ssize_t count = recv(wayland->ours.get(), received, sizeof received, 0);
    ByteQueue expected;
    wayland::MessageBuilder(expected, surface,
                            wayland::request_opcode(wayland::InterfaceId::wl_surface, "commit"));
    wayland::MessageBuilder(expected, 1, 0).u(callback);
    ASSERT_GE(count, static_cast<ssize_t>(expected.size()));
    EXPECT_EQ(std::memcmp(received + count - expected.size(), expected.bytes().data(), expected.size()), 0);
}

TEST_F(Held, a_peer_that_dies_within_a_message_ends_the_session) {
    ASSERT_TRUE(start_and_hold(17));
    hold();
    const std::byte half[6] = {};
    std::byte frame[8] = {};
    store_u32(frame, 0, encode_frame_word({100'000, MessageType::BufferFill}));
    store_u32(frame, 4, 1);
    peer_->send_bytes(frame);
    peer_->send_bytes(half);
    peer_->hang_up();
    EXPECT_EQ(report().end, SessionEnd::ApplicationClosed);
    EXPECT_TRUE(compositor_->wait_until_no_clients(5s));
}

TEST_F(Held, a_compositor_that_dies_is_reported_at_once) {
    ASSERT_TRUE(start_and_hold(17));
    hold();
    compositor_->die();
    EXPECT_TRUE(peer_->wait_for_end(1s));
    EXPECT_EQ(report().end, SessionEnd::CompositorClosed);
    EXPECT_EQ(peer_->messages.back().type, MessageType::Close);
}

TEST_F(Held, a_session_that_is_stopped_ends_at_once) {
    ASSERT_TRUE(start_and_hold(17));
    hold();
    session_->stop();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(report().end, SessionEnd::Stopped);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
    EXPECT_TRUE(peer_->wait_for_end(1s));
    EXPECT_EQ(peer_->messages.back().type, MessageType::Close);
}

} // namespace
