#include "cli/unix_socket.h"

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/compositor.h"

namespace tv::cli {
namespace {

namespace fs = std::filesystem;

// A folder of its own, with a short name, removed at the end.
class TempFolder {
public:
    TempFolder() {
        char name[] = "/tmp/tv-cli-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() { fs::remove_all(path_); }

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

long count_descriptors() {
    return std::distance(fs::directory_iterator("/dev/fd"), fs::directory_iterator());
}

class Sockets : public testing::Test {
protected:
    void SetUp() override { descriptors_ = count_descriptors(); }
    void TearDown() override { EXPECT_EQ(count_descriptors(), descriptors_); }

    TempFolder folder_;

private:
    long descriptors_ = 0;
};

TEST_F(Sockets, a_listener_is_for_its_owner_only_and_leaves_nothing) {
    const std::string path = folder_ / "s";
    const mode_t umask_before = ::umask(0);
    {
        auto listener = UnixListener::bind(path, 1);
        ASSERT_TRUE(listener) << listener.error().message;
        struct stat info{};
        ASSERT_EQ(::stat(path.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0600u);
        EXPECT_TRUE(connect_unix(path));
    }
    ::umask(umask_before);
    EXPECT_FALSE(fs::exists(path));
}

TEST_F(Sockets, a_socket_that_nobody_listens_on_is_replaced) {
    const std::string path = folder_ / "s";
    {
        // Closed without removing the file, as after SIGKILL.
        const UniqueFd dead = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::listen(dead.get(), 1), 0);
    }
    ASSERT_TRUE(fs::exists(path));
    auto listener = UnixListener::bind(path, 1);
    ASSERT_TRUE(listener) << listener.error().message;
    EXPECT_TRUE(connect_unix(path));
}

TEST_F(Sockets, a_living_listener_is_left_alone) {
    const std::string path = folder_ / "s";
    auto first = UnixListener::bind(path, 1);
    ASSERT_TRUE(first);
    const auto second = UnixListener::bind(path, 1);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("another program listens"), std::string::npos)
        << second.error().message;
    EXPECT_TRUE(connect_unix(path));
}

TEST_F(Sockets, a_living_listener_with_a_full_queue_is_left_alone_without_waiting) {
    const std::string path = folder_ / "s";
    auto first = UnixListener::bind(path, 0);
    ASSERT_TRUE(first);
    const auto waiting = connect_unix(path);
    ASSERT_TRUE(waiting);
    EXPECT_FALSE(UnixListener::bind(path, 1));
    EXPECT_TRUE(fs::exists(path));
}

// As on Darwin, whose full queue cannot be told from a dead listener by connecting.
TEST_F(Sockets, a_living_listener_that_refuses_connections_is_left_alone) {
    const std::string path = folder_ / "s";
    auto first = UnixListener::bind(path, 0);
    ASSERT_TRUE(first);
    ASSERT_EQ(::shutdown(first->fd(), SHUT_RD), 0);
    const auto refused = connect_unix(path);
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().sys_errno, ECONNREFUSED);
    const auto second = UnixListener::bind(path, 1);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("another program listens"), std::string::npos);
    EXPECT_TRUE(fs::exists(path));
    first->close();
    EXPECT_TRUE(UnixListener::bind(path, 1));
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Sockets, what_a_killed_listener_left_behind_is_replaced_and_nothing_stays) {
    const std::string path = folder_ / "s";
    const pid_t child = ::fork();
    if (child == 0) {
        auto listener = UnixListener::bind(path, 1);
        ::_exit(listener ? 0 : 1); // without a word, as after SIGKILL
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    ASSERT_TRUE(fs::exists(path));
    {
        auto listener = UnixListener::bind(path, 1);
        ASSERT_TRUE(listener) << listener.error().message;
        EXPECT_TRUE(connect_unix(path));
    }
    EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Sockets, a_lock_that_leads_elsewhere_is_not_followed) {
    const std::string path = folder_ / "s";
    const std::string other = folder_ / "precious";
    std::ofstream(other) << "precious";
    fs::create_symlink(other, path + ".lock");
    {
        auto listener = UnixListener::bind(path, 1);
        ASSERT_TRUE(listener);
        EXPECT_FALSE(UnixListener::bind(path, 1)); // connecting tells
    }
    EXPECT_EQ(fs::file_size(other), 8u);
    EXPECT_TRUE(fs::is_symlink(path + ".lock"));
}

TEST_F(Sockets, a_file_that_is_no_socket_is_never_removed) {
    const std::string path = folder_ / "s";
    std::ofstream(path) << "precious";
    const auto listener = UnixListener::bind(path, 1);
    ASSERT_FALSE(listener);
    EXPECT_NE(listener.error().message.find("not a socket"), std::string::npos);
    EXPECT_EQ(fs::file_size(path), 8u);
}

TEST_F(Sockets, a_successors_file_is_not_removed) {
    const std::string path = folder_ / "s";
    auto first = UnixListener::bind(path, 1);
    ASSERT_TRUE(first);
    fs::remove(path);
    auto second = UnixListener::bind(path, 1);
    ASSERT_TRUE(second);
    first->close();
    EXPECT_TRUE(connect_unix(path));
}

TEST_F(Sockets, a_long_folder_is_no_obstacle_and_the_working_directory_stays) {
    const fs::path deep = folder_.path() / std::string(100, 'a') / std::string(100, 'b');
    fs::create_directories(deep);
    const std::string path = (deep / "s").string();
    ASSERT_GT(path.size(), max_socket_path());
    const fs::path before = fs::current_path();
    {
        auto listener = UnixListener::bind(path, 1);
        ASSERT_TRUE(listener) << listener.error().message;
        EXPECT_TRUE(connect_unix(path));
        EXPECT_FALSE(UnixListener::bind(path, 1));
    }
    EXPECT_FALSE(fs::exists(path));
    EXPECT_EQ(fs::current_path(), before);
}

TEST_F(Sockets, a_name_that_is_itself_too_long_is_refused_with_the_limit) {
    const auto listener = UnixListener::bind(folder_ / std::string(120, 'n'), 1);
    ASSERT_FALSE(listener);
    EXPECT_NE(listener.error().message.find("too long"), std::string::npos);
    EXPECT_NE(listener.error().message.find(std::to_string(max_socket_path())), std::string::npos);
}

TEST_F(Sockets, a_missing_folder_is_said) {
    const auto listener = UnixListener::bind(folder_ / "none/s", 1);
    ASSERT_FALSE(listener);
    EXPECT_NE(listener.error().message.find("No such file"), std::string::npos);
}

TEST(CompositorPlace, an_absolute_display_is_a_path) {
    const auto place = find_compositor({{}, "/run/wl", {}});
    ASSERT_TRUE(place);
    EXPECT_EQ(place->path, "/run/wl");
}

TEST(CompositorPlace, a_name_is_looked_up_in_the_runtime_folder) {
    EXPECT_EQ(find_compositor({{}, "wayland-1", "/run/user/5"})->path, "/run/user/5/wayland-1");
    const auto without = find_compositor({{}, "wayland-1", {}});
    ASSERT_FALSE(without);
    EXPECT_NE(without.error().message.find("XDG_RUNTIME_DIR"), std::string::npos);
}

TEST(CompositorPlace, without_a_display_the_user_is_told_what_to_set) {
    const auto place = find_compositor({{}, {}, "/run/user/5"});
    ASSERT_FALSE(place);
    EXPECT_NE(place.error().message.find("WAYLAND_DISPLAY"), std::string::npos);
}

TEST(CompositorPlace, wayland_socket_goes_before_the_display_and_is_moved_away) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const UniqueFd other = UniqueFd::adopt(ends[1]);
    const auto place = find_compositor({std::to_string(ends[0]), "/run/wl", {}});
    ASSERT_TRUE(place);
    EXPECT_TRUE(place->path.empty());
    EXPECT_NE(place->connection.get(), ends[0]);
    EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1);
    EXPECT_EQ(::fcntl(place->connection.get(), F_GETFD), FD_CLOEXEC);
    ASSERT_EQ(::write(other.get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(place->connection.get(), &byte, 1), 1);
}

TEST(CompositorPlace, wayland_socket_must_be_an_open_descriptor) {
    for (const char* bad : {"x", "-1", "3x", "99999"}) {
        const auto place = find_compositor({bad, "/run/wl", {}});
        ASSERT_FALSE(place) << bad;
        EXPECT_NE(place.error().message.find("WAYLAND_SOCKET"), std::string::npos);
    }
}

} // namespace
} // namespace tv::cli
