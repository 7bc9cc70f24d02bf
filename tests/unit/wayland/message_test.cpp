// Wayland's wire syntax: headers, argument walking, message building, with the lies a peer can tell.
#include "wayland/message.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tv::wayland {
namespace {

std::vector<std::byte> from_words(std::initializer_list<std::uint32_t> words) {
    std::vector<std::byte> bytes(words.size() * 4);
    std::size_t offset = 0;
    for (std::uint32_t word : words) {
        store_u32(bytes, offset, word);
        offset += 4;
    }
    return bytes;
}

std::vector<std::byte> copy_of(const ByteQueue& queue) {
    return {queue.bytes().begin(), queue.bytes().end()};
}

// A message of object 1, opcode 0, whose header has the right size.
std::vector<std::byte> message_of(std::initializer_list<std::uint32_t> arguments) {
    auto bytes = from_words(arguments);
    const auto size = static_cast<std::uint16_t>(bytes.size() + kHeaderSize);
    auto whole = from_words({1, pack_word(size, 0)});
    whole.insert(whole.end(), bytes.begin(), bytes.end());
    return whole;
}

// --- headers ---

TEST(WaylandHeader, the_descriptor_tag_is_split_from_the_opcode) {
    // wl_shm@3.create_pool with one descriptor, as it is on the channel
    const auto header = read_header(from_words({3, 0x00100800}), ErrorCategory::PeerViolation);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->object, 3U);
    EXPECT_EQ(header->opcode, 0);
    EXPECT_EQ(header->fds, 1);
    EXPECT_EQ(header->size, 16);
}

TEST(WaylandHeader, every_opcode_and_tag_survives_packing) {
    for (unsigned fds = 0; fds < 32; ++fds) {
        for (std::uint16_t opcode = 0; opcode <= kOpcodeMask; ++opcode) {
            const auto header =
                read_header(from_words({0xffffffff, pack_word(8, opcode, fds)}), ErrorCategory::Compositor);
            ASSERT_TRUE(header.has_value());
            ASSERT_EQ(header->object, 0xffffffff);
            ASSERT_EQ(header->opcode, opcode);
            ASSERT_EQ(header->fds, fds);
            ASSERT_EQ(header->size, 8);
        }
    }
}

TEST(WaylandHeader, only_multiples_of_four_from_a_header_to_4096_are_lengths) {
    for (std::uint32_t size = 0; size <= 0xffff; ++size) {
        const auto header = read_header(from_words({1, size << 16}), ErrorCategory::PeerViolation);
        const bool valid = size >= 8 && size <= 4096 && size % 4 == 0;
        ASSERT_EQ(header.has_value(), valid) << size;
        ASSERT_EQ(valid ? header->size : header.error().value, static_cast<std::int64_t>(size));
    }
}

TEST(WaylandHeader, a_bad_length_is_blamed_on_the_side_that_sent_it) {
    for (ErrorCategory blame : {ErrorCategory::PeerViolation, ErrorCategory::Compositor}) {
        for (std::uint32_t size : {4U, 10U, 5000U}) {
            const auto header = read_header(from_words({1, size << 16}), blame);
            ASSERT_FALSE(header.has_value());
            EXPECT_EQ(header.error().category, blame);
        }
    }
}

TEST(WaylandHeader, the_length_of_a_message_that_has_not_arrived_yet_is_told) {
    const auto header = read_header(from_words({1, pack_word(4096, 2)}), ErrorCategory::PeerViolation);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->size, 4096);
}

// --- arguments ---

TEST(WaylandArguments, a_string_comes_without_its_zero_and_padding) {
    const auto message = message_of({6, 0x6c6c6568 /* hell */, 0x5858006f /* o, zero, padding */, 7});
    ArgumentReader arguments(message);
    EXPECT_EQ(arguments.s(), "hello");
    EXPECT_EQ(arguments.u(), 7U);
    EXPECT_TRUE(arguments.ok());
}

TEST(WaylandArguments, strings_of_every_length_are_read_back) {
    for (std::size_t length = 0; length <= 40; ++length) {
        const std::string text(length, 'x');
        ByteQueue queue;
        {
            MessageBuilder(queue, 1, 0).s(text).u(0xdecade);
        }
        ASSERT_EQ(queue.size() % 4, 0U);
        ArgumentReader arguments(queue.bytes());
        ASSERT_EQ(arguments.s(), text);
        ASSERT_EQ(arguments.u(), 0xdecadeU);
        ASSERT_TRUE(arguments.ok());
        ASSERT_EQ(arguments.remaining(), 0U);
    }
}

TEST(WaylandArguments, the_null_string_is_not_the_empty_string) {
    const auto message = message_of({0, 1, 0x41414100});
    ArgumentReader arguments(message);
    EXPECT_EQ(arguments.s(), std::nullopt);
    EXPECT_EQ(arguments.s(), "");
    EXPECT_TRUE(arguments.ok());
    EXPECT_EQ(arguments.remaining(), 0U);
}

TEST(WaylandArguments, a_string_without_its_zero_is_rejected) {
    for (const auto& message :
         {message_of({4, 0x41414141}), message_of({1, 0x00000041}), message_of({5, 0, 0x41})}) {
        ArgumentReader arguments(message);
        EXPECT_EQ(arguments.s(), std::nullopt);
        EXPECT_FALSE(arguments.ok());
    }
}

TEST(WaylandArguments, a_string_or_array_past_the_end_is_rejected_for_every_length_that_lies) {
    for (std::uint32_t length : {9U, 12U, 13U, 4096U, 0x7fffffffU, 0x80000000U, 0xfffffff8U, 0xfffffffcU,
                                 0xfffffffdU, 0xfffffffeU, 0xffffffffU}) {
        const auto message = message_of({length, 0, 0});
        ArgumentReader as_string(message);
        EXPECT_EQ(as_string.s(), std::nullopt) << length;
        EXPECT_FALSE(as_string.ok()) << length;
        ArgumentReader as_array(message);
        EXPECT_TRUE(as_array.a().empty()) << length;
        EXPECT_FALSE(as_array.ok()) << length;
    }
}

TEST(WaylandArguments, arrays_of_every_length_are_read_back_without_their_padding) {
    for (std::size_t length = 0; length <= 40; ++length) {
        const std::vector<std::byte> sent(length, std::byte{0xee});
        ByteQueue queue;
        {
            MessageBuilder(queue, 1, 0).a(sent).u(0xdecade);
        }
        ArgumentReader arguments(queue.bytes());
        ASSERT_TRUE(std::ranges::equal(arguments.a(), sent)) << length;
        ASSERT_EQ(arguments.u(), 0xdecadeU);
        ASSERT_TRUE(arguments.ok());
        ASSERT_EQ(arguments.remaining(), 0U);
    }
}

TEST(WaylandArguments, reading_past_the_end_gives_zeros_and_is_remembered) {
    const auto message = message_of({0xffffffff});
    ArgumentReader arguments(message);
    EXPECT_EQ(arguments.i(), -1);
    EXPECT_TRUE(arguments.ok());
    EXPECT_EQ(arguments.u(), 0U);
    EXPECT_EQ(arguments.i(), 0);
    EXPECT_EQ(arguments.s(), std::nullopt);
    EXPECT_TRUE(arguments.a().empty());
    EXPECT_FALSE(arguments.ok());
}

// --- tracking ---

const Message& request(InterfaceId id, std::uint16_t opcode) {
    return interface(id).requests[opcode];
}

TEST(WaylandTracking, the_new_id_is_found_behind_what_comes_before_it) {
    // wl_registry.bind(5, "wl_shm", 1, new id 9)
    ByteQueue queue;
    {
        MessageBuilder(queue, 2, 0).u(5).s("wl_shm").u(1).u(9);
    }
    const auto& bind = request(InterfaceId::wl_registry, request_opcode(InterfaceId::wl_registry, "bind"));
    const Tracked tracked = track_arguments(queue.bytes(), bind);
    EXPECT_TRUE(tracked.well_formed);
    EXPECT_EQ(tracked.new_id, 9U);
    EXPECT_EQ(tracked.new_id_offset, 8U + 4 + 4 + 8 + 4);
}

TEST(WaylandTracking, descriptors_take_no_bytes) {
    const auto message = message_of({6, 4096});
    const auto& create_pool =
        request(InterfaceId::wl_shm, request_opcode(InterfaceId::wl_shm, "create_pool"));
    const Tracked tracked = track_arguments(message, create_pool);
    EXPECT_TRUE(tracked.well_formed);
    EXPECT_EQ(tracked.new_id, 6U);
    EXPECT_EQ(tracked.new_id_offset, 8U);
}

constexpr std::uint32_t kNewId = 0xabcdef;

// A message that fits the description, with strings and arrays of `length` bytes.
std::vector<std::byte> fitting_message(const Message& description, std::size_t length) {
    ByteQueue queue;
    {
        MessageBuilder builder(queue, 1, 0, fd_count(description));
        for (char kind : description.signature) {
            switch (kind) {
            case '?':
            case 'h':
                break;
            case 's':
                builder.s(std::string(length, 's'));
                break;
            case 'a':
                builder.a(std::vector<std::byte>(length, std::byte{0xaa}));
                break;
            case 'n':
                builder.u(kNewId);
                break;
            default:
                builder.u(0x11223344);
                break;
            }
        }
    }
    return copy_of(queue);
}

template <typename Check>
void for_every_message(Check check) {
    for (const Interface& entry : all_interfaces()) {
        for (const Message& message : entry.requests) check(entry, message);
        for (const Message& message : entry.events) check(entry, message);
    }
}

TEST(WaylandTracking, every_message_of_the_tables_is_well_formed_at_its_own_length_only) {
    std::size_t checked = 0;
    for_every_message([&](const Interface& entry, const Message& description) {
        for (std::size_t length = 0; length <= 9; ++length) {
            const auto whole = fitting_message(description, length);
            const std::string where = fmt::format("{}.{}, {}", entry.name, description.name, length);
            const Tracked tracked = track_arguments(whole, description);
            ASSERT_TRUE(tracked.well_formed) << where;
            ASSERT_EQ(tracked.new_id, description.signature.contains('n') ? kNewId : 0) << where;
            if (tracked.new_id != 0) {
                ASSERT_EQ(load_u32(whole, tracked.new_id_offset), kNewId) << where;
            }

            for (std::size_t shorter = kHeaderSize; shorter < whole.size(); shorter += 4)
                ASSERT_FALSE(track_arguments(Bytes(whole).first(shorter), description).well_formed)
                    << where << ", cut to " << shorter;
            auto longer = whole;
            longer.resize(whole.size() + 4);
            ASSERT_FALSE(track_arguments(longer, description).well_formed) << where << ", with 4 bytes more";
            ++checked;
        }
    });
    EXPECT_GT(checked, 9000U);
}

TEST(WaylandTracking, random_bytes_never_give_an_id_from_outside_of_the_message) {
    std::mt19937 random(20240611);
    std::size_t well_formed = 0, ill_formed = 0;
    for_every_message([&](const Interface& entry, const Message& description) {
        for (int round = 0; round < 20; ++round) {
            // Exactly sized on the heap, so that a sanitizer sees every byte read too far.
            std::vector<std::byte> message(kHeaderSize + 4 * (random() % 12));
            for (std::size_t at = 0; at < message.size(); at += 4)
                store_u32(message, at, random() % 2 == 0 ? random() % 16 : random());
            const Tracked tracked = track_arguments(message, description);
            (tracked.well_formed ? well_formed : ill_formed) += 1;
            if (!tracked.well_formed || !description.signature.contains('n')) continue;
            ASSERT_GE(tracked.new_id_offset, kHeaderSize) << entry.name << '.' << description.name;
            ASSERT_LE(tracked.new_id_offset + 4, message.size()) << entry.name << '.' << description.name;
            ASSERT_EQ(load_u32(message, tracked.new_id_offset), tracked.new_id);
        }
    });
    EXPECT_GT(well_formed, 100U);
    EXPECT_GT(ill_formed, 1000U);
}

// --- building ---

TEST(WaylandBuilder, writes_the_bytes_of_the_channel) {
    ByteQueue queue;
    {
        MessageBuilder(queue, 3, request_opcode(InterfaceId::wl_shm, "create_pool"), 1).u(6).u(4096);
    }
    EXPECT_EQ(copy_of(queue), from_words({3, 0x00100800, 6, 0x1000}));
}

TEST(WaylandBuilder, messages_follow_each_other_and_negative_numbers_wrap) {
    ByteQueue queue;
    {
        MessageBuilder(queue, 1, 1).u(7);
    }
    {
        MessageBuilder(queue, 0xff000000, 3).i(-2).s("ab");
    }
    {
        MessageBuilder(queue, 0xffffffff, 0);
    }
    EXPECT_EQ(copy_of(queue), from_words({1, pack_word(12, 1), 7,                              //
                                          0xff000000, pack_word(20, 3), 0xfffffffe, 3, 0x6261, //
                                          0xffffffff, pack_word(8, 0)}));
}

TEST(WaylandBuilder, nothing_of_earlier_contents_shows_in_the_padding) {
    ByteQueue queue;
    std::ranges::fill(queue.append(256), std::byte{0xff});
    queue.consume(256);
    const std::array<std::byte, 1> one{std::byte{0x55}};
    {
        MessageBuilder(queue, 1, 0).s("a").a(one).a({});
    }
    EXPECT_EQ(copy_of(queue), from_words({1, pack_word(28, 0), 2, 'a', 1, 0x55, 0}));
}

TEST(WaylandBuilder, a_queue_that_moves_while_a_message_is_built_keeps_it_whole) {
    ByteQueue queue;
    {
        MessageBuilder(queue, 8, 2).u(1);
    }
    const std::vector<std::byte> big(6000, std::byte{0x21});
    {
        MessageBuilder(queue, 9, 4).u(5).a(big);
    }
    const auto bytes = copy_of(queue);
    ASSERT_EQ(bytes.size(), 12U + 8 + 4 + 4 + 6000);
    EXPECT_EQ(load_u32(bytes, 0), 8U);
    EXPECT_EQ(load_u32(bytes, 12), 9U);
    EXPECT_EQ(load_u32(bytes, 16), pack_word(6016, 4));
    EXPECT_EQ(load_u32(bytes, 20), 5U);
    EXPECT_EQ(load_u32(bytes, 24), 6000U);
    EXPECT_TRUE(std::ranges::equal(Bytes(bytes).subspan(28), big));
}

} // namespace
} // namespace tv::wayland
