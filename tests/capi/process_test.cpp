// What a receiver does not do to the process that it lives in.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bed.h"
#include "support/sanitizers.h"

extern char** environ;

namespace {

using namespace tv;
using namespace tv::test;

class CapiProcess : public CapiTest {};

// What belongs to the whole process.
struct ProcessState {
    std::vector<std::string> signals; // disposition, flags
    std::vector<int> mask;            // of the calling thread
    std::string directory;
    std::vector<std::string> environment;
    mode_t umask_bits = 0;
    std::vector<std::string> descriptors;
    bool operator==(const ProcessState&) const = default;

    static ProcessState now() {
        ProcessState state;
        for (int number = 1; number < 32; ++number) {
            struct sigaction action{};
            ::sigaction(number, nullptr, &action);
            state.signals.push_back(
                fmt::format("{}: {} {}", number, fmt::ptr(action.sa_sigaction), action.sa_flags));
        }
        sigset_t mask;
        pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        for (int number = 1; number < 64; ++number)
            if (sigismember(&mask, number) == 1) state.mask.push_back(number);
        char buffer[4096];
        state.directory = ::getcwd(buffer, sizeof buffer) != nullptr ? buffer : "";
        for (char** variable = environ; *variable != nullptr; ++variable)
            state.environment.emplace_back(*variable);
        state.umask_bits = ::umask(0);
        ::umask(state.umask_bits);
        state.descriptors = list_descriptors();
        return state;
    }
};

// Standard input, output and error as pipes of the test's, and back.
class StandardStreams {
public:
    StandardStreams() {
        for (int number = 0; number < 3; ++number) {
            kept_[number] = UniqueFd::adopt(::fcntl(number, F_DUPFD_CLOEXEC, 10));
            int ends[2];
            EXPECT_EQ(::pipe(ends), 0);
            ends_[number] = UniqueFd::adopt(::fcntl(ends[0], F_DUPFD_CLOEXEC, 10));
            EXPECT_EQ(::dup2(ends[1], number), number);
            ::close(ends[0]);
            ::close(ends[1]);
        }
    }
    // What was written, all three together.
    std::string restore() {
        std::string text;
        for (int number = 0; number < 3; ++number) {
            ::dup2(kept_[number].get(), number); // closes the last writing end
            char buffer[4096];
            for (ssize_t count = 0; (count = ::read(ends_[number].get(), buffer, sizeof buffer)) > 0;)
                text.append(buffer, static_cast<std::size_t>(count));
        }
        return text;
    }

private:
    UniqueFd kept_[3];
    UniqueFd ends_[3];
};

TEST_F(CapiProcess, a_session_leaves_signals_mask_directory_environment_and_umask_as_they_were) {
    std::fflush(nullptr);
    ASSERT_TRUE(prepare());
    const ProcessState before = ProcessState::now();
    receiver_ = make_receiver();
    ProcessState during;
    host_.on_state = [&](const tv_state_event& event) {
        if (event.state == TV_STATE_CONNECTED) during = ProcessState::now();
    };
    std::thread remote([&] {
        RawPeer peer(std::move(peer_end_), 17);
        (void)peer.open_window();
        peer.send(msg::Close{0});
        (void)peer.wait_for_end();
    });
    EXPECT_EQ(tv_receiver_run(receiver_), TV_OK);
    remote.join();
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    ProcessState after = ProcessState::now();
    // The remote side of the test closed its end.
    ProcessState expected = before;
    expected.descriptors = after.descriptors;
    EXPECT_EQ(after, expected);
    EXPECT_LE(after.descriptors.size(), before.descriptors.size());
    EXPECT_EQ(during.signals, before.signals);
    EXPECT_EQ(during.directory, before.directory);
    EXPECT_EQ(during.environment, before.environment);
}

TEST_F(CapiProcess, nothing_is_written_to_standard_output_or_error_whatever_goes_wrong) {
    ASSERT_TRUE(prepare());
    std::fflush(nullptr);
    StandardStreams streams;
    receiver_ = make_receiver();
    (void)tv_receiver_start(receiver_);
    {
        RawPeer peer(std::move(peer_end_), 17);
        (void)peer.open_window();
        const std::byte nonsense[16]{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};
        peer.send_bytes(nonsense);
        (void)peer.wait_for_end();
    }
    const tv_result ended = tv_receiver_wait(receiver_, 10'000);
    EXPECT_EQ(streams.restore(), "");
    EXPECT_EQ(ended, TV_ERROR_PEER);
    EXPECT_NE(host_.log(), "") << "the host was told instead";
}

TEST_F(CapiProcess, a_reader_that_is_gone_raises_no_sigpipe_on_sockets_or_pipes) {
    for (const bool pipes : {false, true}) {
        ASSERT_TRUE(prepare());
        int in[2] = {-1, -1}, out[2] = {-1, -1};
        if (pipes) {
            ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
            ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
            config_.channel_read_fd = in[0];
            config_.channel_write_fd = out[1];
        }
        tv_receiver receiver = make_receiver();
        if (pipes) {
            ::close(in[0]);
            ::close(out[1]);
            ::close(out[0]); // nobody reads
        }
        channel_.reset();
        struct sigaction fatal{};
        fatal.sa_handler = SIG_DFL; // would end this process
        struct sigaction kept{};
        ::sigaction(SIGPIPE, &fatal, &kept);
        std::thread stopper([&] {
            std::this_thread::sleep_for(20ms);
            (void)tv_receiver_stop(receiver, TV_STOP_TIMEOUT_MS); // sends Close into nothing
        });
        (void)tv_receiver_run(receiver);
        stopper.join();
        ::sigaction(SIGPIPE, &kept, nullptr);
        EXPECT_EQ(tv_receiver_destroy(receiver), TV_OK);
        if (pipes) ::close(in[1]);
        config_.channel_write_fd = -1;
        peer_end_.reset();
        display_.reset();
    }
}

TEST_F(CapiProcess, the_hosts_signals_are_blocked_in_every_thread_of_the_receiver) {
    // Blocked signals of each thread, by id.
    const auto threads = [] {
        std::map<std::string, std::uint64_t> masks;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            std::ifstream status(task.path() / "status");
            for (std::string line; std::getline(status, line);)
                if (line.starts_with("SigBlk:"))
                    masks[task.path().filename()] = std::stoull(line.substr(7), nullptr, 16);
        }
        return masks;
    };
    FakeScript script;
    decoders_.push_back(std::make_shared<FakeFactory>(script));
    ASSERT_TRUE(prepare());
    receiver_ = make_receiver();
    const auto before = threads();
    ASSERT_EQ(tv_receiver_start(receiver_), TV_OK);
    channel_.reset();
    display_.reset();
    peer_.emplace(std::move(peer_end_), 17, CompressionKind::Lz4, VideoKind::Vp9);
    window_ = peer_->open_window();
    dmabuf_ = peer_->bind("zwp_linux_dmabuf_v1", 3);
    ASSERT_TRUE(peer_->roundtrip());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    std::size_t ours = 0;
    for (const auto& [id, mask] : threads()) {
        if (before.contains(id)) continue;
        ++ours;
        for (int number : {SIGPIPE, SIGUSR1, SIGTERM, SIGINT, SIGCHLD, SIGALRM})
            EXPECT_NE(mask >> (number - 1) & 1, 0U) << "thread " << id << ", signal " << number;
    }
    EXPECT_GE(ours, 2U) << "the connection's and a decoder's";
    close_cleanly();
}

TEST_F(CapiProcess, lent_descriptors_keep_their_flags_and_stay_open) {
    ASSERT_TRUE(prepare());
    const auto flags = [](int fd) { return std::pair(::fcntl(fd, F_GETFL), ::fcntl(fd, F_GETFD)); };
    ASSERT_EQ(::fcntl(channel_.get(), F_SETFD, 0), 0);
    const auto channel = flags(channel_.get()), display = flags(display_.get());
    EXPECT_EQ(channel.first & O_NONBLOCK, 0) << "a blocking one is lent";
    receiver_ = make_receiver();
    EXPECT_EQ(tv_receiver_start(receiver_), TV_OK);
    peer_.emplace(std::move(peer_end_), 17);
    ASSERT_TRUE(peer_->read_registry());
    EXPECT_EQ(flags(channel_.get()), channel);
    EXPECT_EQ(flags(display_.get()), display);
    peer_->send(msg::Close{0});
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_OK);
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    EXPECT_EQ(flags(channel_.get()), channel);
    EXPECT_EQ(flags(display_.get()), display);
}

TEST_F(CapiProcess, no_child_is_made) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(peer_->read_registry());
    EXPECT_TRUE(list_children().empty());
    close_cleanly();
}

// --- many ---

TEST_F(CapiProcess, many_receivers_at_once_serve_an_application_each) {
    constexpr std::size_t kMany = 20;
    compositor_ = start_compositor();
    ASSERT_NE(compositor_, nullptr);
    std::vector<std::unique_ptr<Host>> hosts;
    std::vector<tv_receiver> receivers;
    std::vector<RawPeer> peers;
    for (std::size_t i = 0; i < kMany; ++i) {
        auto channel = make_socket_pair();
        ASSERT_TRUE(channel.has_value());
        tv_config config = TV_CONFIG_INIT;
        config.channel_read_fd = channel->theirs.get();
        config.display_path = compositor_->display().c_str();
        hosts.push_back(std::make_unique<Host>());
        const tv_callbacks callbacks = hosts.back()->callbacks();
        tv_receiver made = nullptr;
        ASSERT_EQ(tv_receiver_create(&config, &callbacks, &made), TV_OK);
        receivers.push_back(made);
        ASSERT_EQ(tv_receiver_start(made), TV_OK);
        peers.emplace_back(std::move(channel->ours), 17);
    }
    for (std::size_t i = 0; i < kMany; ++i)
        EXPECT_NE(peers[i].open_window(fmt::format("window {}", i)).surface, 0U);
    for (std::size_t i = 0; i < kMany; ++i) {
        EXPECT_TRUE(peers[i].roundtrip());
        const auto named = hosts[i]->last(TV_STATE_NAMED);
        ASSERT_TRUE(named.has_value());
        EXPECT_EQ(named->title, fmt::format("window {}", i));
    }
    for (tv_receiver receiver : receivers) EXPECT_EQ(tv_receiver_destroy(receiver), TV_OK);
}

TEST_F(CapiProcess, a_thousand_rounds_leave_no_descriptor_thread_or_memory_behind) {
    constexpr int kRounds = 1000;
    std::vector<std::string> descriptors;
    std::size_t threads = 0;
    long resident = 0;
    for (int round = 0; round < kRounds; ++round) {
        auto channel = make_socket_pair(), display = make_socket_pair();
        ASSERT_TRUE(channel && display);
        tv_config config = TV_CONFIG_INIT;
        config.channel_read_fd = channel->theirs.get();
        config.display_fd = display->theirs.get();
        tv_receiver receiver = nullptr;
        ASSERT_EQ(tv_receiver_create(&config, nullptr, &receiver), TV_OK);
        ASSERT_EQ(tv_receiver_start(receiver), TV_OK);
        if (round % 2 == 0) {
            RawPeer peer(std::move(channel->ours), 17);
            peer.request(1, "get_registry");
        }
        if (round % 3 == 0) {
            ASSERT_EQ(tv_receiver_stop(receiver, TV_STOP_TIMEOUT_MS), TV_OK);
        }
        ASSERT_EQ(tv_receiver_destroy(receiver), TV_OK) << round;
        if (round == 100) {
            channel.value() = {};
            display.value() = {};
            descriptors = list_descriptors();
            threads = count_threads();
            resident = resident_kib();
        }
    }
    EXPECT_EQ(list_descriptors(), descriptors);
    EXPECT_LE(count_threads(), threads);
    if (!kSanitized) { // leaks are AddressSanitizer's to find
        EXPECT_LT(resident_kib() - resident, 2048) << "KiB over 900 rounds";
    }
}

} // namespace
