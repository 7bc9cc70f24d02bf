// Protocols that carry files and times, globals that a kind of peer cannot take, and how either end's death
// and complaints reach the other.
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "byte_bed.h"
#include "mirror/diff.h"

namespace {

using namespace tv;
using namespace tv::test;

using Globals = std::vector<std::pair<std::string, std::uint32_t>>;

// A file of the compositor's.
UniqueFd make_file(Bytes contents) {
    UniqueFd fd = UniqueFd::adopt(memfd_create("test", MFD_CLOEXEC));
    EXPECT_EQ(pwrite(fd.get(), contents.data(), contents.size(), 0), static_cast<ssize_t>(contents.size()));
    return fd;
}

// What the compositor finds in a descriptor that came with a request.
std::vector<std::byte> contents_of(int fd, std::size_t size) {
    std::vector<std::byte> bytes(size);
    const ssize_t got = pread(fd, bytes.data(), size, 0);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

std::vector<std::byte> noise(std::size_t size, std::uint32_t seed) {
    std::vector<std::byte> bytes(size);
    for (std::size_t index = 0; index < size; ++index)
        bytes[index] = static_cast<std::byte>((index * 2654435761U + seed * 97U) >> 13);
    return bytes;
}

class FileEvents : public EveryByteWire {
protected:
    // The files that came with the nth event of that name, and that they were announced in the right way.
    const std::vector<std::byte>* file_of(std::string_view name, std::size_t nth, Rid expected) {
        if (!peer_->wait_for_event(name, nth + 1)) return nullptr;
        const ReceivedEvent& event = *peer_->event(name, nth);
        EXPECT_EQ(event.fds, 1U);
        EXPECT_EQ(event.rids, std::vector<Rid>{expected});
        return peer_->file(expected);
    }
    [[nodiscard]] std::vector<MessageType> last_types(std::size_t count) const {
        std::vector<MessageType> types;
        for (std::size_t index = peer_->messages.size() - count; index < peer_->messages.size(); ++index)
            types.push_back(peer_->messages[index].type);
        return types;
    }
};
INSTANTIATE_TEST_SUITE_P(Wire, FileEvents, testing::ValuesIn(every_wire()), wire_name);

TEST_P(FileEvents, keymaps_are_opened_filled_and_injected_ahead_of_their_event) {
    ASSERT_TRUE(start_it({{"wl_seat", 5}}));
    const std::uint32_t keyboard = peer_->request(peer_->bind("wl_seat", 5), "get_keyboard");
    ASSERT_TRUE(peer_->roundtrip());
    const auto map = noise(50'000, 1);
    const UniqueFd file = make_file(map);
    compositor_->event(keyboard, "wl_keyboard.keymap", {1U, 50'000U}, {file.get()});
    const auto* got = file_of("wl_keyboard.keymap", 0, -1);
    ASSERT_NE(got, nullptr);
    EXPECT_EQ(*got, map);
    EXPECT_EQ(last_types(4), (std::vector{MessageType::OpenFile, MessageType::BufferFill,
                                          MessageType::InjectRids, MessageType::Protocol}));
    EXPECT_EQ(peer_->event("wl_keyboard.keymap")->numbers, (std::vector<std::uint32_t>{1, 50'000}));
    // A file that is shorter than the event says is filled up with zeros, and nobody maps it.
    const UniqueFd truncated = make_file(Bytes(map).first(100));
    compositor_->event(keyboard, "wl_keyboard.keymap", {1U, 300U}, {truncated.get()});
    got = file_of("wl_keyboard.keymap", 1, -2);
    ASSERT_NE(got, nullptr);
    auto expected = std::vector(map.begin(), map.begin() + 100);
    expected.resize(300);
    EXPECT_EQ(*got, expected);
    // An empty one has no contents to fill.
    compositor_->event(keyboard, "wl_keyboard.keymap", {0U, 0U}, {truncated.get()});
    got = file_of("wl_keyboard.keymap", 2, -3);
    ASSERT_NE(got, nullptr);
    EXPECT_TRUE(got->empty());
    EXPECT_TRUE(peer_->roundtrip());
}

TEST_P(FileEvents, events_around_a_keymap_keep_their_order) {
    ASSERT_TRUE(start_it({{"wl_seat", 5}}));
    const std::uint32_t seat = peer_->bind("wl_seat", 5);
    const std::uint32_t keyboard = peer_->request(seat, "get_keyboard");
    ASSERT_TRUE(peer_->roundtrip());
    const UniqueFd file = make_file(noise(100, 1));
    compositor_->event(seat, "wl_seat.capabilities", {3U});
    compositor_->event(keyboard, "wl_keyboard.keymap", {1U, 100U}, {file.get()});
    compositor_->event(keyboard, "wl_keyboard.repeat_info", {25U, 600U});
    compositor_->event(keyboard, "wl_keyboard.keymap", {1U, 100U}, {file.get()});
    compositor_->event(seat, "wl_seat.name", {std::string("seat0")});
    ASSERT_TRUE(peer_->wait_for_event("wl_seat.name"));
    std::vector<std::string> order;
    for (const ReceivedEvent& event : peer_->events) {
        if (event.object == seat || event.object == keyboard) order.push_back(event.name);
    }
    EXPECT_EQ(order,
              (std::vector<std::string>{"wl_seat.capabilities", "wl_keyboard.keymap",
                                        "wl_keyboard.repeat_info", "wl_keyboard.keymap", "wl_seat.name"}));
}

TEST_P(FileEvents, a_keymap_beyond_the_limit_ends_the_session_with_the_limits_name) {
    ASSERT_TRUE(start_it({{"wl_seat", 5}}));
    const std::uint32_t keyboard = peer_->request(peer_->bind("wl_seat", 5), "get_keyboard");
    ASSERT_TRUE(peer_->roundtrip());
    const UniqueFd file = make_file(noise(10, 1));
    compositor_->event(keyboard, "wl_keyboard.keymap", {1U, 1U << 30}, {file.get()});
    EXPECT_NE(refusal().find("kMaxFixedFileBytes"), std::string::npos);
}

using Files = ByteTest;

TEST_F(Files, an_input_methods_grab_brings_its_keymap_to_a_c_peer) {
    ASSERT_TRUE(start({16, CompressionKind::Lz4}, {{"wl_seat", 5}, {"zwp_input_method_manager_v2", 1}}));
    const std::uint32_t manager = peer_->bind("zwp_input_method_manager_v2", 1);
    const std::uint32_t method = peer_->request(manager, "get_input_method", {peer_->bind("wl_seat", 5)});
    const std::uint32_t grab = peer_->request(method, "grab_keyboard");
    ASSERT_TRUE(peer_->roundtrip());
    const auto map = noise(30'000, 2);
    const UniqueFd file = make_file(map);
    compositor_->event(grab, "zwp_input_method_keyboard_grab_v2.keymap", {1U, 30'000U}, {file.get()});
    ASSERT_TRUE(peer_->wait_for_event("zwp_input_method_keyboard_grab_v2.keymap"));
    EXPECT_EQ(peer_->event("zwp_input_method_keyboard_grab_v2.keymap")->rids, std::vector<Rid>{-1});
    ASSERT_NE(peer_->file(-1), nullptr);
    EXPECT_EQ(*peer_->file(-1), map);
}

class VirtualKeyboard : public ByteTest, public testing::WithParamInterface<CompressionKind> {
protected:
    void SetUp() override {
        ByteTest::SetUp();
        ASSERT_TRUE(start({16, GetParam()}, {{"wl_seat", 5}, {"zwp_virtual_keyboard_manager_v1", 1}}));
        const std::uint32_t manager = peer_->bind("zwp_virtual_keyboard_manager_v1", 1);
        keyboard_ = peer_->request(manager, "create_virtual_keyboard", {peer_->bind("wl_seat", 5)});
        ASSERT_TRUE(peer_->roundtrip());
    }
    void expect_keymap(std::size_t nth, const std::vector<std::byte>& map) {
        ASSERT_TRUE(peer_->wait([&] { return compositor_->count("zwp_virtual_keyboard_v1.keymap") > nth; }));
        const ReceivedRequest& request = *compositor_->request("zwp_virtual_keyboard_v1.keymap", nth);
        EXPECT_EQ(contents_of(request.fds.at(0), map.size() + 1), map);
    }
    std::uint32_t keyboard_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Wire, VirtualKeyboard,
                         testing::Values(CompressionKind::None, CompressionKind::Lz4, CompressionKind::Zstd),
                         [](const auto& info) { return compression_name(info.param); });

TEST_P(VirtualKeyboard, a_keymap_reaches_the_compositor_with_its_contents) {
    const auto map = noise(70'000, 3);
    RemoteFile file = peer_->open_file(map.size());
    peer_->diff(file, 0, map);
    peer_->request(keyboard_, "keymap", {1U, FdOf{file.rid}, 70'000U});
    expect_keymap(0, map);
}

// waypipe 0.8.4 has no handler for the request, and then its file comes only after it.
TEST_P(VirtualKeyboard, a_keymap_whose_file_comes_later_is_waited_for_and_nothing_overtakes_it) {
    const auto map = noise(600'000, 4);
    RemoteFile file{peer_->new_rid(), std::vector<std::byte>(map.size())};
    peer_->begin_batch();
    peer_->request(keyboard_, "keymap", {1U, FdOf{file.rid}, 600'000U});
    peer_->request(keyboard_, "key", {1U, 30U, 1U});
    peer_->end_batch();
    peer_->request(keyboard_, "key", {2U, 30U, 0U});
    EXPECT_FALSE(compositor_->wait_for("zwp_virtual_keyboard_v1.key", 1, 100ms));
    peer_->send(msg::OpenFile{file.rid, 600'000});
    for (const std::size_t at : {0UL, 200'000UL, 400'000UL}) {
        EXPECT_EQ(compositor_->count("zwp_virtual_keyboard_v1.keymap"), 0U);
        peer_->diff(file, at, Bytes(map).subspan(at, 200'000));
    }
    expect_keymap(0, map);
    ASSERT_TRUE(compositor_->wait_for("zwp_virtual_keyboard_v1.key", 2));
    const auto size = compositor_->requests.size();
    EXPECT_EQ(compositor_->requests[size - 3].name, "zwp_virtual_keyboard_v1.keymap");
    EXPECT_EQ(compositor_->requests[size - 2].numbers.at(0), 1U);
    EXPECT_EQ(compositor_->requests[size - 1].numbers.at(0), 2U);
    EXPECT_TRUE(peer_->roundtrip());
}

TEST_P(VirtualKeyboard, a_keymap_larger_than_its_file_is_refused) {
    RemoteFile file = peer_->open_file(100);
    peer_->fill(file, 0, noise(100, 1));
    peer_->request(keyboard_, "keymap", {1U, FdOf{file.rid}, 101U});
    EXPECT_NE(refusal().find("more bytes than its file"), std::string::npos);
}

TEST_P(VirtualKeyboard, requests_that_wait_for_a_file_which_never_comes_are_limited) {
    peer_->request(keyboard_, "keymap", {1U, FdOf{peer_->new_rid()}, 100U});
    peer_->begin_batch();
    for (int index = 0; index < 10'000; ++index) peer_->request(keyboard_, "key", {1U, 30U, 1U});
    peer_->end_batch();
    for (int index = 0; index < 10 && !peer_->ended; ++index) {
        peer_->begin_batch();
        for (int key = 0; key < 10'000; ++key) peer_->request(keyboard_, "key", {1U, 30U, 1U});
        peer_->end_batch();
    }
    EXPECT_NE(refusal().find("kMaxParkedRequestBytes"), std::string::npos);
}

TEST_F(Files, colour_profiles_travel_both_ways) {
    ASSERT_TRUE(start({17, CompressionKind::Zstd}, {{"wp_color_manager_v1", 1}, {"wl_output", 2}}));
    const std::uint32_t manager = peer_->bind("wp_color_manager_v1", 1);
    const std::uint32_t creator = peer_->request(manager, "create_icc_creator");
    const auto profile = noise(300'000, 5);
    RemoteFile file = peer_->open_file(profile.size());
    peer_->fill(file, 0, profile);
    peer_->request(creator, "set_icc_file", {FdOf{file.rid}, 1000U, 299'000U});
    ASSERT_TRUE(peer_->wait(
        [&] { return compositor_->count("wp_image_description_creator_icc_v1.set_icc_file") == 1; }));
    const ReceivedRequest& request =
        *compositor_->request("wp_image_description_creator_icc_v1.set_icc_file");
    EXPECT_EQ(request.numbers, (std::vector<std::uint32_t>{1000, 299'000}));
    EXPECT_EQ(contents_of(request.fds.at(0), profile.size()), profile);

    const std::uint32_t description = peer_->request(creator, "create");
    const std::uint32_t information = peer_->request(description, "get_information");
    ASSERT_TRUE(peer_->roundtrip());
    const auto other = noise(4000, 6);
    const UniqueFd theirs = make_file(other);
    compositor_->event(information, "wp_image_description_info_v1.icc_file", {4000U}, {theirs.get()});
    ASSERT_TRUE(peer_->wait_for_event("wp_image_description_info_v1.icc_file"));
    ASSERT_NE(peer_->file(-1), nullptr);
    EXPECT_EQ(*peer_->file(-1), other);
    // Beyond the file, also where the sum does not fit into 32 bits.
    RemoteFile short_file = peer_->open_file(100);
    peer_->fill(short_file, 0, noise(100, 7));
    peer_->request(peer_->request(manager, "create_icc_creator"), "set_icc_file",
                   {FdOf{short_file.rid}, 0xffffffffU, 2U});
    EXPECT_NE(refusal().find("more bytes than its file"), std::string::npos);
}

TEST_P(FileEvents, gamma_ramps_arrive_whole) {
    ASSERT_TRUE(start_it({{"zwlr_gamma_control_manager_v1", 1}, {"wl_output", 2}}));
    const std::uint32_t manager = peer_->bind("zwlr_gamma_control_manager_v1", 1);
    const std::uint32_t control = peer_->request(manager, "get_gamma_control", {peer_->bind("wl_output", 2)});
    ASSERT_TRUE(peer_->roundtrip());
    compositor_->event(control, "zwlr_gamma_control_v1.gamma_size", {256U});
    ASSERT_TRUE(peer_->wait_for_event("zwlr_gamma_control_v1.gamma_size"));
    for (std::uint32_t turn = 0; turn < 3; ++turn) {
        const auto ramps = noise(256 * 6, turn);
        RemoteFile file = peer_->open_file(ramps.size());
        turn % 2 == 0 ? peer_->fill(file, 0, ramps) : peer_->diff(file, 0, ramps);
        peer_->request(control, "set_gamma", {FdOf{file.rid}});
        ASSERT_TRUE(
            peer_->wait([&] { return compositor_->count("zwlr_gamma_control_v1.set_gamma") == turn + 1; }));
        const ReceivedRequest& request = *compositor_->request("zwlr_gamma_control_v1.set_gamma", turn);
        EXPECT_EQ(contents_of(request.fds.at(0), ramps.size() + 1), ramps);
    }
}

TEST_F(Files, an_icons_pixels_are_there_when_its_buffer_is_added) {
    ASSERT_TRUE(start({17, CompressionKind::Zstd}, {{"wl_shm", 1}, {"xdg_toplevel_icon_manager_v1", 1}}));
    const std::uint32_t shm = peer_->bind("wl_shm", 1);
    const std::uint32_t icon = peer_->request(peer_->bind("xdg_toplevel_icon_manager_v1", 1), "create_icon");
    // Large enough for workers to decompress it.
    const auto pixels = noise(512 * 512 * 4, 8);
    RemoteFile file = peer_->open_file(pixels.size());
    const std::uint32_t pool = peer_->request(shm, "create_pool", {FdOf{file.rid}, 512U * 512 * 4});
    const std::uint32_t buffer = peer_->request(pool, "create_buffer", {0U, 512U, 512U, 2048U, 0U});
    for (std::size_t at = 0; at < pixels.size(); at += 262'144)
        peer_->diff(file, at, Bytes(pixels).subspan(at, 262'144));
    peer_->request(icon, "add_buffer", {buffer, 1U});
    ASSERT_TRUE(compositor_->wait_for("xdg_toplevel_icon_v1.add_buffer"));
    EXPECT_EQ(contents_of(compositor_->request("wl_shm.create_pool")->fds.at(0), pixels.size()), pixels);
}

// --- windows
// -------------------------------------------------------------------------------------------------------

TEST_P(FileEvents, titles_get_the_prefix_and_stay_short_enough_for_one_message) {
    SessionConfig config = session_config();
    config.title_prefix = "[far] ";
    ASSERT_TRUE(start(GetParam(), {{"wl_compositor", 4}, {"xdg_wm_base", 3}}, std::move(config)));
    const std::uint32_t surface = peer_->request(peer_->bind("wl_compositor", 4), "create_surface");
    const std::uint32_t shell = peer_->request(peer_->bind("xdg_wm_base", 3), "get_xdg_surface", {surface});
    const std::uint32_t toplevel = peer_->request(shell, "get_toplevel");
    peer_->request(toplevel, "set_title", {std::string("near")});
    peer_->request(toplevel, "set_title", {std::string()});
    peer_->request(toplevel, "set_title", {std::string(4000, 'x')});
    // Cut between two characters, not within one.
    std::string accents;
    while (accents.size() < 4060) accents += "\xc3\xa9";
    peer_->request(toplevel, "set_title", {accents});
    peer_->request(toplevel, "set_app_id", {std::string("app")});
    ASSERT_TRUE(peer_->roundtrip());
    const auto title = [&](std::size_t nth) {
        return compositor_->request("xdg_toplevel.set_title", nth)->strings.at(0);
    };
    EXPECT_EQ(title(0), "[far] near");
    EXPECT_EQ(title(1), "[far] ");
    EXPECT_EQ(title(2), "[far] " + std::string(4000, 'x'));
    EXPECT_LT(title(3).size(), 4096U - 16);
    EXPECT_GT(title(3).size(), 4000U);
    EXPECT_EQ(title(3).substr(6), accents.substr(0, title(3).size() - 6));
    EXPECT_EQ((title(3).size() - 6) % 2, 0U);
    EXPECT_EQ(compositor_->request("xdg_toplevel.set_app_id")->strings.at(0), "app");
}

// --- time
// ------------------------------------------------------------------------------------------------------------

// Stands still, but for steady(), which timeouts need.
class StandingClock final : public Clock {
public:
    static constexpr std::int64_t kSecond = 1'000'000'000;
    bool now(LinuxClock clock, std::int64_t& nanoseconds) const override {
        switch (clock) {
        case LinuxClock::Realtime:
            nanoseconds = 5'000'000'000 * kSecond + 250'000'000;
            return true; // beyond 2^32 s
        case LinuxClock::Monotonic:
            nanoseconds = 1000 * kSecond;
            return true;
        case LinuxClock::Boottime:
            nanoseconds = 3000 * kSecond + 750'000'000;
            return true;
        default:
            return false;
        }
    }
    std::int64_t steady() const override { return system_clock().steady(); }
};

struct Time {
    std::uint32_t high, low, nanoseconds;
    friend bool operator==(const Time&, const Time&) = default;
};
Time time_of(std::uint64_t seconds, std::uint32_t nanoseconds) {
    return {static_cast<std::uint32_t>(seconds >> 32), static_cast<std::uint32_t>(seconds), nanoseconds};
}
void PrintTo(const Time& time, std::ostream* out) {
    *out << ((std::uint64_t{time.high} << 32) | time.low) << " s " << time.nanoseconds << " ns";
}

class TimeTest : public ByteTest {
protected:
    [[nodiscard]] bool start_with_clock(unsigned version, Globals globals) {
        SessionConfig config = session_config();
        config.clock = &clock_;
        return start({version}, std::move(globals), std::move(config));
    }
    [[nodiscard]] bool start_presentation(std::uint32_t clock_id) {
        if (!start_with_clock(
                17, {{"wl_compositor", 4}, {"wp_presentation", 1}, {"wp_commit_timing_manager_v1", 1}}))
            return false;
        surface_ = peer_->request(peer_->bind("wl_compositor", 4), "create_surface");
        presentation_ = peer_->bind("wp_presentation", 1);
        if (!peer_->roundtrip()) return false;
        compositor_->event(presentation_, "wp_presentation.clock_id", {clock_id});
        return peer_->wait_for_event("wp_presentation.clock_id") &&
               peer_->event("wp_presentation.clock_id")->numbers.at(0) == clock_id;
    }
    Time presented(Time at) {
        const std::uint32_t feedback = peer_->request(presentation_, "feedback", {surface_});
        EXPECT_TRUE(peer_->roundtrip());
        const std::size_t before = peer_->count("wp_presentation_feedback.presented");
        compositor_->event(feedback, "wp_presentation_feedback.presented",
                           {at.high, at.low, at.nanoseconds, 16'666'666U, 0U, 77U, 1U});
        EXPECT_TRUE(peer_->wait_for_event("wp_presentation_feedback.presented", before + 1));
        const auto& numbers = peer_->event("wp_presentation_feedback.presented", before)->numbers;
        EXPECT_EQ(numbers.at(5), 77U); // the rest is as it was
        return {numbers.at(0), numbers.at(1), numbers.at(2)};
    }
    StandingClock clock_;
    std::uint32_t surface_ = 0, presentation_ = 0;
};

TEST_F(TimeTest, presentation_times_of_the_monotonic_clock_become_unix_time) {
    ASSERT_TRUE(start_presentation(1));
    EXPECT_EQ(presented(time_of(1000, 0)), time_of(5'000'000'000, 250'000'000));
    EXPECT_EQ(presented(time_of(1001, 900'000'000)), time_of(5'000'000'002, 150'000'000));
    EXPECT_EQ(presented(time_of(0, 0)), time_of(4'999'999'000, 250'000'000));
}

TEST_F(TimeTest, presentation_times_of_boottime_become_unix_time) {
    ASSERT_TRUE(start_presentation(7));
    EXPECT_EQ(presented(time_of(3000, 750'000'000)), time_of(5'000'000'000, 250'000'000));
}

TEST_F(TimeTest, unix_time_and_clocks_that_this_system_has_not_stay_as_they_are) {
    ASSERT_TRUE(start_presentation(0));
    EXPECT_EQ(presented(time_of(123, 456)), time_of(123, 456));
    compositor_->event(presentation_, "wp_presentation.clock_id", {4711U});
    EXPECT_EQ(presented(time_of(123, 456)), time_of(123, 456));
}

TEST_F(TimeTest, commit_times_become_times_of_the_compositors_clock) {
    ASSERT_TRUE(start_presentation(1));
    const std::uint32_t timer =
        peer_->request(peer_->bind("wp_commit_timing_manager_v1", 1), "get_timer", {surface_});
    const Time unix_time = time_of(5'000'000'010, 300'000'000);
    peer_->request(timer, "set_timestamp", {unix_time.high, unix_time.low, unix_time.nanoseconds});
    ASSERT_TRUE(compositor_->wait_for("wp_commit_timer_v1.set_timestamp"));
    const auto& numbers = compositor_->request("wp_commit_timer_v1.set_timestamp")->numbers;
    EXPECT_EQ((Time{numbers.at(0), numbers.at(1), numbers.at(2)}), time_of(1010, 50'000'000));
    peer_->request(timer, "set_timestamp", {0U, 1U, 1'000'000'000U});
    EXPECT_NE(refusal().find("nanoseconds"), std::string::npos);
}

// --- screen capture
// ---------------------------------------------------------------------------------------------------

class Capture : public TimeTest, public testing::WithParamInterface<Wire> {
protected:
    static constexpr std::uint32_t kWidth = 61, kHeight = 33, kOffset = 100, kBytes = kWidth * kHeight * 4;

    void start_capture(Globals globals) {
        globals.insert(globals.end(), {{"wl_shm", 1}, {"wl_output", 2}});
        SessionConfig config = session_config();
        config.clock = &clock_;
        ASSERT_TRUE(start(GetParam(), std::move(globals), std::move(config)));
        file_ = peer_->open_file(kOffset + kBytes + 10);
        peer_->fill(file_, 0, noise(file_.bytes.size(), 1));
        pool_ = peer_->request(peer_->bind("wl_shm", 1), "create_pool",
                               {FdOf{file_.rid}, static_cast<std::uint32_t>(file_.bytes.size())});
        buffer_ = peer_->request(pool_, "create_buffer", {kOffset, kWidth, kHeight, kWidth * 4, 1U});
        output_ = peer_->bind("wl_output", 2);
        ASSERT_TRUE(compositor_->wait_for("wl_shm_pool.create_buffer"));
        theirs_ = compositor_->request("wl_shm.create_pool")->fds.at(0);
    }
    void draw(Bytes pixels) {
        ASSERT_EQ(pwrite(theirs_, pixels.data(), pixels.size(), kOffset),
                  static_cast<ssize_t>(pixels.size()));
    }
    // The remote side's copy as the diffs that came have made it: what the application will read.
    void expect_copy(Bytes pixels, std::size_t diffs) {
        std::vector<std::byte> copy = file_.bytes;
        std::size_t seen = 0;
        for (const ReceivedMessage& message : peer_->messages) {
            if (message.type != MessageType::BufferDiff) continue;
            const auto diff = *decode<msg::BufferDiff>(message.bytes);
            EXPECT_EQ(diff.rid, file_.rid);
            ASSERT_TRUE(
                apply_diff(peer_->decompressed(diff.data, diff.uncompressed_size()), diff.diff_size, copy));
            ++seen;
        }
        EXPECT_EQ(seen, diffs);
        std::vector<std::byte> expected = file_.bytes;
        std::copy(pixels.begin(), pixels.end(), expected.begin() + kOffset);
        EXPECT_TRUE(copy == expected);
    }
    RemoteFile file_;
    std::uint32_t pool_ = 0, buffer_ = 0, output_ = 0;
    int theirs_ = -1;
};
INSTANTIATE_TEST_SUITE_P(Wire, Capture, testing::ValuesIn(every_wire()), wire_name);

TEST_P(Capture, wlr_what_the_compositor_wrote_is_sent_as_a_diff_ahead_of_ready) {
    start_capture({{"zwlr_screencopy_manager_v1", 3}});
    const std::uint32_t manager = peer_->bind("zwlr_screencopy_manager_v1", 3);
    const auto capture = [&] {
        const std::uint32_t frame = peer_->request(manager, "capture_output", {0U, output_});
        EXPECT_TRUE(peer_->roundtrip());
        compositor_->event(frame, "zwlr_screencopy_frame_v1.buffer", {1U, kWidth, kHeight, kWidth * 4});
        const std::size_t copies = compositor_->count("zwlr_screencopy_frame_v1.copy");
        peer_->request(frame, "copy", {buffer_});
        EXPECT_TRUE(compositor_->wait_for("zwlr_screencopy_frame_v1.copy", copies + 1));
        return frame;
    };
    const auto ready = [&](std::uint32_t frame) {
        const std::size_t count = peer_->count("zwlr_screencopy_frame_v1.ready");
        compositor_->event(frame, "zwlr_screencopy_frame_v1.ready", {0U, 1000U, 0U});
        ASSERT_TRUE(peer_->wait_for_event("zwlr_screencopy_frame_v1.ready", count + 1));
    };
    const auto first = noise(kBytes, 50);
    std::uint32_t frame = capture();
    draw(first);
    ready(frame);
    expect_copy(first, 1);
    EXPECT_EQ(peer_->messages[peer_->messages.size() - 2].type, MessageType::BufferDiff);
    const auto& numbers = peer_->event("zwlr_screencopy_frame_v1.ready")->numbers;
    EXPECT_EQ((Time{numbers.at(0), numbers.at(1), numbers.at(2)}), time_of(5'000'000'000, 250'000'000));

    // The same again: nothing to send.
    frame = capture();
    draw(first);
    ready(frame);
    expect_copy(first, 1);

    // One pixel, and the very last one.
    auto second = first;
    second[4 * 777] ^= std::byte{0xff};
    second.back() ^= std::byte{1};
    frame = capture();
    draw(second);
    ready(frame);
    expect_copy(second, 2);

    // A capture that fails sends nothing.
    frame = capture();
    compositor_->event(frame, "zwlr_screencopy_frame_v1.failed");
    ASSERT_TRUE(peer_->wait_for_event("zwlr_screencopy_frame_v1.failed"));
    expect_copy(second, 2);
    EXPECT_TRUE(peer_->roundtrip());
}

TEST_P(Capture, wlr_what_the_application_drew_before_is_what_the_difference_is_taken_from) {
    start_capture({{"zwlr_screencopy_manager_v1", 3}});
    const std::uint32_t manager = peer_->bind("zwlr_screencopy_manager_v1", 3);
    const std::uint32_t frame = peer_->request(manager, "capture_output", {0U, output_});
    // All in a row: an update and the request behind it.
    peer_->diff(file_, kOffset, noise(kBytes, 60));
    peer_->request(frame, "copy", {buffer_});
    ASSERT_TRUE(compositor_->wait_for("zwlr_screencopy_frame_v1.copy"));
    EXPECT_EQ(contents_of(theirs_, file_.bytes.size()), file_.bytes);
    auto pixels = noise(kBytes, 60);
    pixels[40] ^= std::byte{0x10};
    draw(pixels);
    compositor_->event(frame, "zwlr_screencopy_frame_v1.ready", {0U, 1000U, 0U});
    ASSERT_TRUE(peer_->wait_for_event("zwlr_screencopy_frame_v1.ready"));
    expect_copy(pixels, 1);
    std::size_t bytes = 0;
    for (const ReceivedMessage& message : peer_->messages)
        bytes = message.type == MessageType::BufferDiff ? message.bytes.size() : bytes;
    EXPECT_LT(bytes, 200U); // one word and what surrounds it
}

TEST_P(Capture, wlr_what_the_compositor_wrote_finds_its_place_in_a_pool_that_has_grown_since) {
    start_capture({{"zwlr_screencopy_manager_v1", 3}});
    const std::uint32_t manager = peer_->bind("zwlr_screencopy_manager_v1", 3);
    const std::uint32_t frame = peer_->request(manager, "capture_output", {0U, output_});
    peer_->request(frame, "copy", {buffer_});
    ASSERT_TRUE(compositor_->wait_for("zwlr_screencopy_frame_v1.copy"));
    peer_->extend(file_, file_.bytes.size() + 4096);
    peer_->request(pool_, "resize", {static_cast<std::uint32_t>(file_.bytes.size())});
    ASSERT_TRUE(compositor_->wait_for("wl_shm_pool.resize"));
    const auto pixels = noise(kBytes, 70);
    draw(pixels);
    compositor_->event(frame, "zwlr_screencopy_frame_v1.ready", {0U, 1000U, 0U});
    ASSERT_TRUE(peer_->wait_for_event("zwlr_screencopy_frame_v1.ready"));
    expect_copy(pixels, 1);
}

TEST_P(Capture, offers_of_dmabufs_are_not_passed_on) {
    start_capture({{"zwlr_screencopy_manager_v1", 3}});
    if (GetParam().version == 16) {
        EXPECT_EQ(peer_->globals().at("zwlr_screencopy_manager_v1").second, 1U);
        return;
    }
    const std::uint32_t manager = peer_->bind("zwlr_screencopy_manager_v1", 3);
    const std::uint32_t frame = peer_->request(manager, "capture_output", {0U, output_});
    ASSERT_TRUE(peer_->roundtrip());
    compositor_->event(frame, "zwlr_screencopy_frame_v1.buffer", {1U, kWidth, kHeight, kWidth * 4});
    compositor_->event(frame, "zwlr_screencopy_frame_v1.linux_dmabuf", {0x34325258U, kWidth, kHeight});
    compositor_->event(frame, "zwlr_screencopy_frame_v1.buffer_done");
    ASSERT_TRUE(peer_->wait_for_event("zwlr_screencopy_frame_v1.buffer_done"));
    EXPECT_EQ(peer_->count("zwlr_screencopy_frame_v1.buffer"), 1U);
    EXPECT_EQ(peer_->count("zwlr_screencopy_frame_v1.linux_dmabuf"), 0U);
}

TEST_P(Capture, ext_what_the_compositor_wrote_is_sent_as_a_diff_ahead_of_ready) {
    start_capture(
        {{"ext_output_image_capture_source_manager_v1", 1}, {"ext_image_copy_capture_manager_v1", 1}});
    if (GetParam().version == 16) {
        EXPECT_FALSE(peer_->globals().contains("ext_image_copy_capture_manager_v1"));
        return;
    }
    const std::uint32_t source = peer_->request(peer_->bind("ext_output_image_capture_source_manager_v1", 1),
                                                "create_source", {output_});
    const std::uint32_t session =
        peer_->request(peer_->bind("ext_image_copy_capture_manager_v1", 1), "create_session", {source, 0U});
    auto pixels = noise(kBytes, 70);
    for (std::size_t turn = 0; turn < 3; ++turn) {
        if (turn == 2) pixels[5] ^= std::byte{3}; // the second time nothing changes
        const std::uint32_t frame = peer_->request(session, "create_frame");
        peer_->request(frame, "attach_buffer", {buffer_});
        peer_->request(frame, "damage_buffer", {0U, 0U, kWidth, kHeight});
        peer_->request(frame, "capture");
        ASSERT_TRUE(compositor_->wait_for("ext_image_copy_capture_frame_v1.capture", turn + 1));
        draw(pixels);
        compositor_->event(frame, "ext_image_copy_capture_frame_v1.presentation_time", {0U, 1000U, 500U});
        compositor_->event(frame, "ext_image_copy_capture_frame_v1.ready");
        ASSERT_TRUE(peer_->wait_for_event("ext_image_copy_capture_frame_v1.ready", turn + 1));
        expect_copy(pixels, turn == 0 ? 1 : turn);
        peer_->request(frame, "destroy");
    }
    const auto& numbers = peer_->event("ext_image_copy_capture_frame_v1.presentation_time")->numbers;
    EXPECT_EQ((Time{numbers.at(0), numbers.at(1), numbers.at(2)}), time_of(5'000'000'000, 250'000'500));
}

} // namespace
