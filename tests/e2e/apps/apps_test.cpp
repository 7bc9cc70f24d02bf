// Real applications through a stock `waypipe server` and `tunnelview client`: they show something, they take
// input, and when all is over there is nothing left of any of it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "compositor/compositor.h"
#include "support/process.h"

namespace {

using namespace tv;
using namespace tv::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Application {
    const char* name;
    std::vector<std::string> command;
    std::map<std::string, std::optional<std::string>> environment;
    const char* typed = nullptr; // changes what it shows
    bool closes = true;          // at xdg_toplevel.close
};
void PrintTo(const Application& application, std::ostream* out) {
    *out << application.name;
}

const std::map<std::string, std::optional<std::string>> kGtk{{"GDK_BACKEND", "wayland"},
                                                             {"GSK_RENDERER", "cairo"},
                                                             {"GSETTINGS_BACKEND", "memory"},
                                                             {"GTK_A11Y", "none"},
                                                             {"GIO_USE_VFS", "local"}};

const std::vector<Application> kApplications{
    {"weston_terminal", {"weston-terminal"}, {{"SHELL", "/bin/sh"}, {"PS1", "$ "}}, "ls /\n", true},
    {"foot", {"foot", "--window-size-pixels=620x400", "sh"}, {{"PS1", "$ "}}, "echo hello\n", true},
    {"gtk4_demo", {"gtk4-demo"}, kGtk, nullptr, true},
    {"speedcrunch", {"speedcrunch"}, {{"QT_QPA_PLATFORM", "wayland"}}, "2*21\n", true},
    // Draws for ever and does not listen.
    {"weston_simple_shm", {"weston-simple-shm"}, {}, nullptr, false},
};

bool installed(const std::string& program) {
    std::string path = std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin";
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        if (access((path.substr(at, end - at) + "/" + program).c_str(), X_OK) == 0) return true;
        at = end + 1;
    }
    return false;
}

// Processes that were started with our private directory, and still run.
std::vector<std::string> processes_of(const std::string& directory) {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string pid = entry.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(getpid()))
            continue;
        std::ifstream file(entry.path() / "environ", std::ios::binary);
        const std::string environment{std::istreambuf_iterator<char>(file), {}};
        if (environment.find("XDG_RUNTIME_DIR=" + directory) == std::string::npos) continue;
        std::ifstream command(entry.path() / "comm");
        std::string name;
        std::getline(command, name);
        found.push_back(pid + " " + name);
    }
    return found;
}

class Apps : public testing::TestWithParam<Application> {
protected:
    void SetUp() override {
        descriptors_before_ = list_descriptors();
        auto made = TempDir::create();
        ASSERT_TRUE(made.has_value());
        dir_.emplace(std::move(*made));
        fs::create_directory(dir_->path() / "home");
    }
    void TearDown() override {
        if (HasFailure() && client_) fmt::print(stderr, "--- tunnelview:\n{}---\n", client_->err());
        if (HasFailure() && server_)
            fmt::print(stderr, "--- application:\n{}{}---\n", server_->out(), server_->err());
        server_.reset();
        client_.reset();
        compositor_.reset();
        dir_.reset();
        EXPECT_EQ(list_descriptors(), descriptors_before_);
        EXPECT_TRUE(list_children().empty());
    }
    [[nodiscard]] SpawnOptions command(std::vector<std::string> arguments) const {
        SpawnOptions options;
        options.arguments = std::move(arguments);
        options.environment["XDG_RUNTIME_DIR"] = dir_->path().string();
        options.environment["HOME"] = *dir_ / "home";
        options.environment["LC_ALL"] = "C.UTF-8";
        for (const char* name : {"WAYLAND_DISPLAY", "WAYLAND_SOCKET", "WAYLAND_DEBUG", "DISPLAY",
                                 "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS"})
            options.environment[name] = std::nullopt;
        options.own_group = true;
        return options;
    }
    [[nodiscard]] bool start() {
        CompositorOptions options;
        options.directory = dir_->path().string();
        options.frame_delay_ms = 16;
        auto compositor = TestCompositor::start(std::move(options));
        if (!compositor) return false;
        compositor_ = std::move(*compositor);
        SpawnOptions client = command({TV_PROGRAM, "-s", *dir_ / "channel", "client"});
        client.environment["WAYLAND_DISPLAY"] = compositor_->display();
        auto spawned = Child::spawn(client);
        if (!spawned) return false;
        client_.emplace(std::move(*spawned));
        if (!eventually([this] { return fs::exists(dir_->path() / "channel"); }, 10s)) return false;
        std::vector<std::string> arguments{"waypipe",   "-c",          "lz4",    "-s", *dir_ / "channel",
                                           "--display", *dir_ / "app", "server", "--"};
        arguments.insert(arguments.end(), GetParam().command.begin(), GetParam().command.end());
        SpawnOptions server = command(std::move(arguments));
        for (const auto& [name, value] : GetParam().environment) server.environment[name] = value;
        auto started = Child::spawn(server);
        if (!started) return false;
        server_.emplace(std::move(*started));
        return true;
    }
    // Until nothing has been committed for a while.
    void settle() {
        std::size_t last = 0;
        auto since = std::chrono::steady_clock::now();
        (void)eventually(
            [&] {
                const std::size_t now = compositor_->commits().size();
                if (now != last) since = std::chrono::steady_clock::now();
                last = now;
                return std::chrono::steady_clock::now() - since > 400ms;
            },
            3s);
    }
    // The first toplevel with everything on it.
    [[nodiscard]] Picture shown() { return compositor_->render(Layout::Tiled); }

    std::optional<TempDir> dir_;
    std::unique_ptr<TestCompositor> compositor_;
    std::optional<Child> client_;
    std::optional<Child> server_;

private:
    std::vector<std::string> descriptors_before_;
};

TEST_P(Apps, show_take_input_close_and_leave_nothing_behind) {
    const Application& application = GetParam();
    if (!installed("waypipe")) GTEST_SKIP() << "skipped: no waypipe is installed";
    if (!installed(application.command[0]))
        GTEST_SKIP() << "skipped: " << application.command[0] << " is not installed";
    ASSERT_TRUE(start());
    ASSERT_TRUE(compositor_->wait_for_commits(1, 30s));
    settle();
    const Picture first = shown();
    EXPECT_GT(first.width, 100);
    EXPECT_FALSE(first.blank());
    EXPECT_TRUE(write_png(first, *dir_ / "shown.png"));
    EXPECT_GT(fs::file_size(dir_->path() / "shown.png"), 500U);
    if (application.typed != nullptr) {
        compositor_->type(application.typed);
        EXPECT_TRUE(eventually([&] { return shown().crc != first.crc; }, 10s)) << "typing changes nothing";
        settle();
        EXPECT_FALSE(shown().blank());
    }
    EXPECT_TRUE(client_->running());
    EXPECT_TRUE(server_->running());

    if (application.closes) {
        compositor_->close_toplevel(0);
    } else {
        server_->kill_group(SIGTERM);
    }
    EXPECT_TRUE(server_->wait(15s).has_value()) << "the application stays";
    EXPECT_TRUE(compositor_->wait_until_no_clients(10s));
    // The connection's process ends with it; the listener stays.
    EXPECT_TRUE(eventually([&] { return list_children(client_->pid()).empty(); }, 10s));
    EXPECT_TRUE(client_->running());
    client_->kill(SIGTERM);
    EXPECT_TRUE(client_->wait(10s).has_value()) << "tunnelview stays";
    server_->kill_group(SIGTERM); // what the application had started for itself
    const std::string directory = dir_->path().string();
    EXPECT_TRUE(eventually([&] { return processes_of(directory).empty(); }, 10s))
        << fmt::format("{}", fmt::join(processes_of(directory), ", "));
    EXPECT_FALSE(fs::exists(dir_->path() / "channel"));
    compositor_.reset();
    for (const auto& entry : fs::directory_iterator(dir_->path())) {
        // The socket of waypipe 0.8.4's own display is what 0.8.4 leaves.
        const bool left_by_waypipe = entry.path().filename() == "app";
        EXPECT_TRUE(left_by_waypipe || !entry.is_socket()) << entry.path();
    }
}

std::string application_name(const testing::TestParamInfo<Application>& info) {
    return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Real, Apps, testing::ValuesIn(kApplications), application_name);

} // namespace
