// Wayland messages that lie about their size, objects or descriptors.
#include "arena.h"
#include "base/limits.h"
#include "wayland/interface.h"

namespace tv::test {
namespace {

using WaylandAttack = Arena;

constexpr Rid kRid = 1;
constexpr std::uint32_t kNew = kFirstFree;

TEST_F(WaylandAttack, a_message_longer_than_4096_bytes_is_refused) {
    Peer peer = attacker();
    Words message(kDisplay, 0);
    for (std::size_t i = 0; i < limits::kMaxWaylandMessage / 4; ++i) message.u(0);
    ASSERT_TRUE(peer.protocol(message));
    expect_refused(peer, "longer than 4096 bytes");
}

TEST_F(WaylandAttack, a_message_shorter_than_its_header_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kDisplay, 0).size(4)));
    expect_refused(peer, "Wayland message shorter than its header (4)");
}

TEST_F(WaylandAttack, a_message_cut_off_by_the_end_of_its_protocol_message_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kDisplay, 0).u(kNew).size(64)));
    expect_refused(peer, "Wayland message cut off (64)");
}

TEST_F(WaylandAttack, a_header_cut_off_by_the_end_of_its_protocol_message_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(ByteVector(6)));
    expect_refused(peer, "Wayland message cut off in its header");
}

TEST_F(WaylandAttack, an_empty_protocol_message_is_nothing) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol({}));
    expect_served(peer, kNew);
}

TEST_F(WaylandAttack, a_string_longer_than_its_message_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kRegistry, 0).u(1).u(0xfffffffd).u(1).u(kNew)));
    expect_refused(peer, "malformed wl_registry.bind");
}

// --- objects ---

TEST_F(WaylandAttack, an_object_id_that_is_in_use_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(kShm)));
    expect_refused(peer, "new object id is already in use (4)");
}

TEST_F(WaylandAttack, the_display_cannot_be_replaced) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(kDisplay)));
    expect_refused(peer, "new object id is already in use (1)");
}

TEST_F(WaylandAttack, object_id_0_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(0)));
    expect_refused(peer, "new object id outside of the client range");
}

TEST_F(WaylandAttack, an_object_id_of_the_compositors_range_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(0xff000000)));
    expect_refused(peer, "new object id outside of the client range");
}

TEST_F(WaylandAttack, an_object_id_reused_before_the_compositor_gave_it_back_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(
        together(Words(kCompositor, 1).u(kNew), Words(kNew, 0), Words(kCompositor, 1).u(kNew))));
    expect_refused(peer, "object id reused before delete_id (5)");
}

TEST_F(WaylandAttack, the_error_for_a_request_to_nobody_is_the_compositors) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(9999, 3).u(1)));
    ASSERT_TRUE(peer.wait_for([&] { return peer.error().has_value(); }));
    EXPECT_NE(peer.error()->find("9999"), std::string::npos) << *peer.error();
    EXPECT_TRUE(peer.wait_for_end());
    EXPECT_TRUE(peer.closed());
    peer.close();
}

TEST_F(WaylandAttack, an_opcode_that_does_not_exist_is_the_compositors_to_refuse) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0x7ff)));
    ASSERT_TRUE(peer.wait_for([&] { return peer.error().has_value(); }));
    EXPECT_TRUE(peer.wait_for_end());
    peer.close();
}

// --- globals ---

TEST_F(WaylandAttack, a_global_that_was_not_offered_cannot_be_bound) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kRegistry, 0).u(12345).s("wl_seat").u(1).u(kNew)));
    expect_refused(peer, "bind of a global that was not offered (12345)");
}

TEST_F(WaylandAttack, a_hidden_global_cannot_be_guessed) {
    Peer peer = attacker(CompressionKind::None, 16);
    // Names count up, so the hidden ones are the gaps.
    std::uint32_t highest = 0;
    for (const Global& global : peer.globals()) highest = std::max(highest, global.name);
    std::uint32_t gap = 0;
    for (std::uint32_t name = 1; name < highest && gap == 0; ++name)
        if (std::ranges::none_of(peer.globals(), [&](const Global& global) { return global.name == name; }))
            gap = name;
    ASSERT_NE(gap, 0u) << "this compositor has nothing to hide";
    ASSERT_TRUE(peer.protocol(Words(kRegistry, 0).u(gap).s("wp_security_context_manager_v1").u(1).u(kNew)));
    expect_refused(peer, "bind of a global that was not offered");
}

TEST_F(WaylandAttack, a_global_cannot_be_bound_as_another_interface) {
    Peer peer = attacker();
    const auto seat = std::ranges::find(peer.globals(), "wl_seat", &Global::interface);
    ASSERT_NE(seat, peer.globals().end());
    ASSERT_TRUE(peer.protocol(Words(kRegistry, 0).u(seat->name).s("wl_shm").u(1).u(kNew)));
    expect_refused(peer, "bind of a global as another interface");
}

TEST_F(WaylandAttack, a_version_beyond_the_offered_one_cannot_be_bound) {
    Peer peer = attacker(CompressionKind::None, 16);
    ASSERT_NE(peer.bind("wl_shm", kNew, 2), 0u);
    expect_refused(peer, "bind of a version that was not offered (2)");
}

TEST_F(WaylandAttack, version_0_cannot_be_bound) {
    Peer peer = attacker();
    (void)peer.bind("wl_seat", kNew, 0);
    expect_refused(peer, "bind of a version that was not offered");
}

// --- descriptors ---

TEST_F(WaylandAttack, a_tag_without_announced_rids_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 1).u(kNew).i(4096)));
    expect_refused(peer, "request whose descriptor was not announced");
}

TEST_F(WaylandAttack, a_missing_tag_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.inject({kRid}));
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 0).u(kNew).i(4096)));
    expect_refused(peer, "descriptor count of a request does not match its protocol");
}

TEST_F(WaylandAttack, a_tag_for_too_many_descriptors_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.inject({kRid, kRid}));
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 2).u(kNew).i(4096)));
    expect_refused(peer, "descriptor count of a request does not match its protocol (2)");
}

TEST_F(WaylandAttack, a_tag_on_a_request_without_descriptors_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.inject({kRid}));
    ASSERT_TRUE(peer.protocol(Words(kDisplay, 0, 1).u(kNew)));
    expect_refused(peer, "descriptor count of a request does not match its protocol (1)");
}

TEST_F(WaylandAttack, an_announced_rid_that_does_not_exist_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.inject({77}));
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 1).u(kNew).i(4096)));
    expect_refused(peer, "descriptor for a RID that is not there (77)");
}

TEST_F(WaylandAttack, announced_rids_that_nobody_uses_are_harmless) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(peer.inject({kRid, 77, -3, 0x7fffffff}));
    expect_served(peer, kNew);
}

TEST_F(WaylandAttack, a_pipe_cannot_become_a_pool) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenIRPipe{kRid}) && peer.inject({kRid}));
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 1).u(kNew).i(4096)));
    expect_refused(peer, "wl_shm_pool made of a pipe");
}

// The tag has room for 31, the compositor's socket takes 28 at once, and no request ever has more than one.
TEST_F(WaylandAttack, more_descriptors_than_one_send_takes_are_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ByteVector rids;
    for (int i = 0; i < 31; ++i) append_u32(rids, kRid);
    ASSERT_TRUE(peer.send(msg::InjectRids{rids}));
    ASSERT_TRUE(peer.protocol(Words(9999, 0, 31)));
    expect_refused(peer, "kMaxDescriptorsPerSend");
}

// --- sizes ---

TEST_F(WaylandAttack, a_pool_larger_than_its_file_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.inject({kRid}));
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 1).u(kNew).i(8192)));
    expect_refused(peer, "wl_shm_pool larger than its file (8192)");
}

TEST_F(WaylandAttack, a_pool_of_a_negative_size_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.inject({kRid}));
    ASSERT_TRUE(peer.protocol(Words(kShm, 0, 1).u(kNew).i(-4096)));
    expect_refused(peer, "wl_shm_pool larger than its file (-4096)");
}

TEST_F(WaylandAttack, a_pool_resized_beyond_its_file_is_refused) {
    Peer peer = attacker();
    ASSERT_TRUE(peer.pool(kNew, kRid, 4096));
    ASSERT_TRUE(peer.protocol(Words(kNew, 2).i(8192)));
    expect_refused(peer, "wl_shm_pool resized beyond its file (8192)");
}

TEST_F(WaylandAttack, a_keymap_larger_than_its_file_is_refused) {
    Peer peer = attacker(CompressionKind::None, 16);
    ASSERT_NE(peer.bind("wl_seat", kNew), 0u);
    ASSERT_NE(peer.bind("zwp_virtual_keyboard_manager_v1", kNew + 1), 0u);
    ASSERT_TRUE(peer.protocol(Words(kNew + 1, 0).u(kNew).u(kNew + 2)));
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}));
    ASSERT_TRUE(peer.send(msg::BufferFill{kRid, 0, 4, ByteVector(4)}) && peer.inject({kRid}));
    ASSERT_TRUE(peer.protocol(Words(kNew + 2, 0, 1).u(1).u(4097)));
    expect_refused(peer, "request for more bytes than its file has (4097)");
}

TEST_F(WaylandAttack, a_colour_profile_that_leaves_its_file_is_refused) {
    Peer peer = attacker();
    ASSERT_NE(peer.bind("wp_color_manager_v1", kNew), 0u);
    const auto create =
        wayland::request_opcode(wayland::InterfaceId::wp_color_manager_v1, "create_icc_creator");
    ASSERT_TRUE(peer.protocol(Words(kNew, create).u(kNew + 1)));
    ASSERT_TRUE(peer.send(msg::OpenFile{kRid, 4096}) && peer.inject({kRid}));
    // offset + length is taken without wrapping around
    const auto set =
        wayland::request_opcode(wayland::InterfaceId::wp_image_description_creator_icc_v1, "set_icc_file");
    ASSERT_TRUE(peer.protocol(Words(kNew + 1, set, 1).u(0xffffffff).u(4096)));
    expect_refused(peer, "request for more bytes than its file has (4294971391)");
}

TEST_F(WaylandAttack, a_time_with_more_nanoseconds_than_a_second_is_refused) {
    Peer peer = attacker();
    ASSERT_NE(peer.bind("wp_commit_timing_manager_v1", kNew), 0u);
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(kNew + 1)));
    const auto get = wayland::request_opcode(wayland::InterfaceId::wp_commit_timing_manager_v1, "get_timer");
    const auto set = wayland::request_opcode(wayland::InterfaceId::wp_commit_timer_v1, "set_timestamp");
    ASSERT_TRUE(peer.protocol(
        together(Words(kNew, get).u(kNew + 2).u(kNew + 1), Words(kNew + 2, set).u(0).u(1).u(1'000'000'000))));
    expect_refused(peer, "more nanoseconds than a second has (1000000000)");
}

TEST_F(WaylandAttack, a_time_that_is_cut_off_is_refused) {
    Peer peer = attacker();
    ASSERT_NE(peer.bind("wp_commit_timing_manager_v1", kNew), 0u);
    ASSERT_TRUE(peer.protocol(Words(kCompositor, 0).u(kNew + 1)));
    const auto get = wayland::request_opcode(wayland::InterfaceId::wp_commit_timing_manager_v1, "get_timer");
    const auto set = wayland::request_opcode(wayland::InterfaceId::wp_commit_timer_v1, "set_timestamp");
    ASSERT_TRUE(
        peer.protocol(together(Words(kNew, get).u(kNew + 2).u(kNew + 1), Words(kNew + 2, set).u(0).u(1))));
    expect_refused(peer, "timestamp cut off");
}

} // namespace
} // namespace tv::test
