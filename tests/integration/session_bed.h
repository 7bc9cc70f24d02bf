// Sessions on threads of the test, and what every integration test checks at its end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "compositor/compositor.h"
#include "session/session.h"
#include "support/process.h"

namespace tv::test {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

// What sessions say, for assertions and for the reader of a failure. Thread-safe; outlives its sessions.
class SessionLog {
public:
    [[nodiscard]] Log log();
    [[nodiscard]] std::string text();
    [[nodiscard]] bool contains(const std::string& part);

private:
    std::mutex mutex_;
    std::string text_;
};

// Both ends of a connected Unix stream socket, close-on-exec.
struct SocketPair {
    UniqueFd ours;
    UniqueFd theirs;
};
[[nodiscard]] Result<SocketPair> make_socket_pair();

// One Session on a thread of its own. The destructor stops it.
class SessionThread {
public:
    [[nodiscard]] static Result<std::unique_ptr<SessionThread>> start(SessionEndpoints endpoints,
                                                                      SessionConfig config);
    ~SessionThread();
    SessionThread(const SessionThread&) = delete;
    SessionThread& operator=(const SessionThread&) = delete;

    void stop();
    // Nothing when it still runs after the timeout.
    [[nodiscard]] std::optional<SessionReport> wait(Milliseconds timeout);

private:
    SessionThread() = default;

    std::mutex mutex_;
    std::unique_ptr<Session> session_; // reset under mutex_ when run() has returned
    std::condition_variable ended_;
    std::optional<SessionReport> report_; // under mutex_
    std::thread thread_;
};

// What `tunnelview client` does, in this process: accepts channels, connects each to the compositor and
// serves it with a session on a thread of its own.
class Receiver {
public:
    using Connect = std::function<Result<UniqueFd>()>; // to the compositor
    [[nodiscard]] static Result<std::unique_ptr<Receiver>>
    start(std::string socket_path, TestCompositor& compositor, SessionConfig config);
    [[nodiscard]] static Result<std::unique_ptr<Receiver>> start(std::string socket_path, Connect connect,
                                                                 SessionConfig config);
    // Stops all sessions.
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::size_t sessions();
    // The reports of the first so many sessions; fewer when they have not all ended at the timeout.
    [[nodiscard]] std::vector<SessionReport> wait(std::size_t count, Milliseconds timeout);

private:
    Receiver(std::string path, Connect connect, SessionConfig config)
        : path_(std::move(path)), connect_(std::move(connect)), config_(std::move(config)) {}
    void accept_all();

    const std::string path_;
    const Connect connect_;
    const SessionConfig config_;
    UniqueFd listener_;
    UniqueFd wake_; // an eventfd: time to go
    std::mutex mutex_;
    std::vector<std::unique_ptr<SessionThread>> sessions_; // under mutex_
    std::thread thread_;
};

// A private directory; descriptors, threads and children counted before and after each test.
class IntegrationTest : public testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    // Started in the private directory. A failure ends up in the test's result and null is returned.
    [[nodiscard]] std::unique_ptr<TestCompositor> start_compositor(CompositorOptions options = {});
    // With the log connected.
    [[nodiscard]] SessionConfig session_config();
    // The environment of a child that is to know nothing of the user's desktop.
    [[nodiscard]] SpawnOptions command(std::vector<std::string> arguments) const;

    [[nodiscard]] const TempDir& dir() const { return *dir_; }
    SessionLog log_;

private:
    std::optional<TempDir> dir_;
    std::vector<std::string> descriptors_before_;
    std::size_t threads_before_ = 0;
};

// Threads of this process.
[[nodiscard]] std::size_t count_threads();

// The stock waypipe that the tests run against, e.g. "0.8.4"; empty when none is installed.
[[nodiscard]] const std::string& waypipe_version();
// `waypipe -c KIND -s CHANNEL --display DISPLAY server -- COMMAND...`
[[nodiscard]] std::vector<std::string> waypipe_server(const std::string& compression,
                                                      const std::string& channel, const std::string& display,
                                                      std::vector<std::string> command);

} // namespace tv::test
