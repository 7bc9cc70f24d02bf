// What is refused, and what the compositor refuses.
#include "dmabuf_bed.h"

namespace tv::proxy {
namespace {

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

TEST_F(RefusedTest, params_that_were_used_take_no_more_planes) {
    add(4, 1);
    create_immed(4, 5, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    add(4, 2, 1);
    EXPECT_FALSE(last);
    EXPECT_EQ(blamed_code(), 0u);
}

TEST_F(RefusedTest, create_with_params_that_were_used_is_the_protocols_error) {
    add(4, 1);
    ask(4, request_opcode(zwp_linux_buffer_params_v1, "create"), {64, 32, kXrgb8888, 0});
    last = try_ask(4, request_opcode(zwp_linux_buffer_params_v1, "create"), {64, 32, kXrgb8888, 0});
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

// --- what the compositor says of the objects in the place of ours
// --------------------------------------------------------------

class BlamedTest : public RefusedTest {
protected:
    // wl_display.error with the arguments that the application gets for the compositor's.
    void expect_error(std::uint32_t object, std::uint32_t code, std::uint32_t expected_object,
                      std::uint32_t expected_code) {
        events.clear();
        MessageBuilder(compositor.events, wayland::kDisplayId, event_opcode(wl_display, "error"))
            .u(object)
            .u(code)
            .s("no such stride");
        run();
        ASSERT_EQ(events.size(), 1u);
        ASSERT_TRUE(events[0].is(wayland::kDisplayId, wl_display, "error"));
        auto arguments = events[0].arguments();
        EXPECT_EQ(arguments.u(), expected_object);
        EXPECT_EQ(arguments.u(), expected_code);
        EXPECT_EQ(arguments.s().value_or(""), "no such stride");
    }
};

TEST_F(BlamedTest, pools_in_the_place_of_params_are_blamed_in_words_of_params) {
    add(4, 1);
    create_immed(4, 5, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    expect_error(4, 0, 4, 4); // invalid_format
    expect_error(4, 1, 4, 6); // invalid_stride: out_of_bounds
    expect_error(4, 2, 4, 7); // invalid_fd: invalid_wl_buffer
}

TEST_F(BlamedTest, the_wl_shm_in_the_place_of_the_global_has_no_words_of_its_own) {
    expect_error(3, 2, wayland::kDisplayId, 3); // implementation
}

TEST_F(BlamedTest, what_the_compositor_has_itself_is_blamed_as_it_says) {
    add(4, 1);
    create_immed(4, 5, 64, 32, kXrgb8888);
    ASSERT_TRUE(last);
    expect_error(5, 1, 5, 1);
}

} // namespace
} // namespace tv::proxy
