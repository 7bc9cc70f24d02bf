// A headless Wayland compositor inside the test process, on a thread of its own.
//
//     auto compositor = TestCompositor::start({.directory = dir.path()});
//     ... run a client with WAYLAND_DISPLAY=(*compositor)->display() ...
//     ASSERT_TRUE((*compositor)->wait_for_commits(3, 5s));
//
// All member functions may be called from any thread except the compositor's own (on_log runs there).
// Getters return copies; what the test changes is carried out on the compositor's thread before the call
// returns.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "core.h"
#include "options.h"
#include "picture.h"
#include "render.h"

namespace tv::test {

class TestCompositor {
public:
    using Milliseconds = std::chrono::milliseconds;

    // Listens when it returns.
    [[nodiscard]] static Result<std::unique_ptr<TestCompositor>> start(CompositorOptions options);
    // Disconnects everybody and removes the socket.
    ~TestCompositor();
    TestCompositor(const TestCompositor&) = delete;
    TestCompositor& operator=(const TestCompositor&) = delete;

    // For WAYLAND_DISPLAY: an absolute path.
    [[nodiscard]] const std::string& display() const { return socket_path_; }
    // A new connection's client end, for WAYLAND_SOCKET.
    [[nodiscard]] Result<UniqueFd> connect();

    // --- what has happened so far ---
    [[nodiscard]] std::vector<LogEntry> log();
    // The texts alone; client 0 means all clients.
    [[nodiscard]] std::vector<std::string> lines(LogEntry::Kind kind, int client = 0);
    [[nodiscard]] std::vector<CommitRecord> commits();
    // The last picture of "wl_surface#N" of a client, also after the surface is gone; null if it had none.
    [[nodiscard]] std::shared_ptr<const Picture> picture(int client, const std::string& surface);
    [[nodiscard]] int clients_seen();
    [[nodiscard]] int clients_alive();

    // --- waiting; false at the timeout ---
    [[nodiscard]] bool wait_for_commits(std::size_t count, Milliseconds timeout);
    // Until some line, of any kind and client, contains the text.
    [[nodiscard]] bool wait_for_line(const std::string& text, Milliseconds timeout);
    [[nodiscard]] bool wait_until_no_clients(Milliseconds timeout);

    // --- input, all to the focused surface ---
    void key(std::uint32_t code, bool pressed);
    void type(const std::string& ascii);
    void motion(double x, double y);
    void button(std::uint32_t code, bool pressed);
    void scroll(double value);
    // Focuses the nth mapped toplevel (0 is the first); -1 takes the focus away.
    void focus_toplevel(int index);
    void configure_toplevel(int index, int width, int height);
    void close_toplevel(int index);
    void dismiss_popups();

    // --- trouble ---
    void add_fault(const Fault& fault);
    void stall();
    void resume();
    // Shuts the connection of a client down.
    void disconnect(int client);
    // As if the compositor died: every connection ends, nothing listens any more.
    void die();

    // --- pictures ---
    [[nodiscard]] Picture render(Layout layout = Layout::Tiled);
    [[nodiscard]] Picture render_screen(int output = 0);

    // Runs something on the compositor's thread and waits for it; false when the compositor has stopped.
    bool run_inside(const std::function<void(Core&)>& action);

private:
    TestCompositor(std::string socket_path, UniqueFd wake);
    void loop(Core& core);
    void carry_out_posted(Core& core);

    std::string socket_path_;
    UniqueFd wake_; // eventfd: something was posted
    Shared shared_;
    std::mutex posted_mutex_;
    std::vector<std::function<void(Core&)>> posted_; // under posted_mutex_
    bool stopped_ = false;                           // under posted_mutex_
    bool stop_ = false;                              // compositor's thread only
    std::thread thread_;
};

} // namespace tv::test
