// A compositor that is broken, or other local programs through it: it must not crash us nor hurt the
// application more than it has to.
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "duel.h"
#include "support/process.h"
#include "wayland/interface.h"

namespace tv::test {
namespace {

using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::request_opcode;

constexpr std::uint32_t kSeat = kFirstFree;
constexpr std::uint32_t kKeyboard = kFirstFree + 1;
constexpr std::uint32_t kDataManager = kFirstFree;
constexpr std::uint32_t kDataDevice = kFirstFree + 2;
constexpr std::uint32_t kSource = kFirstFree + 3;
constexpr unsigned kKeymap = event_opcode(InterfaceId::wl_keyboard, "keymap");

class BrokenCompositor : public Duel {
protected:
    void open_keyboard() {
        open();
        ASSERT_NE(peer_->bind("wl_seat", kSeat), 0u);
        ASSERT_TRUE(
            peer_->protocol(Words(kSeat, request_opcode(InterfaceId::wl_seat, "get_keyboard")).u(kKeyboard)));
        ASSERT_TRUE(wait_for_request(kSeat, request_opcode(InterfaceId::wl_seat, "get_keyboard")));
    }
    void open_source() {
        open();
        ASSERT_NE(peer_->bind("wl_data_device_manager", kDataManager), 0u);
        const auto create = request_opcode(InterfaceId::wl_data_device_manager, "create_data_source");
        ASSERT_TRUE(peer_->protocol(Words(kDataManager, create).u(kSource)));
        ASSERT_TRUE(wait_for_request(kDataManager, create));
    }
    bool send_keymap(const UniqueFd& file, std::uint32_t size) {
        const ByteVector event = Words(kKeyboard, kKeymap).u(1).u(size);
        return compositor_->send(event, {file.get()}) == event.size();
    }
    [[nodiscard]] bool wait_for_event(std::uint32_t object, unsigned opcode) {
        return peer_->wait_for([&] {
            return std::ranges::any_of(peer_->events(), [&](const Event& event) {
                return event.object == object && event.opcode == opcode;
            });
        });
    }
};

// --- files ---

TEST_F(BrokenCompositor, a_keymap_shorter_than_it_says_is_filled_up_with_zeros) {
    open_keyboard();
    ASSERT_TRUE(send_keymap(memory_file(ByteVector(100, std::byte{'k'})), 64 * 1024));
    ASSERT_TRUE(wait_for_event(kKeyboard, kKeymap));
    expect_alive();
}

TEST_F(BrokenCompositor, a_keymap_truncated_after_it_was_sent_raises_no_sigbus) {
    open_keyboard();
    for (int round = 0; round < 50; ++round) {
        const UniqueFd file = memory_file(ByteVector(256 * 1024, std::byte{'k'}));
        ASSERT_TRUE(send_keymap(file, 256 * 1024));
        ASSERT_EQ(::ftruncate(file.get(), 0), 0);
    }
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->messages_seen(MessageType::OpenFile) == 50; }));
    expect_alive();
}

TEST_F(BrokenCompositor, a_keymap_that_is_no_file_is_filled_with_zeros) {
    open_keyboard();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reader = UniqueFd::adopt(ends[0]), writer = UniqueFd::adopt(ends[1]);
    const UniqueFd folder = UniqueFd::adopt(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(send_keymap(reader, 4096));
    ASSERT_TRUE(send_keymap(writer, 4096));
    ASSERT_TRUE(send_keymap(folder, 4096));
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->messages_seen(MessageType::OpenFile) == 3; }));
    expect_alive();
}

TEST_F(BrokenCompositor, a_keymap_beyond_the_limit_is_refused) {
    open_keyboard();
    ASSERT_TRUE(send_keymap(memory_file(ByteVector(100)), 0xffffffff));
    expect_failed("bytes of one keymap or profile (kMaxFixedFileBytes) (4294967295)");
}

TEST_F(BrokenCompositor, our_pools_cannot_be_shrunk_under_us) {
    open();
    ASSERT_TRUE(peer_->pool(kFirstFree, 1, 8192));
    ASSERT_TRUE(peer_->wait_for([&] { return compositor_->descriptors().size() == 1; }));
    const int file = compositor_->descriptors().front().get();
    EXPECT_EQ(::ftruncate(file, 0), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(::fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), -1);
    EXPECT_EQ(errno, EPERM);
    ASSERT_TRUE(peer_->send(msg::BufferFill{1, 4096, 8192, ByteVector(4096)}));
    ASSERT_TRUE(peer_->send(msg::ExtendFile{1, 16384}));
    ASSERT_TRUE(peer_->protocol(Words(kFirstFree, 2).i(16384)));
    expect_alive();
}

// --- events ---

TEST_F(BrokenCompositor, an_event_without_its_descriptor_is_refused) {
    open_keyboard();
    compositor_->say(Words(kKeyboard, kKeymap).u(1).u(100));
    expect_failed("event without its descriptor");
}

TEST_F(BrokenCompositor, descriptors_that_belong_to_nothing_are_closed_with_the_connection) {
    open();
    const UniqueFd file = memory_file(ByteVector(16));
    for (int i = 0; i < 20; ++i) {
        const ByteVector event = Words(kRegistry, 1).u(1000);
        ASSERT_EQ(compositor_->send(event, std::vector<int>(20, file.get())), event.size());
    }
    expect_alive();
}

TEST_F(BrokenCompositor, an_event_cut_off_by_the_end_ends_the_connection) {
    open();
    const ByteVector event = Words(kRegistry, 0).u(9).s("wl_output").u(1);
    ASSERT_EQ(compositor_->send(Bytes(event).first(14)), 14u);
    compositor_->hang_up();
    EXPECT_TRUE(peer_->wait_for_end());
    EXPECT_TRUE(peer_->closed());
    EXPECT_EQ(wait_for_report().end, SessionEnd::CompositorClosed);
}

TEST_F(BrokenCompositor, events_of_objects_that_nobody_made_are_passed_on) {
    open();
    compositor_->say(Words(3999, 7).u(1).u(2));
    EXPECT_TRUE(wait_for_event(3999, 7));
    expect_alive();
}

TEST_F(BrokenCompositor, an_opcode_in_the_bits_of_the_tag_is_refused) {
    open();
    compositor_->say(Words(kRegistry, 0x7ff, 3).u(1));
    expect_failed("event with an impossible opcode");
}

TEST_F(BrokenCompositor, a_malformed_global_is_refused) {
    open();
    compositor_->say(Words(kRegistry, 0).u(9));
    expect_failed("malformed wl_registry.global");
}

TEST_F(BrokenCompositor, an_event_longer_than_4096_bytes_is_refused) {
    open();
    Words event(kRegistry, 0);
    for (int i = 0; i < 1100; ++i) event.u(0);
    compositor_->say(event);
    expect_failed("longer than 4096 bytes");
}

TEST_F(BrokenCompositor, an_event_shorter_than_its_header_is_refused) {
    open();
    compositor_->say(Words(kRegistry, 0).size(4));
    expect_failed("Wayland message shorter than its header (4)");
}

TEST_F(BrokenCompositor, a_time_at_the_end_of_all_clocks_is_passed_on_as_it_is) {
    compositor_->globals.push_back({7, "wp_presentation", 1});
    open();
    ASSERT_NE(peer_->bind("wp_presentation", kFirstFree), 0u);
    ASSERT_TRUE(peer_->protocol(together(Words(kCompositor, 0).u(kFirstFree + 1),
                                         Words(kFirstFree, 1).u(kFirstFree + 1).u(kFirstFree + 2))));
    expect_alive();
    const unsigned presented = event_opcode(InterfaceId::wp_presentation_feedback, "presented");
    // 8,999,999,999 seconds still fit into 64 bits of nanoseconds, but not together with the years since
    // 1970.
    constexpr std::uint64_t kSeconds = 8'999'999'999;
    compositor_->say(Words(kFirstFree + 2, presented)
                         .u(static_cast<std::uint32_t>(kSeconds >> 32))
                         .u(static_cast<std::uint32_t>(kSeconds))
                         .u(5)
                         .u(0)
                         .u(0)
                         .u(0)
                         .u(0));
    ASSERT_TRUE(wait_for_event(kFirstFree + 2, presented));
    ByteReader arguments(peer_->events().back().arguments);
    EXPECT_EQ(arguments.u32(), static_cast<std::uint32_t>(kSeconds >> 32));
    EXPECT_EQ(arguments.u32(), static_cast<std::uint32_t>(kSeconds));
    expect_alive();
}

class BrokenDataDevice : public BrokenCompositor {
protected:
    void SetUp() override {
        BrokenCompositor::SetUp();
        open();
        ASSERT_NE(peer_->bind("wl_data_device_manager", kDataManager), 0u);
        ASSERT_NE(peer_->bind("wl_seat", kDataManager + 1), 0u);
        const auto get = request_opcode(InterfaceId::wl_data_device_manager, "get_data_device");
        ASSERT_TRUE(peer_->protocol(Words(kDataManager, get).u(kDataDevice).u(kDataManager + 1)));
        ASSERT_TRUE(wait_for_request(kDataManager, get));
    }
    void offer(std::uint32_t id) {
        compositor_->say(Words(kDataDevice, event_opcode(InterfaceId::wl_data_device, "data_offer")).u(id));
    }
};

TEST_F(BrokenDataDevice, a_new_object_in_the_applications_range_is_refused) {
    offer(77);
    expect_failed("new object id outside of the server range (77)");
}

TEST_F(BrokenDataDevice, a_new_object_far_away_is_refused_without_a_table_that_reaches_there) {
    offer(0xfffffff0);
    expect_failed("objects of one application (kMaxObjects)");
}

TEST_F(BrokenDataDevice, a_new_object_whose_id_is_in_use_is_refused) {
    offer(0xff000000);
    offer(0xff000000);
    expect_failed("new object id is already in use");
}

// --- pipes ---

TEST_F(BrokenCompositor, a_paste_whose_reader_is_gone_is_reported_and_nothing_else) {
    open_source();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    UniqueFd reader = UniqueFd::adopt(ends[0]);
    const UniqueFd writer = UniqueFd::adopt(ends[1]);
    reader.reset();
    const ByteVector send = Words(kSource, event_opcode(InterfaceId::wl_data_source, "send")).s("text/plain");
    ASSERT_EQ(compositor_->send(send, {writer.get()}), send.size());
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->messages_seen(MessageType::PipeShutdownR) == 1; }));
    ASSERT_TRUE(peer_->send(msg::PipeTransfer{-1, ByteVector(4096)}) && peer_->send(msg::PipeShutdownW{-1}));
    expect_alive();
}

TEST_F(BrokenCompositor, a_paste_into_something_that_cannot_be_written_is_reported_and_nothing_else) {
    open_source();
    const UniqueFd folder = UniqueFd::adopt(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const ByteVector send = Words(kSource, event_opcode(InterfaceId::wl_data_source, "send")).s("text/plain");
    ASSERT_EQ(compositor_->send(send, {folder.get()}), send.size());
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->messages_seen(MessageType::OpenIRPipe) == 1; }));
    ASSERT_TRUE(peer_->send(msg::PipeTransfer{-1, ByteVector(4096)}));
    ASSERT_TRUE(peer_->wait_for([&] { return peer_->messages_seen(MessageType::PipeShutdownR) == 1; }));
    expect_alive();
}

TEST_F(BrokenCompositor, pastes_without_end_are_refused) {
    open_source();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reader = UniqueFd::adopt(ends[0]), writer = UniqueFd::adopt(ends[1]);
    const ByteVector send = Words(kSource, event_opcode(InterfaceId::wl_data_source, "send")).s("text/plain");
    for (std::size_t i = 0; i <= limits::kMaxPipes; ++i) (void)compositor_->send(send, {writer.get()});
    expect_failed("open pipes (kMaxPipes)");
}

// --- screen capture ---

class HostileCapture : public BrokenCompositor {
protected:
    static constexpr std::uint32_t kManager = 10, kOutput = 11, kFrame = 20, kPool = 30;

    void SetUp() override {
        BrokenCompositor::SetUp();
        compositor_->globals.push_back({7, "zwlr_screencopy_manager_v1", 3});
        compositor_->globals.push_back({8, "wl_output", 3});
        open();
        ASSERT_NE(peer_->bind("zwlr_screencopy_manager_v1", kManager), 0u);
        ASSERT_NE(peer_->bind("wl_output", kOutput), 0u);
    }
    // A frame that is copied into a new pool's buffer of 16384 bytes x `rows`.
    bool capture(std::uint32_t number, std::uint32_t rows) {
        const std::uint32_t frame = kFrame + number, pool = kPool + 2 * number;
        return peer_->pool(pool, static_cast<Rid>(number + 1), 16384 * rows) &&
               peer_->protocol(together(
                   Words(kManager, 0).u(frame).i(0).u(kOutput),
                   Words(pool, 0).u(pool + 1).i(0).i(4096).i(static_cast<int>(rows)).i(16384).u(0),
                   Words(frame, request_opcode(InterfaceId::zwlr_screencopy_frame_v1, "copy")).u(pool + 1)));
    }
};

TEST_F(HostileCapture, a_capture_into_a_buffer_beyond_the_limit_is_refused) {
    ASSERT_TRUE(capture(0, static_cast<std::uint32_t>(limits::kMaxSnapshotBytes / 16384) + 1));
    expect_failed("bytes of buffers for screen captures (kMaxSnapshotBytes)");
}

TEST_F(HostileCapture, captures_under_way_are_counted_together) {
    constexpr auto kRows = static_cast<std::uint32_t>(limits::kMaxSnapshotBytes / 4 / 16384);
    for (std::uint32_t number = 0; number < 4; ++number) ASSERT_TRUE(capture(number, kRows));
    expect_alive();
    ASSERT_TRUE(capture(4, 1));
    expect_failed("bytes of buffers for screen captures (kMaxSnapshotBytes)");
}

TEST_F(HostileCapture, captures_that_have_failed_do_not_count) {
    constexpr auto kRows = static_cast<std::uint32_t>(limits::kMaxSnapshotBytes / 2 / 16384);
    for (std::uint32_t number = 0; number < 4; ++number) {
        ASSERT_TRUE(capture(number, kRows));
        expect_alive();
        compositor_->say(
            Words(kFrame + number, event_opcode(InterfaceId::zwlr_screencopy_frame_v1, "failed")));
        ASSERT_TRUE(
            wait_for_event(kFrame + number, event_opcode(InterfaceId::zwlr_screencopy_frame_v1, "failed")));
    }
    expect_alive();
}

} // namespace
} // namespace tv::test
