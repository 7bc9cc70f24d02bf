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
    SpawnOptions command(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TV_TEST_CLIENT);
        SpawnOptions options;
        options.arguments = std::move(arguments);
        options.environment["WAYLAND_DISPLAY"] = compositor_->display();
        options.environment["XDG_RUNTIME_DIR"] = dir_->path().string();
        return options;
    }
    RunResult client(const std::vector<std::string>& arguments) {
        auto result = run(command(arguments), 60s);
        EXPECT_TRUE(result.has_value());
        return result ? std::move(*result) : RunResult{};
    }
    // Starts a client that waits for something, and returns once it has said so.
    Child waiting_client(const std::vector<std::string>& arguments, const std::string& said) {
        auto child = Child::spawn(command(arguments));
        EXPECT_TRUE(child.has_value());
        EXPECT_TRUE(child->wait_for_output(said, 20s)) << child->out() << child->err();
        return std::move(*child);
    }
    void expect_done(Child& child) {
        const auto exit = child.wait(20s);
        EXPECT_TRUE(exit && exit->ok()) << child.out() << child.err();
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

// What the client's output says in one place and the compositor's log in another.
std::string checksum_after(const std::string& text, const std::string& words) {
    const auto at = text.find(words);
    if (at == std::string::npos) return "no " + words;
    const auto checksum = text.find("crc=", at);
    return checksum == std::string::npos ? "no crc" : text.substr(checksum, 12);
}

using Line = std::vector<std::string>;
class EveryScenario : public TestBed, public testing::WithParamInterface<Line> {};

TEST_P(EveryScenario, runs_against_the_compositor_and_leaves_nothing_open) {
    CompositorOptions options;
    options.versions["wp_color_manager_v1"] = 1;
    start(options);
    const int before = count_descriptors();
    const RunResult result = client(GetParam());
    EXPECT_TRUE(result.exit.ok()) << result.out << result.err;
    EXPECT_TRUE(compositor_->wait_until_no_clients(5s));
    EXPECT_TRUE(eventually([&] { return count_descriptors() == before; }, 5s));
}

INSTANTIATE_TEST_SUITE_P(
    TestBed, EveryScenario,
    testing::Values(Line{"shm-basic"}, Line{"shm-resize"}, Line{"shm-formats"}, Line{"shm-damage"},
                    Line{"pool-destroyed-first"}, Line{"buffer-destroyed-pending"}, Line{"two-surfaces"},
                    Line{"popups"}, Line{"viewport"}, Line{"presentation"}, Line{"commit-timing"},
                    Line{"title"}, Line{"toplevel-icon"}, Line{"keymap"}, Line{"virtual-keyboard"},
                    Line{"input-method"}, Line{"gamma"}, Line{"icc"}, Line{"screencopy-wlr"},
                    Line{"screencopy-ext"}, Line{"many-objects", "2000"}, Line{"many-callbacks", "2000"},
                    Line{"sync-latency", "50"}, Line{"full-frame", "640x480", "5", "text"}),
    [](const testing::TestParamInfo<Line>& info) {
        std::string name = info.param[0];
        for (char& letter : name) {
            if (letter == '-') letter = '_';
        }
        return name;
    });

class EverySelection : public TestBed, public testing::WithParamInterface<std::pair<Line, Line>> {};

TEST_P(EverySelection, carries_more_than_a_pipe_holds_from_one_client_to_another) {
    start();
    auto [copy, paste] = GetParam();
    copy.emplace_back("300000");
    Child owner = waiting_client(copy, "offering");
    const RunResult reader = client(paste);
    EXPECT_TRUE(reader.exit.ok()) << reader.out << reader.err;
    expect_done(owner);
    EXPECT_EQ(checksum_after(reader.out, "received"), checksum_after(owner.out(), "sent"));
    EXPECT_NE(reader.out.find(" 300000 bytes"), std::string::npos) << reader.out;
}

INSTANTIATE_TEST_SUITE_P(
    TestBed, EverySelection,
    testing::Values(std::pair(Line{"clipboard-copy"}, Line{"clipboard-paste"}),
                    std::pair(Line{"primary-copy"}, Line{"primary-paste"}),
                    std::pair(Line{"data-control-copy", "wlr-data-control"}, Line{"clipboard-paste"}),
                    std::pair(Line{"primary-copy"}, Line{"data-control-paste", "wlr-data-control-primary"}),
                    std::pair(Line{"data-control-copy", "ext-data-control-primary"}, Line{"primary-paste"}),
                    std::pair(Line{"clipboard-copy"}, Line{"data-control-paste", "ext-data-control"})));

TEST_F(TestBed, typed_keys_reach_the_focused_client_in_order) {
    start();
    Child child = waiting_client({"keymap", "3"}, "listening");
    compositor_->type("aB");
    expect_done(child);
    const std::string out = child.out();
    const auto a = out.find("wl_keyboard#1.key(_, _, 30, 1)");
    const auto shift = out.find("wl_keyboard#1.key(_, _, 42, 1)");
    const auto b = out.find("wl_keyboard#1.key(_, _, 48, 1)");
    EXPECT_LT(a, shift) << out;
    EXPECT_LT(shift, b) << out;
    EXPECT_NE(b, std::string::npos) << out;
}

TEST_F(TestBed, a_stalled_compositor_answers_nothing_until_it_resumes) {
    start();
    compositor_->stall();
    auto child = Child::spawn(command({"shm-basic", "1"}));
    ASSERT_TRUE(child.has_value());
    EXPECT_FALSE(child->wait(300ms).has_value());
    EXPECT_EQ(compositor_->clients_seen(), 0);
    compositor_->resume();
    expect_done(*child);
}

TEST_F(TestBed, a_cut_connection_and_a_dead_compositor_end_the_client_with_a_word) {
    CompositorOptions options;
    options.faults.push_back({Fault::What::Disconnect, "wl_surface", "commit", 2, 0});
    start(options);
    const RunResult cut = client({"shm-basic", "5"});
    EXPECT_EQ(cut.exit, (Exit{false, 1}));
    EXPECT_NE(cut.out.find("connection lost"), std::string::npos) << cut.out;
    Child child = waiting_client({"stay"}, "staying");
    compositor_->die();
    const auto exit = child.wait(5s);
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(*exit, (Exit{false, 1}));
    EXPECT_FALSE(compositor_->run_inside([](Core&) {}));
}

TEST_F(TestBed, hidden_globals_and_lower_versions_are_what_the_client_finds) {
    CompositorOptions options;
    options.versions["wp_viewporter"] = 0;
    options.versions["xdg_wm_base"] = 3;
    start(options);
    EXPECT_NE(client({"viewport"}).out.find("no wp_viewporter"), std::string::npos);
    const RunResult result = client({"shm-basic", "1"});
    EXPECT_TRUE(result.exit.ok());
    // configure_bounds came with version 4.
    EXPECT_EQ(result.out.find("configure_bounds"), std::string::npos) << result.out;
}

TEST_F(TestBed, buffers_are_released_when_the_policy_says) {
    CompositorOptions options;
    options.release = ReleasePolicy::WhenReplaced;
    start(options);
    const RunResult result = client({"shm-basic", "4"});
    EXPECT_TRUE(result.exit.ok()) << result.out;
    std::size_t releases = 0;
    for (auto at = result.out.find(".release("); at != std::string::npos;
         at = result.out.find(".release(", at + 1)) {
        ++releases;
    }
    EXPECT_EQ(releases, 3U) << result.out;
}

TEST_F(TestBed, the_picture_of_a_window_with_popups_has_them_at_their_places) {
    start();
    Child child = waiting_client({"popups", "wait"}, "xdg_surface#3.configure");
    ASSERT_TRUE(compositor_->wait_for_line("wl_surface#3 commit", 5s));
    const Picture whole = compositor_->render();
    const auto menu = compositor_->picture(1, "wl_surface#2");
    const auto submenu = compositor_->picture(1, "wl_surface#3");
    ASSERT_TRUE(menu && submenu);
    EXPECT_EQ(whole.width, 300);
    EXPECT_EQ(whole.height, 200);
    EXPECT_EQ(whole.argb(12, 33), menu->argb(2, 3));
    EXPECT_EQ(whole.argb(70 + 5, 80 + 6), submenu->argb(5, 6));
    compositor_->dismiss_popups();
    expect_done(child);
}

} // namespace
