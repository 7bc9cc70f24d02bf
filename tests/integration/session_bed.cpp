#include "session_bed.h"

#include <condition_variable>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tv::test {

// --- SessionLog
// ----------------------------------------------------------------------------------------------

Log SessionLog::log() {
    return {LogLevel::Debug, [this](LogLevel, std::string_view line) {
                const std::lock_guard lock(mutex_);
                text_.append(line).append("\n");
            }};
}

std::string SessionLog::text() {
    const std::lock_guard lock(mutex_);
    return text_;
}

bool SessionLog::contains(const std::string& part) {
    return text().find(part) != std::string::npos;
}

Result<SocketPair> make_socket_pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair");
    return SocketPair{UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1])};
}

// --- SessionThread
// -------------------------------------------------------------------------------------------

Result<std::unique_ptr<SessionThread>> SessionThread::start(SessionEndpoints endpoints,
                                                            SessionConfig config) {
    std::unique_ptr<SessionThread> self(new SessionThread());
    TV_ASSIGN(self->session_, Session::create(std::move(endpoints), std::move(config)));
    self->thread_ = std::thread([session = self.get()] {
        SessionReport report = session->session_->run();
        const std::lock_guard lock(session->mutex_);
        session->session_.reset(); // its descriptors are closed when wait() returns
        session->report_ = report;
        session->ended_.notify_all();
    });
    return self;
}

SessionThread::~SessionThread() {
    if (!thread_.joinable()) return;
    stop();
    thread_.join();
}

void SessionThread::stop() {
    const std::lock_guard lock(mutex_);
    if (session_) session_->stop();
}

std::optional<SessionReport> SessionThread::wait(Milliseconds timeout) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, timeout, [this] { return report_.has_value(); });
    return report_;
}

// --- Receiver
// ------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Receiver>> Receiver::start(std::string socket_path, TestCompositor& compositor,
                                                  SessionConfig config) {
    return start(std::move(socket_path), [&compositor] { return compositor.connect(); }, std::move(config));
}

Result<std::unique_ptr<Receiver>> Receiver::start(std::string socket_path, Connect connect,
                                                  SessionConfig config) {
    std::unique_ptr<Receiver> self(
        new Receiver(std::move(socket_path), std::move(connect), std::move(config)));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (self->path_.size() >= sizeof address.sun_path)
        return fail(ErrorCategory::Usage, "socket path too long");
    std::memcpy(address.sun_path, self->path_.c_str(), self->path_.size() + 1);
    self->listener_ = UniqueFd::adopt(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    self->wake_ = UniqueFd::adopt(eventfd(0, EFD_CLOEXEC));
    if (!self->listener_.valid() || !self->wake_.valid()) return fail_errno("socket");
    if (bind(self->listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("bind");
    if (listen(self->listener_.get(), 128) != 0) return fail_errno("listen");
    self->thread_ = std::thread([receiver = self.get()] { receiver->accept_all(); });
    return self;
}

Receiver::~Receiver() {
    const std::uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    sessions_.clear();
    unlink(path_.c_str());
}

void Receiver::accept_all() {
    while (true) {
        pollfd watched[2] = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        (void)poll(watched, 2, -1);
        if (watched[0].revents != 0) return;
        UniqueFd channel = UniqueFd::adopt(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!channel.valid()) continue;
        auto compositor = connect_();
        if (!compositor) continue; // the compositor has died: the channel closes
        auto session = SessionThread::start({std::move(channel), {}, std::move(*compositor)}, config_);
        if (!session) continue;
        const std::lock_guard lock(mutex_);
        sessions_.push_back(std::move(*session));
    }
}

std::size_t Receiver::sessions() {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
}

std::vector<SessionReport> Receiver::wait(std::size_t count, Milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    (void)eventually([&] { return sessions() >= count; }, timeout);
    std::vector<SessionReport> reports;
    const std::lock_guard lock(mutex_);
    for (std::size_t index = 0; index < std::min(count, sessions_.size()); ++index) {
        const auto left = std::max(std::chrono::steady_clock::duration::zero(),
                                   deadline - std::chrono::steady_clock::now());
        if (auto report = sessions_[index]->wait(std::chrono::ceil<Milliseconds>(left)))
            reports.push_back(*report);
    }
    return reports;
}

// --- IntegrationTest
// -----------------------------------------------------------------------------------------

std::size_t count_threads() {
    std::error_code error;
    const std::filesystem::directory_iterator threads("/proc/self/task", error);
    return error ? 0 : static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

void IntegrationTest::SetUp() {
    std::thread([] {
    }).join(); // the first thread of a process brings ThreadSanitizer's own along, which stays
    descriptors_before_ = list_descriptors();
    threads_before_ = count_threads();
    auto made = TempDir::create();
    ASSERT_TRUE(made.has_value()) << describe(made.error());
    dir_.emplace(std::move(*made));
}

void IntegrationTest::TearDown() {
    if (HasFailure()) fmt::print(stderr, "--- the sessions' log:\n{}---\n", log_.text());
    // Sockets that somebody made and forgot.
    if (dir_) {
        for (const auto& entry : std::filesystem::directory_iterator(dir_->path()))
            EXPECT_FALSE(entry.is_socket()) << "left behind: " << entry.path();
    }
    dir_.reset();
    EXPECT_EQ(list_descriptors(), descriptors_before_);
    // A joined thread may take a moment to leave the list.
    EXPECT_TRUE(eventually([this] { return count_threads() <= threads_before_; }, 5s))
        << count_threads() << " threads";
    EXPECT_TRUE(list_children().empty());
}

std::unique_ptr<TestCompositor> IntegrationTest::start_compositor(CompositorOptions options) {
    options.directory = dir_->path().string();
    auto compositor = TestCompositor::start(std::move(options));
    EXPECT_TRUE(compositor.has_value()) << describe(compositor.error());
    return compositor ? std::move(*compositor) : nullptr;
}

SessionConfig IntegrationTest::session_config() {
    SessionConfig config;
    config.log = log_.log();
    return config;
}

SpawnOptions IntegrationTest::command(std::vector<std::string> arguments) const {
    SpawnOptions options;
    options.arguments = std::move(arguments);
    options.environment["XDG_RUNTIME_DIR"] = dir_->path().string();
    options.environment["HOME"] = dir_->path().string();
    for (const char* name : {"WAYLAND_DISPLAY", "WAYLAND_SOCKET", "WAYLAND_DEBUG", "DISPLAY"})
        options.environment[name] = std::nullopt;
    options.own_group = true;
    return options;
}

// --- waypipe
// -------------------------------------------------------------------------------------------------

const std::string& waypipe_version() {
    static const std::string version = [] {
        SpawnOptions options;
        options.arguments = {"waypipe", "--version"};
        auto result = run(options, 20s);
        if (!result || !result->exit.ok()) return std::string();
        const std::string word = "waypipe ";
        const auto at = result->out.find(word);
        if (at == std::string::npos) return std::string();
        const auto end = result->out.find_first_of(" \n", at + word.size());
        return result->out.substr(at + word.size(), end - at - word.size());
    }();
    return version;
}

std::vector<std::string> waypipe_server(const std::string& compression, const std::string& channel,
                                        const std::string& display, std::vector<std::string> command) {
    std::vector<std::string> arguments{"waypipe",   "-c",    compression, "-s", channel,
                                       "--display", display, "server",    "--"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    return arguments;
}

} // namespace tv::test
