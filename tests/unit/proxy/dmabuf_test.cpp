#include "dmabuf_bed.h"

namespace tv::proxy {
namespace {

// --- the global
// ------------------------------------------------------------------------------------------------

TEST_F(DmabufTest, the_global_follows_wl_shm_directly) {
    start();
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(events[0].arguments().u(), kShmName);
    EXPECT_EQ(events[1].arguments().u(), 0xfffffff0u);
    EXPECT_EQ(events[2].arguments().u(), 9u);
}

TEST_F(DmabufTest, a_peer_without_dmabufs_is_not_offered_any) {
    start(true);
    EXPECT_EQ(dmabuf_name(), 0u);
}

TEST_F(DmabufTest, the_compositors_own_dmabuf_and_wl_drm_stay_hidden) {
    start();
    events.clear();
    MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global"))
        .u(20)
        .s("zwp_linux_dmabuf_v1")
        .u(4);
    MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global")).u(21).s("wl_drm").u(2);
    run();
    EXPECT_TRUE(events.empty());
}

TEST_F(DmabufTest, the_global_goes_with_wl_shm) {
    start();
    MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global_remove")).u(kShmName);
    run();
    EXPECT_EQ(count(kRegistry, wl_registry, "global_remove"), 2u);
}

TEST_F(DmabufTest, a_name_that_the_compositor_uses_is_left_to_it) {
    proxy.start({.version = 16, .no_dmabuf = false});
    ask(1, request_opcode(wl_display, "get_registry"), {kRegistry});
    run();
    announce(0xfffffff0U, "wl_output", 4);
    announce(kShmName, "wl_shm", 1);
    run();
    EXPECT_EQ(dmabuf_name(), 0xffffffefU);
}

TEST_F(DmabufTest, a_second_wl_shm_brings_a_global_of_another_name) {
    start();
    const std::uint32_t first = dmabuf_name();
    MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global_remove")).u(kShmName);
    run();
    events.clear();
    announce(30, "wl_shm", 1);
    run();
    EXPECT_NE(dmabuf_name(), 0U);
    EXPECT_NE(dmabuf_name(), first);
}

TEST_F(DmabufTest, a_version_that_was_not_offered_ends_the_connection) {
    start();
    ByteQueue wayland;
    MessageBuilder(wayland, kRegistry, request_opcode(wl_registry, "bind"))
        .u(dmabuf_name())
        .s("zwp_linux_dmabuf_v1")
        .u(5)
        .u(3);
    EXPECT_FALSE(receive(msg::Protocol{wayland.bytes()}));
}

// --- binds and formats
// -----------------------------------------------------------------------------------------

TEST_F(DmabufTest, the_first_bind_is_a_wl_shm_at_the_compositor_and_its_formats_become_modifiers) {
    compositor.shm_formats = {0, 1, kXbgr8888, fourcc("NV12")};
    start_bound(3, 3);
    EXPECT_EQ(compositor.at(3), wl_shm);
    EXPECT_EQ(count(3, zwp_linux_dmabuf_v1, "modifier"), 6u)
        << "three formats, linear and invalid; NV12 has two planes";
    EXPECT_EQ(count(3, zwp_linux_dmabuf_v1, "format"), 0u);
}

TEST_F(DmabufTest, versions_below_3_get_format_events) {
    start_bound(2, 3);
    EXPECT_EQ(count(3, zwp_linux_dmabuf_v1, "format"), 2u);
    EXPECT_EQ(count(3, zwp_linux_dmabuf_v1, "modifier"), 0u);
}

TEST_F(DmabufTest, later_binds_are_stand_ins_and_get_the_same_formats) {
    start_bound(3, 3);
    bind(dmabuf_name(), "zwp_linux_dmabuf_v1", 3, 4);
    run();
    EXPECT_EQ(count(4, zwp_linux_dmabuf_v1, "modifier"), 4u);
    EXPECT_FALSE(deleted(4));
    destroy<zwp_linux_dmabuf_v1>(4);
    run();
    EXPECT_TRUE(deleted(4));
}

TEST_F(DmabufTest, the_first_bind_is_never_given_back) {
    start_bound(4, 3);
    destroy<zwp_linux_dmabuf_v1>(3);
    run();
    EXPECT_FALSE(deleted(3));
    EXPECT_EQ(compositor.at(3), wl_shm);
}

// --- feedback
// --------------------------------------------------------------------------------------------------

TEST_F(DmabufTest, feedback_names_one_device_and_one_tranche_with_all_formats) {
    start_bound(4, 3);
    EXPECT_EQ(count(3, zwp_linux_dmabuf_v1, "modifier"), 0u);
    ask(3, request_opcode(zwp_linux_dmabuf_v1, "get_default_feedback"), {4});
    events.clear();
    run();
    std::vector<std::string_view> names;
    for (const Event& event : events)
        if (event.object == 4)
            names.push_back(wayland::interface(zwp_linux_dmabuf_feedback_v1).events[event.opcode].name);
    EXPECT_EQ(names,
              (std::vector<std::string_view>{"format_table", "main_device", "tranche_target_device",
                                             "tranche_flags", "tranche_formats", "tranche_done", "done"}));
    EXPECT_EQ(events[0].fds, 1u);
    EXPECT_EQ(events[0].arguments().u(), 4 * 16u);
    Bytes device = events[1].arguments().a();
    ASSERT_EQ(device.size(), 8u);
    EXPECT_EQ(load_le<std::uint64_t>(device, 0), 0xe280u);
    EXPECT_EQ(events[4].arguments().a().size(), 8u);
    destroy<zwp_linux_dmabuf_feedback_v1>(4);
    run();
    EXPECT_TRUE(deleted(4));
}

TEST_F(DmabufTest, feedback_asked_in_one_breath_with_the_bind_knows_the_formats) {
    start();
    bind(dmabuf_name(), "zwp_linux_dmabuf_v1", 4, 3);
    ask(3, request_opcode(zwp_linux_dmabuf_v1, "get_default_feedback"), {4});
    events.clear();
    run();
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events[0].arguments().u(), 4 * 16u);
}

TEST_F(DmabufTest, feedback_destroyed_before_its_answer_is_silent) {
    start_bound(4, 3);
    ask(3, request_opcode(zwp_linux_dmabuf_v1, "get_default_feedback"), {4});
    destroy<zwp_linux_dmabuf_feedback_v1>(4);
    events.clear();
    run();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_TRUE(deleted(4));
}

// --- buffers
// ---------------------------------------------------------------------------------------------------

TEST_F(DmabufTest, the_usual_batch_needs_no_callback_and_makes_a_real_wl_buffer) {
    start_bound(4, 3);
    open(1, 64, 32, kXrgb8888, 256);
    create_params(3, 4);
    add(4, 1);
    create_immed(4, 5, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    destroy<zwp_linux_buffer_params_v1>(4);
    compositor.seen.clear();
    run();
    EXPECT_EQ(compositor.seen,
              (std::vector<std::string>{"wl_shm.create_pool(4)", "wl_shm_pool.create_buffer(5)",
                                        "wl_shm_pool.destroy"}));
    EXPECT_EQ(compositor.descriptors, 1u);
    ASSERT_EQ(compositor.buffers.size(), 1u);
    EXPECT_EQ(compositor.buffers[0].stride, 256u);
    EXPECT_EQ(compositor.buffers[0].format, 1u) << "wl_shm's own number for XRGB8888";
    EXPECT_EQ(std::ranges::count_if(events,
                                    [](const Event& event) { return event.is(1, wl_display, "delete_id"); }),
              1);
    EXPECT_TRUE(deleted(4));
    EXPECT_EQ(compositor.at(5), wl_buffer);
}

TEST_F(DmabufTest, params_kept_for_later_are_filled_by_a_callback_whose_id_is_awaited) {
    start_bound(4, 3);
    open(1, 64, 32, kXrgb8888, 256);
    create_params(3, 4);
    ask(1, request_opcode(wl_display, "sync"), {5}); // needs an id while 4 is still empty
    add(4, 1);
    create_immed(4, 6, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    compositor.seen.clear();
    ASSERT_TRUE(proxy.requests.flush(compositor, 0));
    EXPECT_EQ(compositor.seen, (std::vector<std::string>{"wl_display.sync(4)", "wl_display.sync(5)"}))
        << "the pool must wait until the compositor has given id 4 back";
    run();
    EXPECT_EQ(compositor.at(6), wl_buffer);
    EXPECT_FALSE(deleted(4));
    destroy<zwp_linux_buffer_params_v1>(4);
    run();
    EXPECT_TRUE(deleted(4));
}

TEST_F(DmabufTest, params_destroyed_while_their_pool_is_on_its_way_are_given_back_after_it) {
    start_bound(4, 3);
    open(1, 64, 32, kXrgb8888, 256);
    create_params(3, 4);
    ask(1, request_opcode(wl_display, "sync"), {5});
    add(4, 1);
    create_immed(4, 6, 64, 32, kXrgb8888);
    destroy<zwp_linux_buffer_params_v1>(4);
    run();
    EXPECT_EQ(std::ranges::count_if(events,
                                    [](const Event& event) {
                                        return event.is(1, wl_display, "delete_id") &&
                                               event.arguments().u() == 4;
                                    }),
              1);
    // The id is free at both ends now.
    ask(1, request_opcode(wl_display, "sync"), {4});
    run();
}

TEST_F(DmabufTest, params_destroyed_unused_give_an_id_back_that_the_compositor_never_saw) {
    start_bound(4, 3);
    create_params(3, 4);
    destroy<zwp_linux_buffer_params_v1>(4);
    run();
    EXPECT_TRUE(deleted(4));
    ask(1, request_opcode(wl_display, "sync"), {4});
    run();
}

TEST_F(DmabufTest, two_params_at_once_are_told_apart) {
    start_bound(4, 3);
    open(1, 64, 32, kXrgb8888, 256);
    open(2, 64, 32, kArgb8888, 256);
    create_params(3, 4);
    create_params(3, 5);
    add(4, 1);
    add(5, 2);
    create_immed(5, 6, 64, 32, kArgb8888);
    ASSERT_TRUE(last);
    create_immed(4, 7, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    run();
    ASSERT_EQ(compositor.buffers.size(), 2u);
    EXPECT_EQ(compositor.buffers[0].format, 0u);
    EXPECT_EQ(compositor.buffers[1].format, 1u);
}

TEST_F(DmabufTest, updates_go_into_the_file_that_the_compositor_maps) {
    start_bound(4, 3);
    open(1, 2, 2, kXrgb8888, 8);
    std::array<std::byte, 16> pixels;
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::byte>(i);
    ASSERT_TRUE(receive(msg::BufferFill{1, 0, 16, pixels}));
    auto file = proxy.rids.find_file(1);
    ASSERT_TRUE(file && *file);
    EXPECT_TRUE(std::ranges::equal((*file)->file().bytes(), pixels));
}

TEST_F(DmabufTest, a_fill_that_overruns_the_image_by_less_than_64_bytes_is_cut) {
    start_bound(4, 3);
    open(1, 2, 2, kXrgb8888, 8);
    std::array<std::byte, 64> pixels{};
    pixels.fill(std::byte{5});
    EXPECT_TRUE(receive(msg::BufferFill{1, 0, 64, pixels}));
    std::array<std::byte, 96> more{};
    EXPECT_FALSE(receive(msg::BufferFill{1, 0, 96, more}));
}

TEST_F(DmabufTest, rows_that_renderers_cannot_read_are_laid_out_anew) {
    compositor.shm_formats = {0, 1, fourcc("RG24")};
    start_bound(4, 3);
    open(1, 3, 2, fourcc("RG24"), 9); // as Rust peers send them: no padding
    create_params(3, 4);
    add(4, 1, 0, 9);
    create_immed(4, 5, 3, 2, fourcc("RG24"));
    ASSERT_TRUE(last);
    std::array<std::byte, 18> pixels;
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::byte>(i + 1);
    ASSERT_TRUE(receive(msg::BufferFill{1, 0, 18, pixels}));
    run();
    EXPECT_EQ(compositor.buffers.at(0).stride, 12u);
    auto file = proxy.rids.find_file(1);
    ASSERT_TRUE(file && *file);
    Bytes shown = (*file)->file().bytes();
    ASSERT_EQ(shown.size(), 24u);
    EXPECT_EQ(shown[0], std::byte{1});
    EXPECT_EQ(shown[12], std::byte{10});
}

TEST_F(DmabufTest, y_inverted_buffers_are_turned_over_while_updates_are_applied) {
    start_bound(4, 3);
    open(1, 1, 3, kXrgb8888, 4);
    std::array<std::byte, 12> first{};
    first[0] = std::byte{1};
    ASSERT_TRUE(receive(msg::BufferFill{1, 0, 12, first}));
    create_params(3, 4);
    add(4, 1, 0, 4);
    create_immed(4, 5, 1, 3, kXrgb8888, 1);
    ASSERT_TRUE(last);
    auto file = proxy.rids.find_file(1);
    ASSERT_TRUE(file && *file);
    EXPECT_EQ((*file)->file().bytes()[8], std::byte{1}) << "what was there before";
    std::array<std::byte, 12> diff;
    store_u32(diff, 0, 2);
    store_u32(diff, 4, 3);
    store_u32(diff, 8, 7);
    ASSERT_TRUE(receive(msg::BufferDiff{1, 12, 0, diff}));
    EXPECT_EQ((*file)->file().bytes()[0], std::byte{7}) << "the view's last row is the file's first";
}

} // namespace
} // namespace tv::proxy
