// The product's Darwin files, on a system that refuses what Darwin refuses. The tests of other files that are
// linked into this program run on the same system.
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/poll.h"
#include "darwin_system.h"
#include "mirror/shared_file.h"
#include "proxy/foreign_file.h"

namespace tv {
namespace {

UniqueFd shared_memory(std::size_t size) {
    UniqueFd fd = UniqueFd::adopt(::memfd_create("test", MFD_CLOEXEC));
    EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0);
    return fd;
}

TEST(DarwinSystem, shared_memory_takes_one_size_and_no_pread_here) {
    const UniqueFd fd = shared_memory(10);
    EXPECT_EQ(::ftruncate(fd.get(), 20), -1);
    char byte = 0;
    EXPECT_EQ(::pread(fd.get(), &byte, 1, 0), -1);
    EXPECT_EQ(errno, ESPIPE);
}

TEST(DarwinFiles, our_own_files_grow_more_than_once_and_keep_their_contents) {
    auto file = mirror::SharedFile::create(100);
    ASSERT_TRUE(file);
    std::memset(file->bytes().data(), 7, 100);
    for (std::size_t size : {200, 5'000, 100'000}) ASSERT_TRUE(file->grow(size));
    EXPECT_EQ(file->size(), 100'000U);
    EXPECT_EQ(file->bytes()[99], std::byte{7});
    EXPECT_EQ(file->bytes()[99'999], std::byte{0});
}

TEST(DarwinFiles, our_own_files_have_no_name_and_are_not_inherited) {
    auto file = mirror::SharedFile::create(1);
    ASSERT_TRUE(file);
    struct stat info{};
    ASSERT_EQ(::fstat(file->descriptor().get(), &info), 0);
    EXPECT_EQ(info.st_nlink, 0U);
    EXPECT_NE(::fcntl(file->descriptor().get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(DarwinFiles, a_keymap_in_shared_memory_is_read_although_it_takes_no_pread) {
    const UniqueFd fd = shared_memory(8);
    ASSERT_EQ(::write(fd.get(), "keymap!", 8), 8);
    const auto before = darwin_system::refused().reads;
    auto contents = proxy::read_foreign_file(fd, 8);
    ASSERT_TRUE(contents);
    EXPECT_STREQ(reinterpret_cast<const char*>(contents->data()), "keymap!");
    EXPECT_GT(darwin_system::refused().reads, before);
}

TEST(DarwinFiles, what_a_keymaps_shared_memory_lacks_reads_as_zeros) {
    const UniqueFd fd = shared_memory(4);
    ASSERT_EQ(::write(fd.get(), "key", 4), 4);
    auto contents = proxy::read_foreign_file(fd, 100'000);
    ASSERT_TRUE(contents);
    EXPECT_EQ(contents->size(), 100'000U);
    EXPECT_STREQ(reinterpret_cast<const char*>(contents->data()), "key");
    EXPECT_EQ(contents->back(), std::byte{0});
}

TEST(DarwinFiles, something_that_is_no_file_reads_as_zeros) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const UniqueFd out = UniqueFd::adopt(ends[0]);
    const UniqueFd in = UniqueFd::adopt(ends[1]);
    auto contents = proxy::read_foreign_file(out, 10);
    ASSERT_TRUE(contents);
    EXPECT_EQ(*contents, std::vector<std::byte>(10));
}

class Silence : public testing::Test {
protected:
    void SetUp() override {
        std::array<int, 2> ends{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
        ours_ = UniqueFd::adopt(ends[0]);
        theirs_ = UniqueFd::adopt(ends[1]);
    }

    UniqueFd ours_;
    UniqueFd theirs_;
};

TEST_F(Silence, poll_alone_does_not_tell_a_hang_up_nobody_asked_for_here) {
    theirs_.reset();
    pollfd ask{ours_.get(), 0, 0};
    EXPECT_EQ(::poll(&ask, 1, 0), 0);
    EXPECT_EQ(ask.revents, 0);
}

TEST_F(Silence, a_hang_up_is_told_although_no_events_are_asked_and_data_wait) {
    ASSERT_EQ(::write(theirs_.get(), "unread", 6), 6);
    theirs_.reset();
    pollfd ask{ours_.get(), 0, 0};
    EXPECT_EQ(poll_descriptors(std::span(&ask, 1), -1), 1);
    EXPECT_NE(ask.revents & POLLHUP, 0);
    EXPECT_EQ(ask.revents & (POLLIN | POLLOUT), 0);
}

TEST_F(Silence, a_living_peer_with_data_is_not_reported_when_no_events_are_asked) {
    ASSERT_EQ(::write(theirs_.get(), "unread", 6), 6);
    pollfd ask{ours_.get(), 0, 0};
    EXPECT_EQ(poll_descriptors(std::span(&ask, 1), 20), 0);
    EXPECT_EQ(ask.revents, 0);
}

TEST_F(Silence, a_hang_up_during_the_wait_is_noticed_before_half_a_second_has_passed) {
    std::thread closer([this] { theirs_.reset(); });
    pollfd ask{ours_.get(), 0, 0};
    int found = 0;
    for (int i = 0; i < 2 && found == 0; ++i) found = poll_descriptors(std::span(&ask, 1), -1);
    closer.join();
    EXPECT_EQ(found, 1);
}

TEST_F(Silence, what_is_asked_of_others_is_answered_beside_a_silent_one) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const UniqueFd out = UniqueFd::adopt(ends[0]);
    const UniqueFd in = UniqueFd::adopt(ends[1]);
    ASSERT_EQ(::write(in.get(), "x", 1), 1);
    std::array<pollfd, 3> ask{pollfd{ours_.get(), 0, 0}, pollfd{-1, POLLIN, 0}, pollfd{out.get(), POLLIN, 0}};
    EXPECT_EQ(poll_descriptors(ask, -1), 1);
    EXPECT_EQ(ask[0].revents, 0);
    EXPECT_EQ(ask[2].revents, POLLIN);
}

} // namespace
} // namespace tv
