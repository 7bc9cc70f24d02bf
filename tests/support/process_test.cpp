#include <algorithm>
#include <csignal>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/process.h"

namespace {

using namespace tv::test;
using namespace std::chrono_literals;

SpawnOptions shell(const std::string& script) {
    SpawnOptions options;
    options.arguments = {"sh", "-c", script};
    return options;
}

TEST(TempDirectory, is_private_and_goes_with_its_owner) {
    std::filesystem::path path;
    {
        const auto dir = TempDir::create();
        ASSERT_TRUE(dir.has_value());
        path = dir->path();
        struct stat status{};
        ASSERT_EQ(stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0700U);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Spawned, output_input_environment_and_exit_code_come_through) {
    SpawnOptions options = shell("cat; echo \"$TV_ADDED${TV_REMOVED-gone}\" >&2; exit 7");
    setenv("TV_REMOVED", "still there", 1);
    options.environment["TV_ADDED"] = "added ";
    options.environment["TV_REMOVED"] = std::nullopt;
    options.input = "typed";
    const auto result = run(options, 10s);
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->out, "typed");
    EXPECT_EQ(result->err, "added gone\n");
    EXPECT_EQ(result->exit, (Exit{false, 7}));
}

TEST(Spawned, a_child_that_takes_too_long_is_killed_and_reaped) {
    const auto result = run(shell("exec sleep 60"), 100ms);
    ASSERT_TRUE(result.has_value());
    EXPECT_TRUE(result->timed_out);
    EXPECT_EQ(result->exit, (Exit{true, SIGKILL}));
    EXPECT_TRUE(list_children().empty());
}

TEST(Spawned, a_group_ends_whole_with_its_leader) {
    SpawnOptions options = shell("sleep 60 & echo started; wait");
    options.own_group = true;
    auto child = Child::spawn(options);
    ASSERT_TRUE(child.has_value());
    ASSERT_TRUE(child->wait_for_output("started", 10s));
    const auto grandchildren = list_children(child->pid());
    ASSERT_EQ(grandchildren.size(), 1U);
    child->kill_group(SIGTERM);
    EXPECT_TRUE(child->wait(10s).has_value());
    EXPECT_TRUE(eventually(
        [&] {
            // Whoever inherits it may be slow to reap it, so a zombie counts as gone.
            return count_descriptors(grandchildren[0]) <= 0;
        },
        10s));
}

TEST(Spawned, of_our_descriptors_only_those_asked_for_are_inherited) {
    const int before = count_descriptors();
    {
        // What whoever started this test let it inherit is passed on as well, so children are compared.
        const auto plain = Child::spawn(shell("echo ready; exec sleep 60"));
        const auto other = tv::UniqueFd::adopt(open("/dev/null", O_RDONLY | O_CLOEXEC));
        SpawnOptions options = shell("echo ready; exec sleep 60");
        options.descriptors = {{other.get(), 200}};
        auto given = Child::spawn(options);
        ASSERT_TRUE(plain.has_value() && given.has_value());
        ASSERT_TRUE(given->wait_for_output("ready", 10s));
        EXPECT_TRUE(eventually(
            [&] { return count_descriptors(given->pid()) == count_descriptors(plain->pid()) + 1; }, 10s));
        const auto list = list_descriptors(given->pid());
        EXPECT_NE(std::find(list.begin(), list.end(), "200 /dev/null"), list.end());
    }
    EXPECT_EQ(count_descriptors(), before);
}

} // namespace
