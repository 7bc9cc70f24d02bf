// The test bed by itself: compositor and client with nothing in between.
#include <gtest/gtest.h>

#include "compositor/compositor.h"
#include "support/process.h"

namespace {

using namespace tv::test;
using namespace std::chrono_literals;

class TestBed : public testing::Test {
protected:
    void SetUp() override {
        auto dir = TempDir::create();
        ASSERT_TRUE(dir.has_value());
        dir_ = std::make_unique<TempDir>(std::move(*dir));
    }
    void start(CompositorOptions options = {}) {
        options.directory = dir_->path().string();
        auto compositor = TestCompositor::start(std::move(options));
        ASSERT_TRUE(compositor.has_value()) << tv::describe(compositor.error());
        compositor_ = std::move(*compositor);
    }
    RunResult client(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TV_TEST_CLIENT);
        SpawnOptions options;
        options.arguments = std::move(arguments);
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        options.environment["XDG_RUNTIME_DIR"] = dir_->path().string();
        auto result = run(options, 60s);
        EXPECT_TRUE(result.has_value());
        return result ? std::move(*result) : RunResult{};
    }
    std::unique_ptr<TempDir> dir_;
    std::unique_ptr<TestCompositor> compositor_;
};

TEST_F(TestBed, a_client_shows_frames_and_each_commit_has_its_own_checksum) {
    start();
    const RunResult result = client({"shm-basic", "5"});
    EXPECT_TRUE(result.exit.ok()) << result.out << result.err;
    const auto commits = compositor_->commits();
    ASSERT_EQ(commits.size(), 5U);
    for (std::size_t index = 1; index < commits.size(); ++index) {
        EXPECT_NE(commits[index].crc, commits[index - 1].crc);
    }
    EXPECT_EQ(commits[0].width, 320);
    EXPECT_EQ(commits[0].surface, "wl_surface#1");
    EXPECT_TRUE(compositor_->wait_until_no_clients(5s));
}

TEST_F(TestBed, two_runs_of_a_client_print_the_same_lines_and_commit_the_same_pixels) {
    start();
    const RunResult first = client({"shm-resize", "4"});
    const RunResult second = client({"shm-resize", "4"});
    EXPECT_TRUE(first.exit.ok()) << first.out << first.err;
    EXPECT_EQ(first.out, second.out);
    const auto commits = compositor_->commits();
    ASSERT_EQ(commits.size(), 8U);
    for (std::size_t index = 0; index < 4; ++index) EXPECT_EQ(commits[index].crc, commits[index + 4].crc);
}

TEST_F(TestBed, a_scripted_error_reaches_the_client) {
    CompositorOptions options;
    options.faults.push_back({Fault::What::PostError, "wl_surface", "commit", 3, 2});
    start(options);
    const RunResult result = client({"shm-basic", "5"});
    EXPECT_EQ(result.exit, (Exit{false, 1}));
    EXPECT_NE(result.out.find("failed: protocol error 2 on wl_surface"), std::string::npos) << result.out;
}

TEST_F(TestBed, a_client_that_leaves_in_the_middle_leaves_nothing_behind) {
    start();
    const int before = count_descriptors();
    const RunResult result = client({"abrupt-exit", "2"});
    EXPECT_TRUE(result.exit.ok());
    EXPECT_TRUE(compositor_->wait_until_no_clients(5s));
    EXPECT_TRUE(eventually([&] { return count_descriptors() == before; }, 5s));
}

TEST_F(TestBed, a_stopped_compositor_removes_its_socket_and_its_descriptors) {
    const int before = count_descriptors();
    start();
    const std::string path = compositor_->display();
    EXPECT_TRUE(std::filesystem::exists(path));
    compositor_.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(count_descriptors(), before);
}

} // namespace
