#include "proxy/dmabuf.h"

#include <gtest/gtest.h>

#include "proxy/image_format.h"
#include "strict_compositor.h"

namespace tv::proxy {
namespace {

using enum wayland::InterfaceId;
using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

constexpr std::uint32_t kRegistry = 2, kShmName = 7;
constexpr std::uint32_t kXbgr8888 = fourcc("XB24");

// One event as the application gets it.
struct Event {
    std::uint32_t object;
    std::uint16_t opcode;
    unsigned fds;
    std::vector<std::byte> message;

    [[nodiscard]] wayland::ArgumentReader arguments() const { return wayland::ArgumentReader(message); }
    [[nodiscard]] bool is(std::uint32_t id, InterfaceId interface, std::string_view name) const {
        const auto& events = wayland::interface(interface).events;
        return object == id && opcode < events.size() && events[opcode].name == name;
    }
};

// The application's side and the compositor's, with the proxy between them.
class DmabufTest : public testing::Test {
protected:
    DmabufTest() : proxy(config(), mirror) {}
    static ProxyConfig config() {
        ProxyConfig made;
        made.clock = &system_clock();
        return made;
    }
    void start(bool no_dmabuf = false) {
        proxy.start({.version = 16, .no_dmabuf = no_dmabuf});
        ask(1, request_opcode(wl_display, "get_registry"), {kRegistry});
        run();
        MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global"))
            .u(kShmName)
            .s("wl_shm")
            .u(1);
        MessageBuilder(compositor.events, kRegistry, event_opcode(wl_registry, "global"))
            .u(9)
            .s("wl_output")
            .u(4);
        run();
    }
    template <typename M>
    Status receive(const M& message) {
        std::vector<std::byte> bytes(encoded_size(message));
        encode(message, bytes);
        return proxy.channel_message(M::kType, bytes);
    }
    Status try_ask(std::uint32_t object, std::uint16_t opcode, std::initializer_list<std::uint32_t> words,
                   unsigned fds = 0) {
        ByteQueue wayland;
        {
            MessageBuilder message(wayland, object, opcode, fds);
            for (std::uint32_t word : words) message.u(word);
        }
        return receive(msg::Protocol{wayland.bytes()});
    }
    void ask(std::uint32_t object, std::uint16_t opcode, std::initializer_list<std::uint32_t> words,
             unsigned fds = 0) {
        auto status = try_ask(object, opcode, words, fds);
        ASSERT_TRUE(status) << describe(status.error());
    }
    void bind(std::uint32_t name, std::string_view interface, std::uint32_t version, std::uint32_t id) {
        ByteQueue wayland;
        MessageBuilder(wayland, kRegistry, request_opcode(wl_registry, "bind"))
            .u(name)
            .s(interface)
            .u(version)
            .u(id);
        auto status = receive(msg::Protocol{wayland.bytes()});
        ASSERT_TRUE(status) << describe(status.error());
    }
    void open(Rid rid, std::uint32_t width, std::uint32_t height, std::uint32_t format,
              std::uint32_t stride) {
        msg::Slice slice;
        slice.width = width;
        slice.height = height;
        slice.format = format;
        slice.planes = 1;
        slice.strides[0] = stride;
        auto status = receive(msg::OpenDmabuf{rid, stride * height, slice});
        ASSERT_TRUE(status) << describe(status.error());
    }
    void add(std::uint32_t params, Rid rid, std::uint32_t index = 0, std::uint32_t stride = 256) {
        std::byte raw[4];
        store_u32(raw, 0, static_cast<std::uint32_t>(rid));
        ASSERT_TRUE(receive(msg::InjectRids{raw}));
        last =
            try_ask(params, request_opcode(zwp_linux_buffer_params_v1, "add"), {index, 0, stride, 0, 0}, 1);
    }
    void create_params(std::uint32_t dmabuf, std::uint32_t id) {
        ask(dmabuf, request_opcode(zwp_linux_dmabuf_v1, "create_params"), {id});
    }
    void create_immed(std::uint32_t params, std::uint32_t buffer, std::uint32_t width, std::uint32_t height,
                      std::uint32_t format, std::uint32_t flags = 0) {
        last = try_ask(params, request_opcode(zwp_linux_buffer_params_v1, "create_immed"),
                       {buffer, width, height, format, flags});
    }
    template <InterfaceId Kind>
    void destroy(std::uint32_t id) {
        ask(id, request_opcode(Kind, "destroy"), {});
    }
    // Requests go out as far as they can, the compositor's answers come in, until nothing moves.
    void run() {
        for (int i = 0; i < 8; ++i) {
            ASSERT_TRUE(proxy.requests.flush(compositor, 0));
            Fifo<UniqueFd> fds;
            auto status = proxy.compositor_events(compositor.events, fds);
            ASSERT_TRUE(status) << describe(status.error());
        }
        EXPECT_TRUE(proxy.requests.empty()) << "something is stuck";
        Bytes bytes = proxy.channel.ready();
        while (!bytes.empty()) {
            auto frame = peek_frame(bytes);
            ASSERT_TRUE(frame);
            if (frame->type == MessageType::Protocol) note_events(bytes.first(frame->size).subspan(4));
            bytes = bytes.subspan(frame->padded_size());
        }
        proxy.channel.written(proxy.channel.size());
    }
    void note_events(Bytes bytes) {
        while (!bytes.empty()) {
            auto header = wayland::read_header(bytes, ErrorCategory::Compositor);
            ASSERT_TRUE(header);
            Bytes message = bytes.first(header->size);
            events.push_back({header->object, header->opcode, header->fds, {message.begin(), message.end()}});
            bytes = bytes.subspan(header->size);
        }
    }
    std::size_t count(std::uint32_t id, InterfaceId interface, std::string_view name) {
        return static_cast<std::size_t>(
            std::ranges::count_if(events, [&](const Event& event) { return event.is(id, interface, name); }));
    }
    bool deleted(std::uint32_t id) {
        return std::ranges::any_of(events, [&](const Event& event) {
            return event.is(1, wl_display, "delete_id") && event.arguments().u() == id;
        });
    }
    std::uint32_t dmabuf_name() {
        for (const Event& event : events) {
            if (!event.is(kRegistry, wl_registry, "global")) continue;
            auto arguments = event.arguments();
            std::uint32_t name = arguments.u();
            if (arguments.s().value_or("") == "zwp_linux_dmabuf_v1") return name;
        }
        return 0;
    }
    // Binds our global as object `id`.
    void start_bound(std::uint32_t version, std::uint32_t id) {
        start();
        ASSERT_NE(dmabuf_name(), 0u);
        bind(dmabuf_name(), "zwp_linux_dmabuf_v1", version, id);
        run();
    }
    std::uint32_t blamed_code() { return proxy.blamed_object() ? proxy.blamed_object()->code : 999; }

    mirror::MirrorState mirror;
    Proxy proxy;
    StrictCompositor compositor;
    std::vector<Event> events;
    Status last;
};

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

// --- what is refused
// -------------------------------------------------------------------------------------------

class RefusedTest : public DmabufTest {
protected:
    void SetUp() override {
        start_bound(4, 3);
        open(1, 64, 32, kXrgb8888, 256);
        open(2, 64, 32, kXrgb8888, 256);
        create_params(3, 4);
    }
    void expect_failed_and_black(std::uint32_t width, std::uint32_t height) {
        ASSERT_TRUE(last) << describe(last.error());
        run();
        EXPECT_EQ(count(4, zwp_linux_buffer_params_v1, "failed"), 1u);
        ASSERT_EQ(compositor.buffers.size(), 1u);
        EXPECT_EQ(compositor.buffers[0].width, width);
        EXPECT_EQ(compositor.buffers[0].height, height);
        EXPECT_EQ(compositor.buffers[0].format, 1u);
    }
};

TEST_F(RefusedTest, a_format_that_was_not_offered_fails_and_stays_black) {
    open(3, 64, 32, fourcc("XB30"), 256);
    add(4, 3);
    create_immed(4, 5, 64, 32, fourcc("XB30"));
    expect_failed_and_black(64, 32);
}

TEST_F(RefusedTest, several_planes_fail_and_stay_black) {
    add(4, 1, 0);
    add(4, 2, 1);
    create_immed(4, 5, 64, 32, fourcc("NV12"));
    expect_failed_and_black(64, 32);
}

TEST_F(RefusedTest, unknown_flags_fail_and_stay_black) {
    add(4, 1);
    create_immed(4, 5, 64, 32, kXrgb8888, 2);
    expect_failed_and_black(64, 32);
}

TEST_F(RefusedTest, a_size_that_is_not_the_images_fails_and_stays_black) {
    add(4, 1);
    create_immed(4, 5, 128, 32, kXrgb8888);
    expect_failed_and_black(128, 32);
}

TEST_F(RefusedTest, create_is_answered_failed_and_the_connection_lives) {
    add(4, 1);
    ask(4, request_opcode(zwp_linux_buffer_params_v1, "create"), {64, 32, kXrgb8888, 0});
    run();
    EXPECT_EQ(count(4, zwp_linux_buffer_params_v1, "failed"), 1u);
    destroy<zwp_linux_buffer_params_v1>(4);
    run();
    EXPECT_TRUE(deleted(4));
}

TEST_F(RefusedTest, a_plane_set_twice_is_the_protocols_error) {
    add(4, 1, 0);
    add(4, 2, 0);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 2u);
}

TEST_F(RefusedTest, a_plane_index_out_of_range_is_the_protocols_error) {
    add(4, 1, 4);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 1u);
}

TEST_F(RefusedTest, missing_planes_are_the_protocols_error) {
    create_immed(4, 5, 64, 32, kXrgb8888);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 3u);
}

TEST_F(RefusedTest, a_gap_between_planes_is_the_protocols_error) {
    add(4, 1, 1);
    create_immed(4, 5, 64, 32, kXrgb8888);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 3u);
}

TEST_F(RefusedTest, a_size_of_zero_is_the_protocols_error) {
    add(4, 1);
    create_immed(4, 5, 0, 32, kXrgb8888);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 5u);
}

TEST_F(RefusedTest, planes_beyond_4_gib_are_the_protocols_error) {
    add(4, 1, 0, 0x8000'0000u);
    create_immed(4, 5, 64, 32, kXrgb8888);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 6u);
}

TEST_F(RefusedTest, params_used_twice_are_the_protocols_error) {
    add(4, 1);
    create_immed(4, 5, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    create_immed(4, 6, 64, 32, kXrgb8888);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 0u);
}

TEST_F(RefusedTest, a_file_or_a_pipe_is_no_plane) {
    ASSERT_TRUE(receive(msg::OpenFile{8, 4096}));
    add(4, 8);
    EXPECT_FALSE(last);
}

TEST_F(RefusedTest, images_of_impossible_sizes_are_refused_before_memory_is_taken) {
    msg::Slice slice;
    slice.width = 0;
    slice.height = 5;
    slice.format = kXrgb8888;
    slice.strides[0] = 4;
    EXPECT_FALSE(receive(msg::OpenDmabuf{20, 0, slice}));
    slice.width = limits::kMaxImageSide + 1;
    slice.strides[0] = slice.width * 4;
    auto status = receive(msg::OpenDmabuf{21, 0, slice});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().category, ErrorCategory::Limit);
    slice.width = 64;
    slice.strides[0] = 255;
    EXPECT_FALSE(receive(msg::OpenDmabuf{22, 0, slice})) << "rows shorter than their pixels";
}

} // namespace
} // namespace tv::proxy
