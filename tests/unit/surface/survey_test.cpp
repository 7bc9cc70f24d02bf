#include "surface/store.h"

#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "wayland/message.h"

namespace tv::surface {
namespace {

using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;

constexpr std::uint32_t kXrgb = 0x34325258;
constexpr std::uint64_t kFamily = 0x8000'0000'0000'0000;

// Plays the compositor's side of a survey: ids are those that a client allocates in order.
struct FakeCompositor {
    UniqueFd client, server;

    FakeCompositor() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        client = UniqueFd::adopt(ends[0]);
        server = UniqueFd::adopt(ends[1]);
    }
    void global(ByteQueue& out, std::uint32_t name, std::string_view interface, std::uint32_t version) {
        MessageBuilder(out, 2, event_opcode(InterfaceId::wl_registry, "global"))
            .u(name)
            .s(interface)
            .u(version);
    }
    void done(ByteQueue& out, std::uint32_t callback) {
        MessageBuilder(out, callback, event_opcode(InterfaceId::wl_callback, "done")).u(7);
        MessageBuilder(out, 1, event_opcode(InterfaceId::wl_display, "delete_id")).u(callback);
    }
    void modifier(ByteQueue& out, std::uint64_t value) {
        MessageBuilder(out, 4, event_opcode(InterfaceId::zwp_linux_dmabuf_v1, "modifier"))
            .u(kXrgb)
            .u(static_cast<std::uint32_t>(value >> 32))
            .u(static_cast<std::uint32_t>(value));
    }
    void send(const ByteQueue& out) {
        ASSERT_EQ(::write(server.get(), out.bytes().data(), out.size()), static_cast<ssize_t>(out.size()));
    }
};

TEST(Survey, a_compositor_without_dmabuf_gets_the_shm_store) {
    FakeCompositor fake;
    ByteQueue out;
    fake.global(out, 1, "wl_compositor", 5);
    fake.global(out, 2, "wl_shm", 1);
    fake.done(out, 3);
    fake.send(out);
    auto survey = survey_compositor(std::move(fake.client));
    ASSERT_TRUE(survey) << describe(survey.error());
    EXPECT_TRUE(survey->has_shm);
    EXPECT_EQ(survey->dmabuf_version, 0u);
    EXPECT_EQ(offered_store(*survey), StoreKind::Shm);
}

TEST(Survey, the_modifiers_of_a_dmabuf_compositor_are_read_by_a_version_3_bind) {
    FakeCompositor fake;
    ByteQueue out;
    fake.global(out, 9, "zwp_linux_dmabuf_v1", 4);
    fake.done(out, 3);
    fake.modifier(out, 0);
    fake.modifier(out, kFamily);
    fake.done(out, 5);
    fake.send(out);
    auto survey = survey_compositor(std::move(fake.client));
    ASSERT_TRUE(survey) << describe(survey.error());
    EXPECT_EQ(survey->dmabuf_version, 4u);
    ASSERT_EQ(survey->modifiers.size(), 2u);
    EXPECT_EQ(survey->modifiers[0].modifier, 0u);
    EXPECT_EQ(survey->modifiers[1].modifier, kFamily);
    EXPECT_EQ(survey->modifiers[1].format, kXrgb);
    EXPECT_EQ(offered_store(*survey), StoreKind::IOSurface);
}

TEST(Survey, a_compositor_that_hangs_up_is_an_error_and_not_an_answer) {
    FakeCompositor fake;
    fake.server.reset();
    auto survey = survey_compositor(std::move(fake.client));
    ASSERT_FALSE(survey);
    EXPECT_EQ(survey.error().category, ErrorCategory::Closed);
}

TEST(Survey, a_refusal_is_an_error) {
    FakeCompositor fake;
    ByteQueue out;
    MessageBuilder(out, 1, event_opcode(InterfaceId::wl_display, "error")).u(1).u(0).s("not you");
    fake.send(out);
    auto survey = survey_compositor(std::move(fake.client));
    ASSERT_FALSE(survey);
    EXPECT_EQ(survey.error().category, ErrorCategory::Compositor);
}

TEST(Survey, a_message_of_impossible_size_is_an_error) {
    FakeCompositor fake;
    ByteQueue out;
    store_u32(out.append(4), 0, 2);
    store_u32(out.append(4), 0, 4u << 16);
    fake.send(out);
    auto survey = survey_compositor(std::move(fake.client));
    ASSERT_FALSE(survey);
    EXPECT_EQ(survey.error().category, ErrorCategory::Compositor);
}

} // namespace
} // namespace tv::surface
