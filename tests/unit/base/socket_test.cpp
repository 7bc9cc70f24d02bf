#include "base/socket.h"

#include <array>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tv {
namespace {

class Sockets : public testing::Test {
protected:
    Sockets() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        here = UniqueFd::adopt(ends[0]);
        there = UniqueFd::adopt(ends[1]);
        prepare_socket(here.get());
        prepare_socket(there.get());
    }

    // What one receive brings, at most `size` bytes.
    Result<std::string> receive(std::size_t size, Fifo<UniqueFd>* fds) {
        std::string text(size, '\0');
        iovec part{text.data(), text.size()};
        TV_ASSIGN(std::size_t count, receive_some(there.get(), std::span(&part, 1), fds));
        return text.substr(0, count);
    }

    UniqueFd here, there;
};

Bytes bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
}

TEST_F(Sockets, bytes_without_descriptors_arrive_whether_or_not_descriptors_are_expected) {
    Fifo<UniqueFd> fds;
    ASSERT_EQ(send_some(here.get(), bytes_of("plain"), {}), 5u);
    EXPECT_EQ(receive(64, nullptr), "plain");
    ASSERT_EQ(send_some(here.get(), bytes_of("again"), {}), 5u);
    EXPECT_EQ(receive(64, &fds), "again");
    EXPECT_TRUE(fds.empty());
}

TEST_F(Sockets, two_pieces_fill_one_after_the_other_when_no_descriptors_are_expected) {
    ASSERT_TRUE(send_some(here.get(), bytes_of("abcdef"), {}));
    std::array<char, 2> first{};
    std::array<char, 8> second{};
    iovec parts[2] = {{first.data(), first.size()}, {second.data(), second.size()}};
    ASSERT_EQ(receive_some(there.get(), parts, nullptr), 6u);
    EXPECT_EQ(std::string(first.data(), 2) + std::string(second.data(), 4), "abcdef");
}

TEST_F(Sockets, descriptors_that_nobody_expects_are_closed_and_their_bytes_arrive) {
    const int before = open_descriptors();
    std::vector<int> many(28, here.get());
    ASSERT_EQ(send_some(here.get(), bytes_of("x"), many), 1u);
    EXPECT_EQ(receive(64, nullptr), "x");
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Sockets, expected_descriptors_arrive_closed_on_exec) {
    const std::array<int, 2> two = {here.get(), there.get()};
    ASSERT_EQ(send_some(here.get(), bytes_of("y"), two), 1u);
    Fifo<UniqueFd> fds;
    EXPECT_EQ(receive(64, &fds), "y");
    ASSERT_EQ(fds.size(), 2u);
    for (; !fds.empty(); fds.pop()) EXPECT_NE(::fcntl(fds.front().get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(Sockets, nothing_to_read_is_try_again_and_a_closed_end_is_0_bytes) {
    auto nothing = receive(64, nullptr);
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().category, ErrorCategory::TryAgain);
    here.reset();
    EXPECT_EQ(receive(64, nullptr), "");
}

TEST_F(Sockets, a_full_socket_is_try_again_and_does_not_block) {
    const std::string block(65536, 'b');
    Result<std::size_t> sent = 0;
    for (int i = 0; i < 1'000 && sent; ++i) sent = send_some(here.get(), bytes_of(block), {});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().category, ErrorCategory::TryAgain);
}

TEST_F(Sockets, sending_to_nobody_is_an_error_and_not_a_signal) {
    there.reset();
    auto sent = send_some(here.get(), bytes_of("z"), {});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().category, ErrorCategory::Closed);
}

} // namespace
} // namespace tv
