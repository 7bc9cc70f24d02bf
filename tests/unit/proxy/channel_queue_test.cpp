#include "proxy/channel_queue.h"

#include <gtest/gtest.h>

#include "wayland/message.h"

namespace tv::proxy {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

std::vector<std::pair<MessageType, std::vector<std::byte>>> take(ChannelQueue& queue) {
    std::vector<std::pair<MessageType, std::vector<std::byte>>> messages;
    Bytes bytes = queue.ready();
    while (!bytes.empty()) {
        auto frame = peek_frame(bytes);
        EXPECT_TRUE(frame);
        Bytes message = bytes.first(frame->size);
        messages.emplace_back(frame->type, std::vector(message.begin(), message.end()));
        bytes = bytes.subspan(frame->padded_size());
    }
    queue.written(queue.size());
    return messages;
}

void event(ChannelQueue& queue, std::size_t words) {
    wayland::MessageBuilder builder(queue.event(8 + 4 * words), 3, 0);
    for (std::size_t i = 0; i < words; ++i) builder.u(static_cast<std::uint32_t>(i));
}

TEST(ChannelQueue, version_is_the_first_message_to_a_peer_of_17_and_never_sent_to_one_of_16) {
    ChannelQueue rust, c;
    rust.start(17, CompressionKind::None);
    c.start(16, CompressionKind::None);
    auto messages = take(rust);
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].first, MessageType::Version);
    EXPECT_TRUE(take(c).empty());
}

TEST(ChannelQueue, events_share_a_protocol_message_up_to_4096_bytes) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    for (int i = 0; i < 100; ++i) event(queue, 30); // 128 bytes each
    auto messages = take(queue);
    ASSERT_EQ(messages.size(), 4u);
    for (auto& [type, bytes] : messages) {
        EXPECT_EQ(type, MessageType::Protocol);
        EXPECT_LE(bytes.size(), 4u + 4096u);
    }
}

TEST(ChannelQueue, a_descriptor_is_announced_directly_before_the_message_that_uses_it) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    event(queue, 1);
    Rid rid = queue.new_rid();
    std::array<std::byte, 5> contents{};
    ASSERT_TRUE(queue.send_file(rid, contents));
    wayland::MessageBuilder(queue.event_with(rid, 16), 3, 0, 1).u(0).u(5);
    event(queue, 1);
    auto messages = take(queue);
    std::vector<MessageType> types;
    for (auto& message : messages) types.push_back(message.first);
    EXPECT_EQ(types, (std::vector{MessageType::Protocol, MessageType::OpenFile, MessageType::BufferFill,
                                  MessageType::InjectRids, MessageType::Protocol}));
    EXPECT_EQ(load_i32(messages[3].second, 4), -1);
}

TEST(ChannelQueue, acknowledgements_are_delayed_counted_and_leave_out_what_does_not_count) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    queue.received(MessageType::Protocol, 100, 0);
    queue.received(MessageType::BufferDiff, 100, kMillisecond);
    queue.received(MessageType::AckNblocks, 8, kMillisecond);
    queue.received(MessageType::Close, 8, kMillisecond);
    std::int64_t due = queue.acknowledge(kMillisecond);
    EXPECT_EQ(due, 20 * kMillisecond);
    EXPECT_TRUE(take(queue).empty());
    EXPECT_EQ(queue.acknowledge(due), 0);
    auto messages = take(queue);
    ASSERT_EQ(messages.size(), 1u);
    ASSERT_EQ(messages[0].first, MessageType::AckNblocks);
    EXPECT_EQ(load_u32(messages[0].second, 4), 2u);
    EXPECT_EQ(queue.acknowledge(due * 10), 0) << "nothing new, nothing to say";
}

TEST(ChannelQueue, much_data_is_acknowledged_without_delay) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    for (int i = 0; i < 16; ++i) queue.received(MessageType::BufferDiff, 262'144, 0);
    EXPECT_EQ(queue.acknowledge(0), 0);
    EXPECT_EQ(take(queue).size(), 1u);
}

TEST(ChannelQueue, sixteen_messages_are_acknowledged_along_with_what_is_written_anyway) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    for (int i = 0; i < 15; ++i) queue.received(MessageType::Protocol, 100, 0);
    event(queue, 1);
    EXPECT_EQ(queue.acknowledge(0), 20 * kMillisecond) << "fifteen are not worth it";
    queue.received(MessageType::Protocol, 100, 0);
    EXPECT_EQ(queue.acknowledge(0), 0);
    auto messages = take(queue);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].first, MessageType::Protocol);
    ASSERT_EQ(messages[1].first, MessageType::AckNblocks);
    EXPECT_EQ(load_u32(messages[1].second, 4), 16u);
}

TEST(ChannelQueue, messages_alone_cause_no_early_acknowledgement_when_nothing_else_is_written) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    for (int i = 0; i < 100; ++i) queue.received(MessageType::Protocol, 100, 0);
    EXPECT_EQ(queue.acknowledge(kMillisecond), 20 * kMillisecond);
    EXPECT_TRUE(take(queue).empty());
}

TEST(ChannelQueue, version_17_knows_no_acknowledgements) {
    ChannelQueue queue;
    queue.start(17, CompressionKind::None);
    (void)take(queue);
    queue.received(MessageType::Protocol, 100, 0);
    EXPECT_EQ(queue.acknowledge(1'000 * kMillisecond), 0);
    EXPECT_TRUE(take(queue).empty());
}

TEST(ChannelQueue, an_error_is_a_wl_display_error_followed_by_close) {
    ChannelQueue queue;
    queue.start(16, CompressionKind::None);
    queue.send_error("tunnelview: limit reached");
    auto messages = take(queue);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].first, MessageType::Protocol);
    EXPECT_EQ(load_u32(messages[0].second, 4), 1u);
    EXPECT_EQ(messages[1].first, MessageType::Close);
}

} // namespace
} // namespace tv::proxy
