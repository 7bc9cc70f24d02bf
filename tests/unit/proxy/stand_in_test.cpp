#include "proxy/stand_in.h"

#include <gtest/gtest.h>

namespace tv::proxy {
namespace {

using wayland::event_opcode;
using wayland::Holder;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

// zwp_linux_buffer_params_v1 is what the shm store of dmabufs stands in for.
constexpr InterfaceId kKind = InterfaceId::zwp_linux_buffer_params_v1;
constexpr std::uint32_t kId = 2;

class StandInTest : public testing::Test {
protected:
    StandInTest() : proxy(config(), mirror) {
        proxy.start({});
        (void)proxy.channel.ready();
        proxy.channel.written(proxy.channel.size());
    }
    static ProxyConfig config() {
        ProxyConfig made;
        made.clock = &system_clock();
        return made;
    }
    void from_application(std::uint32_t object, std::uint16_t opcode,
                          std::initializer_list<std::uint32_t> words) {
        ByteQueue wayland;
        {
            MessageBuilder message(wayland, object, opcode);
            for (std::uint32_t word : words) message.u(word);
        }
        msg::Protocol protocol{wayland.bytes()};
        std::vector<std::byte> bytes(encoded_size(protocol));
        encode(protocol, bytes);
        auto status = proxy.channel_message(MessageType::Protocol, bytes);
        ASSERT_TRUE(status) << describe(status.error());
    }
    void from_compositor(std::uint32_t object, std::uint16_t opcode,
                         std::initializer_list<std::uint32_t> words) {
        ByteQueue events;
        {
            MessageBuilder message(events, object, opcode);
            for (std::uint32_t word : words) message.u(word);
        }
        Fifo<UniqueFd> fds;
        auto status = proxy.compositor_events(events, fds);
        ASSERT_TRUE(status) << describe(status.error());
    }
    void callback_done() { from_compositor(kId, event_opcode(InterfaceId::wl_callback, "done"), {5}); }
    void delete_id() { from_compositor(1, event_opcode(InterfaceId::wl_display, "delete_id"), {kId}); }
    void destroy() { from_application(kId, request_opcode(kKind, "destroy"), {}); }

    std::size_t to_compositor() const { return proxy.requests.size(); }
    std::size_t to_application() const { return proxy.channel.size(); }

    mirror::MirrorState mirror;
    Proxy proxy;
};

TEST_F(StandInTest, a_sync_fills_the_id_at_the_compositor) {
    ASSERT_TRUE(make_stand_in(proxy, kId, kKind, 4));
    Bytes sent = proxy.requests.bytes().bytes();
    ASSERT_EQ(sent.size(), 12u);
    EXPECT_EQ(load_u32(sent, 0), wayland::kDisplayId);
    EXPECT_EQ(load_u32(sent, 4), 12u << 16 | request_opcode(InterfaceId::wl_display, "sync"));
    EXPECT_EQ(load_u32(sent, 8), kId);
}

TEST_F(StandInTest, the_callbacks_end_is_not_shown_to_the_application) {
    ASSERT_TRUE(make_stand_in(proxy, kId, kKind, 4));
    callback_done();
    delete_id();
    EXPECT_EQ(to_application(), 0u);
    ASSERT_NE(proxy.objects.find(kId), nullptr);
    EXPECT_EQ(proxy.objects.find(kId)->holder, Holder::StandIn);
}

TEST_F(StandInTest, destroyed_after_the_callback_ended_the_id_is_given_back_at_once) {
    ASSERT_TRUE(make_stand_in(proxy, kId, kKind, 4));
    callback_done();
    delete_id();
    std::size_t before = to_compositor();
    destroy();
    EXPECT_EQ(to_compositor(), before) << "the compositor never had this object";
    EXPECT_EQ(proxy.objects.find(kId), nullptr);
    Bytes sent = proxy.channel.ready(); // Protocol { wl_display.delete_id }
    ASSERT_EQ(sent.size(), 16u);
    EXPECT_EQ(load_u32(sent, 12), kId);
}

TEST_F(StandInTest, destroyed_before_the_callback_ended_the_id_stays_taken_until_then) {
    ASSERT_TRUE(make_stand_in(proxy, kId, kKind, 4));
    destroy();
    EXPECT_EQ(to_application(), 0u);
    ASSERT_NE(proxy.objects.find(kId), nullptr);
    callback_done();
    EXPECT_EQ(to_application(), 0u);
    delete_id();
    EXPECT_EQ(proxy.channel.ready().size(), 16u);
    EXPECT_EQ(proxy.objects.find(kId), nullptr);
}

TEST_F(StandInTest, events_of_an_object_that_serves_us_are_swallowed) {
    auto made = proxy.objects.create_client(kId, InterfaceId::wl_shm, 1);
    ASSERT_TRUE(made);
    (*made)->holder = Holder::Ours;
    from_compositor(kId, event_opcode(InterfaceId::wl_shm, "format"), {0});
    EXPECT_EQ(to_application(), 0u);
}

} // namespace
} // namespace tv::proxy
