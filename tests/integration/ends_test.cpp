// What an application may not see, what either side is told when the other breaks rules or dies, and that
// nothing of a session stays behind.
#include <csignal>

#include <fmt/format.h>
#include <sys/socket.h>

#include "byte_bed.h"
#include "wayland/message.h"

namespace {

using namespace tv;
using namespace tv::test;

using Globals = std::vector<std::pair<std::string, std::uint32_t>>;

// --- globals
// -------------------------------------------------------------------------------------------------------

struct Offer {
    const char* interface;
    std::uint32_t version; // what the compositor announces
    std::uint32_t to_c;    // what waypipe 0.8 and 0.9 get to see; 0: nothing
    std::uint32_t to_rust; // what waypipe 0.10 and later get to see
};
constexpr Offer kOffers[] = {
    {"wl_compositor", 5, 5, 5},
    {"wl_shm", 2, 1, 2},
    {"wl_drm", 2, 0, 0},
    {"zwlr_export_dmabuf_manager_v1", 1, 0, 0},
    {"zwp_linux_explicit_synchronization_v1", 2, 0, 0},
    {"wp_linux_drm_syncobj_manager_v1", 1, 0, 0},
    {"wp_drm_lease_device_v1", 1, 0, 0},
    {"wp_security_context_manager_v1", 1, 0, 0},
    {"ext_data_control_manager_v1", 1, 0, 1},
    {"zwlr_data_control_manager_v1", 2, 2, 2},
    {"ext_image_copy_capture_manager_v1", 1, 0, 1},
    {"zwlr_screencopy_manager_v1", 3, 1, 3},
    {"wp_color_manager_v1", 1, 0, 1},
    {"xdg_toplevel_icon_manager_v1", 1, 0, 1},
    {"zwp_virtual_keyboard_manager_v1", 1, 1, 0},
    {"zwp_input_method_manager_v2", 1, 1, 0},
    {"xdg_wm_base", 4000, 7, 7}, // no newer than our table of its messages
    {"x_nobody_knows_this", 7, 7, 7},
    {"xx_color_manager_v4", 1, 0, 0}, // carries descriptors and is in nobody's tables
};

class Offered : public EveryByteWire {};
INSTANTIATE_TEST_SUITE_P(Wire, Offered, testing::Values(Wire{16}, Wire{17}), wire_name);

TEST_P(Offered, each_kind_of_peer_sees_what_it_can_take_and_no_more) {
    Globals globals;
    for (const Offer& offer : kOffers) globals.emplace_back(offer.interface, offer.version);
    SessionConfig config = session_config();
    config.offer_gpu = false;
    ASSERT_TRUE(start(GetParam(), std::move(globals), std::move(config)));
    std::map<std::string, std::uint32_t> expected;
    for (const Offer& offer : kOffers) {
        const std::uint32_t version = GetParam().version == 16 ? offer.to_c : offer.to_rust;
        if (version != 0) expected[offer.interface] = version;
    }
    std::map<std::string, std::uint32_t> seen;
    for (const auto& [interface, found] : peer_->globals()) seen[interface] = found.second;
    EXPECT_EQ(seen, expected);
}

TEST_P(Offered, removal_of_a_hidden_global_is_not_announced) {
    ASSERT_TRUE(start_it({{"wp_security_context_manager_v1", 1}, {"wl_output", 3}}));
    compositor_->event(2, "wl_registry.global_remove", {1U});
    compositor_->event(2, "wl_registry.global_remove", {2U});
    ASSERT_TRUE(peer_->wait_for_event("wl_registry.global_remove"));
    ASSERT_TRUE(peer_->roundtrip());
    EXPECT_EQ(peer_->count("wl_registry.global_remove"), 1U);
    EXPECT_EQ(peer_->event("wl_registry.global_remove")->numbers.at(0), 2U);
    // A bind that crossed with the removal is the compositor's to judge.
    peer_->bind_name(2, "wl_output", 3);
    EXPECT_TRUE(compositor_->wait_for("wl_registry.bind"));
    EXPECT_TRUE(peer_->roundtrip());
}

TEST_P(Offered, a_global_that_appears_later_is_filtered_too) {
    ASSERT_TRUE(start_it({}));
    compositor_->event(2, "wl_registry.global", {70U, std::string("wp_security_context_manager_v1"), 1U});
    compositor_->event(2, "wl_registry.global", {71U, std::string("wl_output"), 3U});
    ASSERT_TRUE(peer_->wait_for_event("wl_registry.global"));
    EXPECT_EQ(peer_->event("wl_registry.global")->strings.at(0), "wl_output");
    EXPECT_EQ(peer_->count("wl_registry.global"), 1U);
}

TEST_P(Offered, the_bind_of_a_hidden_global_is_refused_with_words) {
    ASSERT_TRUE(start_it({{"wl_compositor", 5}, {"wp_security_context_manager_v1", 1}}));
    peer_->bind_name(2, "wp_security_context_manager_v1", 1);
    EXPECT_NE(refusal().find("bind of a global that was not offered"), std::string::npos);
}

TEST_P(Offered, the_bind_of_a_hidden_version_is_refused_with_words) {
    ASSERT_TRUE(start_it({{"wl_shm", 9}}));
    peer_->bind_name(1, "wl_shm", 9);
    EXPECT_NE(refusal().find("version that was not offered"), std::string::npos);
}

TEST_P(Offered, the_bind_of_a_global_under_another_name_is_refused) {
    ASSERT_TRUE(start_it({{"wl_compositor", 5}}));
    peer_->bind_name(1, "wl_shm", 1);
    EXPECT_NE(refusal().find("as another interface"), std::string::npos);
}

TEST_P(Offered, objects_that_nobody_knows_pass_both_ways) {
    ASSERT_TRUE(start_it({{"x_nobody_knows_this", 7}}));
    const std::uint32_t id = peer_->bind("x_nobody_knows_this", 7);
    std::byte request[12] = {};
    store_u32(request, 0, id);
    store_u32(request, 4, 12U << 16 | 3);
    store_u32(request, 8, 0xabcdef);
    peer_->send(msg::Protocol{request});
    ASSERT_TRUE(compositor_->wait(
        [&] { return !compositor_->requests.empty() && compositor_->requests.back().object == id; }));
    compositor_->send_bytes(request);
    EXPECT_TRUE(peer_->wait([&] { return peer_->events.back().object == id; }));
}

// --- errors and deaths
// ------------------------------------------------------------------------------------------------

class Ends : public EveryByteWire {
protected:
    void SetUp() override {
        EveryByteWire::SetUp();
        // A library must not depend on this, nor may it be ended by the signal.
        struct sigaction action{};
        ASSERT_EQ(sigaction(SIGPIPE, nullptr, &action), 0);
        ASSERT_EQ(action.sa_handler, SIG_DFL);
        ASSERT_TRUE(start_it({{"wl_compositor", 5}, {"wl_shm", 1}, {"wl_seat", 5}}));
    }
};
INSTANTIATE_TEST_SUITE_P(Wire, Ends,
                         testing::Values(Wire{16, CompressionKind::Lz4}, Wire{17, CompressionKind::Lz4}),
                         wire_name);

TEST_P(Ends, a_protocol_error_of_the_compositor_reaches_the_application_unchanged) {
    const std::uint32_t surface = peer_->request(peer_->bind("wl_compositor", 5), "create_surface");
    ASSERT_TRUE(peer_->roundtrip());
    compositor_->event(1, "wl_display.error", {surface, 2U, std::string("no such transform")});
    compositor_->hang_up();
    ASSERT_TRUE(peer_->wait_for_end());
    const ReceivedEvent* error = peer_->event("wl_display.error");
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->numbers, (std::vector<std::uint32_t>{surface, 2}));
    EXPECT_EQ(error->strings.at(0), "no such transform");
    EXPECT_EQ(report().end, SessionEnd::CompositorClosed);
    EXPECT_EQ(peer_->messages.back().type, MessageType::Close);
}

TEST_P(Ends, the_compositors_last_words_are_read_even_when_requests_cannot_be_sent_any_more) {
    const std::uint32_t compositor = peer_->bind("wl_compositor", 5);
    const std::uint32_t surface = peer_->request(compositor, "create_surface");
    ASSERT_TRUE(peer_->roundtrip());
    compositor_->event(1, "wl_display.error", {surface, 1U, std::string("out")});
    compositor_->hang_up(); // with requests unread, which resets the connection
    for (int index = 0; index < 1000 && !peer_->ended; ++index) peer_->request(surface, "commit");
    EXPECT_TRUE(peer_->wait_for_end());
    EXPECT_NE(peer_->event("wl_display.error"), nullptr);
    EXPECT_EQ(report().end, SessionEnd::CompositorClosed);
}

TEST_P(Ends, a_compositor_that_dies_closes_the_channel_with_close) {
    compositor_->hang_up();
    ASSERT_TRUE(peer_->wait_for_end());
    EXPECT_EQ(peer_->messages.back().type, MessageType::Close);
    EXPECT_EQ(report().end, SessionEnd::CompositorClosed);
    EXPECT_EQ(peer_->event("wl_display.error"), nullptr);
}

TEST_P(Ends, a_peer_that_dies_closes_the_compositors_connection) {
    peer_->hang_up();
    EXPECT_TRUE(compositor_->wait_for_end());
    EXPECT_EQ(report().end, SessionEnd::ApplicationClosed);
}

TEST_P(Ends, a_peer_that_says_close_ends_the_session_while_its_socket_stays_open) {
    peer_->send(msg::Close{-1});
    EXPECT_TRUE(compositor_->wait_for_end());
    EXPECT_EQ(report().end, SessionEnd::ApplicationClosed);
    EXPECT_TRUE(peer_->wait_for_end());
}

TEST_P(Ends, a_flood_of_events_into_a_dead_channel_raises_no_signal) {
    const std::uint32_t pointer = peer_->request(peer_->bind("wl_seat", 5), "get_pointer");
    ASSERT_TRUE(peer_->roundtrip());
    ByteQueue motion;
    for (int index = 0; index < 1000; ++index) {
        wayland::MessageBuilder(motion, pointer,
                                wayland::event_opcode(wayland::InterfaceId::wl_pointer, "motion"))
            .u(0)
            .u(0)
            .u(0);
    }
    peer_->idle = nullptr;
    // Both at once: the session may find the channel dead when it reads or when it writes.
    ASSERT_EQ(shutdown(peer_->fd(), SHUT_RD), 0);
    compositor_->send_bytes(motion.bytes());
    peer_->hang_up();
    EXPECT_TRUE(compositor_->wait_for_end());
    EXPECT_EQ(report().end, SessionEnd::ApplicationClosed);
}

TEST_P(Ends, a_flood_of_requests_into_a_dead_compositor_raises_no_signal) {
    const std::uint32_t surface = peer_->request(peer_->bind("wl_compositor", 5), "create_surface");
    ASSERT_TRUE(peer_->roundtrip());
    peer_->idle = nullptr;
    peer_->begin_batch();
    for (int index = 0; index < 50'000; ++index) peer_->request(surface, "commit");
    compositor_->hang_up();
    peer_->end_batch();
    EXPECT_TRUE(peer_->wait_for_end());
    EXPECT_EQ(report().end, SessionEnd::CompositorClosed);
}

TEST_P(Ends, a_session_that_waits_for_a_full_compositor_socket_loses_and_reorders_nothing) {
    const std::uint32_t surface = peer_->request(peer_->bind("wl_compositor", 5), "create_surface");
    ASSERT_TRUE(peer_->roundtrip());
    const std::size_t before = compositor_->requests.size();
    peer_->idle = nullptr;
    constexpr std::uint32_t kCount = 60'000; // 960 KB, more than a socket holds
    for (std::uint32_t batch = 0; batch < kCount; batch += 500) {
        peer_->begin_batch();
        for (std::uint32_t index = batch; index < batch + 500; ++index)
            peer_->request(surface, "set_buffer_scale", {index});
        peer_->end_batch();
    }
    ASSERT_TRUE(compositor_->wait([&] { return compositor_->requests.size() == before + kCount; }, 30s));
    for (std::uint32_t index = 0; index < kCount; ++index)
        ASSERT_EQ(compositor_->requests[before + index].numbers.at(0), index);
}

TEST_P(Ends, a_peer_that_does_not_read_holds_up_neither_input_queue_nor_requests) {
    const std::uint32_t compositor = peer_->bind("wl_compositor", 5);
    const std::uint32_t pointer = peer_->request(peer_->bind("wl_seat", 5), "get_pointer");
    const std::uint32_t surface = peer_->request(compositor, "create_surface");
    ASSERT_TRUE(peer_->roundtrip());
    ByteQueue motion;
    constexpr std::size_t kEvents = 100'000; // 2 MB
    for (std::uint32_t index = 0; index < kEvents; ++index) {
        wayland::MessageBuilder(motion, pointer,
                                wayland::event_opcode(wayland::InterfaceId::wl_pointer, "motion"))
            .u(index)
            .u(0)
            .u(0);
    }
    compositor_->send_bytes(motion.bytes()); // returns only when all of it has been taken
    peer_->request(surface, "commit");
    EXPECT_TRUE(compositor_->wait_for("wl_surface.commit"));
    ASSERT_TRUE(peer_->wait_for_event("wl_pointer.motion", kEvents, 30s));
    std::uint32_t next = 0;
    for (const ReceivedEvent& event : peer_->events) {
        if (event.name != "wl_pointer.motion") continue;
        ASSERT_EQ(event.numbers.at(0), next++);
    }
}

TEST_P(Ends, garbage_in_place_of_a_message_is_an_error_at_both_ends) {
    std::byte word[4];
    store_u32(word, 0, 3U << 5); // a frame that is shorter than its own word
    peer_->send_bytes(word);
    EXPECT_FALSE(refusal().empty());
}

TEST_P(Ends, messages_for_what_was_not_offered_are_errors) {
    peer_->send(msg::OpenTimeline{1, 0});
    EXPECT_NE(refusal().find("timeline"), std::string::npos);
}

TEST_P(Ends, a_descriptor_count_that_the_protocol_does_not_have_is_an_error) {
    RemoteFile file = peer_->open_file(100);
    std::byte rid[4];
    store_u32(rid, 0, static_cast<std::uint32_t>(file.rid));
    peer_->send(msg::InjectRids{rid});
    std::byte sync[12] = {};
    store_u32(sync, 0, 1);
    store_u32(sync, 4, wayland::pack_word(12, 0, 1));
    store_u32(sync, 8, 400);
    peer_->send(msg::Protocol{sync});
    EXPECT_NE(refusal().find("descriptor count"), std::string::npos);
}

TEST_F(ByteTest, something_that_is_not_waypipe_is_told_apart_at_its_first_bytes) {
    auto wayland = make_socket_pair();
    auto channel = make_socket_pair();
    ASSERT_TRUE(wayland && channel);
    session_ = std::move(*SessionThread::start({std::move(channel->theirs), {}, std::move(wayland->theirs)},
                                               session_config()));
    const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_EQ(send(channel->ours.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    const SessionReport ended = report();
    EXPECT_EQ(ended.end, SessionEnd::Failed);
    ASSERT_TRUE(ended.error.has_value());
    EXPECT_EQ(ended.error->category, ErrorCategory::PeerViolation) << describe(*ended.error);
}

} // namespace
