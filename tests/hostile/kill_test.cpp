// Sudden ends at every point of a recorded session: of the remote side, of the compositor, of ourselves.
// Nothing may stay behind: no process, no socket, no file, no descriptor.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "arena.h"
#include "duel.h"
#include "recording.h"

namespace tv::test {
namespace {

// A compositor's socket in the test: who connects is answered until play() takes the next one over.
class Stage {
public:
    explicit Stage(const std::string& path) {
        listener_ = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_.get(), 128), 0);
    }

    void serve() {
        for (;;) {
            UniqueFd accepted = UniqueFd::adopt(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!accepted.valid()) break;
            if (expecting_) {
                player_.emplace(std::move(accepted));
                player_->answers = false;
                expecting_ = false;
            } else {
                others_.emplace_back(std::move(accepted));
            }
        }
        if (player_) (void)player_->serve();
        for (CompositorEnd& other : others_) (void)other.serve();
        std::erase_if(others_, [](const CompositorEnd& other) { return other.ended(); });
    }

    // The next connection is the recorded one.
    void expect_player() {
        player_.reset();
        expecting_ = true;
    }
    [[nodiscard]] std::optional<CompositorEnd>& player() { return player_; }
    [[nodiscard]] bool idle() {
        serve();
        return others_.empty() && (!player_ || player_->ended());
    }

private:
    UniqueFd listener_;
    bool expecting_ = false;
    std::optional<CompositorEnd> player_;
    std::vector<CompositorEnd> others_;
};

// Of each of the longer recordings.
constexpr std::size_t kPoints = kSanitized ? 12 : 34;
constexpr std::size_t kRestarts = kSanitized ? 5 : 10;
constexpr std::size_t kShort = 4096;
constexpr std::size_t kStep = kSanitized ? 64 : 4; // of a short one

class SuddenEnd : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        own_descriptors_ = count_descriptors();
        recording_ = read_recording(std::string(TV_FIXTURES "/") + GetParam());
        ASSERT_FALSE(recording_.steps.empty());
        std::filesystem::create_directory(temporary_);
        stage_.emplace(folder_ / "wayland-0");
        start();
    }

    void start() {
        SpawnOptions spawn;
        spawn.arguments = {TV_PROGRAM, "-s", socket_, "client"};
        spawn.environment = {{"XDG_RUNTIME_DIR", folder_.path().string()},
                             {"TMPDIR", temporary_},
                             {"WAYLAND_DISPLAY", "wayland-0"},
                             {"WAYLAND_SOCKET", std::nullopt}};
        program_ = Child::spawn(spawn).value();
        ASSERT_TRUE(eventually(
            [&] {
                stage_->serve();
                return listens() || !program_->running();
            },
            kPatience));
        ASSERT_TRUE(program_->running()) << program_->err();
        stage_->serve(); // it tries the compositor before it listens: not the connection to be played
    }

    // Whether somebody listens on socket_; a file that nobody listens on does not count.
    [[nodiscard]] bool listens() const {
        std::ifstream table("/proc/net/unix");
        for (std::string line; std::getline(table, line);)
            if (line.ends_with(' ' + socket_) && line.find(" 00010000 ") != std::string::npos) return true;
        return false;
    }

    void TearDown() override {
        peer_.reset();
        program_->kill(SIGTERM);
        EXPECT_TRUE(program_->wait(kPatience)) << program_->err();
        expect_nothing_left();
        program_.reset();
        stage_.reset();
        EXPECT_EQ(count_descriptors(), own_descriptors_);
    }

    // Plays the first bytes of the recording to both ends of a new connection.
    void play(std::size_t bytes) {
        stage_->expect_player();
        peer_.emplace(connect_to(socket_));
        peer_->meanwhile = [this] { stage_->serve(); };
        ASSERT_TRUE(peer_->wait_for([&] { return stage_->player().has_value(); })) << program_->err();
        for (const RecordedStep& step : recording_.steps) {
            if (bytes == 0) return;
            const Bytes part = Bytes(step.bytes).first(std::min(bytes, step.bytes.size()));
            bytes -= part.size();
            const bool whole = part.size() == step.bytes.size();
            if (step.from == RecordedStep::From::Application) {
                ASSERT_TRUE(peer_->raw(part)) << program_->err();
                if (whole) {
                    ASSERT_TRUE(peer_->wait_for([&] { return requests_delivered(step.requests_so_far); }))
                        << peer_->error().value_or("") << program_->err();
                }
            } else {
                ASSERT_TRUE(send_events(step, part)) << program_->err();
                if (whole) {
                    ASSERT_TRUE(events_delivered()) << peer_->error().value_or("");
                }
            }
        }
    }

    [[nodiscard]] bool requests_delivered(std::size_t bytes) {
        return stage_->player() && stage_->player()->bytes_received() >= bytes;
    }
    // An event of an object that nobody knows follows the others to the remote side.
    [[nodiscard]] bool events_delivered() {
        constexpr std::uint32_t kNobody = 0x00fffff0;
        auto seen = [&] { return std::ranges::count(peer_->events(), kNobody, &Event::object); };
        const auto before = seen();
        stage_->player()->say(Words(kNobody, 0));
        return peer_->wait_for([&] { return seen() > before; });
    }

    bool send_events(const RecordedStep& step, Bytes part) {
        std::vector<UniqueFd> owned;
        std::vector<int> fds;
        for (RecordedStep::Descriptor kind : step.descriptors) {
            if (kind == RecordedStep::Descriptor::File) {
                owned.push_back(memory_file(ByteVector(64 * 1024)));
            } else {
                int ends[2];
                EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
                UniqueFd::adopt(ends[0]).reset();
                owned.push_back(UniqueFd::adopt(ends[1]));
            }
            fds.push_back(owned.back().get());
        }
        return stage_->player() && stage_->player()->send(part, fds) == part.size();
    }

    // So many offsets spread over the recording, none at the same place of a message by design.
    [[nodiscard]] std::vector<std::size_t> spread(std::size_t count) const {
        std::vector<std::size_t> offsets;
        for (std::size_t i = 0; i < count; ++i) offsets.push_back((recording_.size() * i + i) / count);
        return offsets;
    }
    // Every word of a short recording, and with them the borders of all messages; of others some.
    [[nodiscard]] std::vector<std::size_t> points() const {
        if (recording_.size() > kShort) return spread(kPoints);
        std::vector<std::size_t> offsets;
        for (std::size_t at = 0; at < recording_.size(); at += kStep) offsets.push_back(at);
        return offsets;
    }

    [[nodiscard]] bool no_connection_left() {
        return eventually([&] { return list_children(program_->pid()).empty() && stage_->idle(); },
                          kPatience);
    }
    void expect_nothing_left() {
        EXPECT_FALSE(std::filesystem::exists(socket_));
        EXPECT_TRUE(std::filesystem::is_empty(temporary_));
        std::vector<std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            files.push_back(entry.path().filename());
        std::ranges::sort(files);
        EXPECT_EQ(files, (std::vector<std::string>{"tmp", "wayland-0"}));
    }

    TempDir folder_ = TempDir::create().value();
    std::string socket_ = folder_ / "channel";
    std::string temporary_ = folder_ / "tmp";
    std::optional<Stage> stage_;
    std::optional<Child> program_;
    std::optional<Peer> peer_;
    Recording recording_;

private:
    int own_descriptors_ = 0;
};

[[nodiscard]] bool is_gone(pid_t pid) {
    return ::kill(pid, 0) != 0 && errno == ESRCH;
}

// Orphans are reaped by whoever adopts them, in its time.
[[nodiscard]] bool is_zombie(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name, state;
    stat >> number >> name >> state;
    return state == "Z";
}

TEST_P(SuddenEnd, of_the_remote_side_leaves_nothing) {
    play(0);
    peer_->close();
    ASSERT_TRUE(no_connection_left());
    const int descriptors = count_descriptors(program_->pid());
    for (std::size_t offset : points()) {
        SCOPED_TRACE(offset);
        ASSERT_NO_FATAL_FAILURE(play(offset));
        peer_->close();
        ASSERT_TRUE(no_connection_left()) << program_->err();
    }
    EXPECT_EQ(count_descriptors(program_->pid()), descriptors);
    EXPECT_EQ(program_->err(), "");
}

TEST_P(SuddenEnd, of_the_compositor_leaves_nothing_and_is_told_to_the_remote_side) {
    for (std::size_t offset : points()) {
        SCOPED_TRACE(offset);
        ASSERT_NO_FATAL_FAILURE(play(offset));
        stage_->player()->hang_up();
        EXPECT_TRUE(peer_->wait_for_end());
        EXPECT_TRUE(peer_->closed());
        peer_->close();
        stage_->player().reset();
        ASSERT_TRUE(no_connection_left()) << program_->err();
    }
}

TEST_P(SuddenEnd, of_a_connections_process_leaves_nothing) {
    for (std::size_t offset : points()) {
        SCOPED_TRACE(offset);
        ASSERT_NO_FATAL_FAILURE(play(offset));
        ASSERT_TRUE(eventually([&] { return list_children(program_->pid()).size() == 1; }, kPatience));
        const pid_t process = list_children(program_->pid()).front();
        ASSERT_EQ(::kill(process, offset % 2 == 0 ? SIGTERM : SIGKILL), 0);
        EXPECT_TRUE(peer_->wait_for_end());
        ASSERT_TRUE(no_connection_left()) << program_->err();
        EXPECT_TRUE(eventually([&] { return is_gone(process); }, kPatience));
    }
}

TEST_P(SuddenEnd, by_sigterm_leaves_nothing) {
    for (std::size_t offset : points()) {
        SCOPED_TRACE(offset);
        ASSERT_NO_FATAL_FAILURE(play(offset));
        ASSERT_TRUE(eventually([&] { return list_children(program_->pid()).size() == 1; }, kPatience));
        const pid_t process = list_children(program_->pid()).front();
        program_->kill(SIGTERM);
        EXPECT_TRUE(peer_->wait_for_end());
        EXPECT_EQ(program_->wait(kPatience), (Exit{true, SIGTERM})) << program_->err();
        EXPECT_TRUE(eventually([&] { return is_gone(process); }, kPatience));
        EXPECT_TRUE(eventually([&] { return stage_->idle(); }, kPatience));
        expect_nothing_left();
        start();
    }
}

TEST_P(SuddenEnd, by_sigkill_lets_connections_end_and_the_next_start_replaces_the_socket) {
    for (std::size_t offset : spread(kRestarts)) {
        SCOPED_TRACE(offset);
        ASSERT_NO_FATAL_FAILURE(play(offset));
        ASSERT_TRUE(eventually([&] { return list_children(program_->pid()).size() == 1; }, kPatience));
        const pid_t process = list_children(program_->pid()).front();
        program_->kill(SIGKILL);
        EXPECT_EQ(program_->wait(kPatience), (Exit{true, SIGKILL}));
        EXPECT_TRUE(std::filesystem::exists(socket_));
        start();
        peer_->close();
        EXPECT_TRUE(eventually([&] { return stage_->idle() && (is_gone(process) || is_zombie(process)); },
                               kPatience));
        EXPECT_TRUE(std::filesystem::exists(socket_))
            << "the old connection's process took the new socket away";
    }
}

INSTANTIATE_TEST_SUITE_P(Recorded, SuddenEnd,
                         testing::Values("084-shm-lz4-foot", "0112-shm-zstd-foot", "084-shm-lz4-clipboard"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

} // namespace
} // namespace tv::test
