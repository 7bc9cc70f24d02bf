#include "proxy/request_queue.h"

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace tv::proxy {
namespace {

// Takes at most `room` bytes in all, and at most `chunk` in one go.
struct FakeSocket final : RequestTransport {
    std::vector<std::byte> got;
    std::vector<std::size_t> fds_at; // how many bytes had gone out before each descriptor
    std::vector<std::size_t> fds_per_send;
    std::size_t room = SIZE_MAX;
    std::size_t chunk = SIZE_MAX;

    Result<std::size_t> send(Bytes bytes, std::span<const int> fds) override {
        if (room == 0) return fail(ErrorCategory::TryAgain, "full");
        std::size_t count = std::min({bytes.size(), room, chunk});
        for (std::size_t i = 0; i < fds.size(); ++i) fds_at.push_back(got.size());
        fds_per_send.push_back(fds.size());
        got.insert(got.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
        if (room != SIZE_MAX) room -= count;
        return count;
    }
};

class RequestQueueTest : public testing::Test {
protected:
    void message(std::uint8_t mark, std::size_t size = 8) {
        std::vector<std::byte> bytes(size, std::byte{mark});
        queue.bytes().append(bytes);
    }
    std::shared_ptr<mirror::Replica> replica(std::size_t size = 64) {
        auto made = mirror::Replica::create(mirror, ++last_rid, size);
        EXPECT_TRUE(made);
        return *made;
    }
    // One word of the file becomes `value`.
    void update(mirror::Replica& file, std::uint32_t value) {
        std::array<std::byte, 12> diff;
        store_u32(diff, 0, 0);
        store_u32(diff, 4, 1);
        store_u32(diff, 8, value);
        ASSERT_TRUE(file.receive({mirror::Update::Kind::Diff, 12, 0}, diff));
    }
    std::uint32_t word(mirror::Replica& file) { return load_u32(file.file().bytes(), 0); }
    bool flush(std::int64_t now = 0) {
        auto passed = queue.flush(socket, now);
        EXPECT_TRUE(passed);
        return passed && *passed;
    }

    mirror::MirrorState mirror;
    RequestQueue queue{mirror};
    FakeSocket socket;
    Rid last_rid = 0;
};

TEST_F(RequestQueueTest, messages_without_gates_go_out_at_once_and_in_order) {
    message(1);
    message(2);
    flush();
    ASSERT_EQ(socket.got.size(), 16u);
    EXPECT_EQ(socket.got[0], std::byte{1});
    EXPECT_EQ(socket.got[8], std::byte{2});
    EXPECT_TRUE(queue.empty());
}

TEST_F(RequestQueueTest, a_closed_gate_holds_its_message_and_all_that_follow_but_nothing_before) {
    message(1);
    queue.gate(nullptr, true, 100);
    message(2);
    message(3);
    flush(50);
    EXPECT_EQ(socket.got.size(), 8u);
    EXPECT_EQ(queue.next_opening(), 100);
    flush(99);
    EXPECT_EQ(socket.got.size(), 8u);
    flush(100);
    EXPECT_EQ(socket.got.size(), 24u);
    EXPECT_EQ(queue.next_opening(), 0);
}

TEST_F(RequestQueueTest, an_update_that_follows_a_held_commit_stays_private_until_the_commit_is_out) {
    auto file = replica();
    update(*file, 1);
    queue.gate(file, true, 100);
    message(1);
    update(*file, 2);
    EXPECT_EQ(word(*file), 1u) << "the commit must show what was there when it was made";
    EXPECT_TRUE(file->waiting());

    queue.gate(file, true);
    message(2);
    EXPECT_TRUE(flush(100));
    EXPECT_EQ(socket.got.size(), 8u) << "the second commit waits for the second update";
    auto applied = file->pump();
    ASSERT_TRUE(applied);
    EXPECT_TRUE(*applied);
    EXPECT_EQ(word(*file), 2u);
    flush(100);
    EXPECT_EQ(socket.got.size(), 16u);
}

TEST_F(RequestQueueTest, an_extension_keeps_its_place_among_updates) {
    auto file = replica(8);
    queue.gate(file, true, 100);
    message(1);
    update(*file, 1);
    ASSERT_TRUE(file->extend(16));
    EXPECT_EQ(file->file().size(), 8u);
    EXPECT_EQ(file->announced_size(), 16u);
    // Trailing bytes are those of the size at that point: the extended file's.
    std::array<std::byte, 4> trailing;
    store_u32(trailing, 0, 7);
    ASSERT_TRUE(file->receive({mirror::Update::Kind::Diff, 0, 4}, trailing));
    flush(100);
    ASSERT_TRUE(file->pump());
    ASSERT_EQ(file->file().size(), 16u);
    EXPECT_EQ(load_u32(file->file().bytes(), 0), 1u);
    EXPECT_EQ(load_u32(file->file().bytes(), 12), 7u);
}

TEST_F(RequestQueueTest, a_full_socket_keeps_what_it_did_not_take_and_the_gates_with_it) {
    auto file = replica();
    message(1);
    queue.gate(file, true);
    message(2);
    socket.room = 8;
    EXPECT_FALSE(flush()) << "the gate's message has not gone out";
    EXPECT_TRUE(queue.blocked_by_socket());
    update(*file, 9);
    EXPECT_EQ(word(*file), 0u);
    socket.room = 4; // half of the message: it cannot be called back any more
    EXPECT_TRUE(flush());
    socket.room = SIZE_MAX;
    flush();
    EXPECT_EQ(socket.got.size(), 16u);
}

TEST_F(RequestQueueTest, descriptors_go_with_their_messages_and_never_more_than_28_in_one_send) {
    constexpr std::size_t kCount = 100;
    for (std::size_t i = 0; i < kCount; ++i) {
        queue.attach_fd(UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
        message(static_cast<std::uint8_t>(i));
    }
    flush();
    ASSERT_EQ(socket.fds_at.size(), kCount);
    EXPECT_EQ(socket.got.size(), kCount * 8);
    for (std::size_t i = 0; i < kCount; ++i)
        EXPECT_LE(socket.fds_at[i], i * 8) << "descriptor " << i << " came after its message";
    for (std::size_t count : socket.fds_per_send) EXPECT_LE(count, limits::kMaxDescriptorsPerSend);
}

TEST_F(RequestQueueTest, two_descriptors_of_one_message_are_never_torn_apart) {
    for (int i = 0; i < 27; ++i) {
        queue.attach_fd(UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
        message(1);
    }
    queue.attach_fd(UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    queue.attach_fd(UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    message(2);
    flush();
    ASSERT_EQ(socket.fds_per_send.size(), 2u);
    EXPECT_EQ(socket.fds_per_send[0], 27u);
    EXPECT_EQ(socket.fds_per_send[1], 2u);
}

TEST_F(RequestQueueTest, descriptors_behind_a_gate_wait_with_their_message) {
    queue.gate(nullptr, false, 100);
    queue.attach_fd(UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
    message(1);
    flush(0);
    EXPECT_TRUE(socket.fds_at.empty());
    flush(100);
    EXPECT_EQ(socket.fds_at.size(), 1u);
}

TEST_F(RequestQueueTest, a_gates_action_runs_before_the_first_byte_of_its_message) {
    struct Note final : ForwardAction {
        FakeSocket* socket = nullptr;
        std::size_t bytes_before = SIZE_MAX;
        Status about_to_forward() override {
            bytes_before = socket->got.size();
            return {};
        }
    };
    auto note = std::make_shared<Note>();
    note->socket = &socket;
    message(1);
    queue.gate(nullptr, false, 100, note);
    message(2);
    flush(50);
    EXPECT_EQ(note->bytes_before, SIZE_MAX);
    flush(100);
    EXPECT_EQ(note->bytes_before, 8u);
}

TEST_F(RequestQueueTest, a_file_that_everybody_dropped_lives_until_its_held_commit_is_out) {
    auto file = replica();
    std::weak_ptr<mirror::Replica> watch = file;
    queue.gate(file, true, 100);
    message(1);
    update(*file, 1);
    file.reset();
    EXPECT_FALSE(watch.expired());
    flush(100);
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(mirror.live_replicas, 0u);
    EXPECT_EQ(mirror.private_bytes, 0u);
    EXPECT_EQ(mirror.waiting_replicas, 0u);
}

} // namespace
} // namespace tv::proxy
