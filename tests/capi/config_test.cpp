// Every field of tv_config, through to what it decides.
#include <atomic>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/thread_setup.h"
#include "bed.h"
#include "video/decoders.h"

namespace {

std::mutex classes_mutex;
std::map<long, tv::ThreadQos> classes; // of each thread that chose one, by its kernel's number

} // namespace

// In place of the system's, which is none here: what threads ask for.
void tv::set_thread_qos(ThreadQos qos) {
    const std::lock_guard lock(classes_mutex);
    classes[::syscall(SYS_gettid)] = qos;
}

namespace {

using namespace tv;
using namespace tv::test;

class CapiConfig : public CapiTest {
protected:
    capi::Setup setup() {
        auto made = capi::make_setup(config_);
        EXPECT_TRUE(made.has_value());
        return made ? std::move(*made) : capi::Setup{};
    }
    static std::set<long> threads() {
        std::set<long> ids;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
            ids.insert(std::stol(entry.path().filename()));
        return ids;
    }
};

TEST_F(CapiConfig, every_number_and_flag_arrives_where_it_decides) {
    ASSERT_TRUE(prepare());
    const capi::Setup plain = setup();
    EXPECT_EQ(plain.session.worker_threads, 0U);
    EXPECT_TRUE(plain.session.offer_gpu);
    EXPECT_EQ(plain.session.limits.written_bytes, limits::kMaxWrittenBytes);
    EXPECT_EQ(plain.session.limits.video_pixels, limits::kMaxVideoPixels);
    EXPECT_EQ(plain.session.limits.video_streams, limits::kMaxVideoStreams);
    EXPECT_EQ(plain.qos, ThreadQos::Inherit);
    EXPECT_FALSE(plain.frames || plain.zero_pass);
    config_.threads = 3;
    config_.limits = {sizeof(tv_limits), 1 << 20, 640 * 480, 2, 0};
    config_.qos = TV_QOS_UTILITY;
    config_.frames = config_.zero_pass = 1;
    config_.title_prefix = "far: ";
    config_.compressions = TV_COMPRESSION_ZSTD;
    const capi::Setup made = setup();
    EXPECT_EQ(made.session.worker_threads, 3U);
    EXPECT_EQ(made.session.limits.written_bytes, std::size_t{1} << 20);
    EXPECT_EQ(made.session.limits.video_pixels, 640U * 480);
    EXPECT_EQ(made.session.limits.video_streams, 2U);
    EXPECT_EQ(made.qos, ThreadQos::Utility);
    EXPECT_TRUE(made.frames && made.zero_pass);
    EXPECT_EQ(made.session.title_prefix, "far: ");
    EXPECT_EQ(made.session.compressions, 1u << static_cast<unsigned>(CompressionKind::Zstd));
}

TEST_F(CapiConfig, every_class_and_log_level_is_the_one_of_that_name) {
    ASSERT_TRUE(prepare());
    for (const auto& [given, wanted] : {std::pair{TV_QOS_INHERIT, ThreadQos::Inherit},
                                        {TV_QOS_BACKGROUND, ThreadQos::Background},
                                        {TV_QOS_UTILITY, ThreadQos::Utility},
                                        {TV_QOS_DEFAULT, ThreadQos::Default},
                                        {TV_QOS_USER_INITIATED, ThreadQos::UserInitiated},
                                        {TV_QOS_USER_INTERACTIVE, ThreadQos::UserInteractive}}) {
        config_.qos = given;
        EXPECT_EQ(setup().qos, wanted) << given;
    }
    for (const auto& [given, wanted] : {std::pair{TV_LOG_DEBUG, LogLevel::Debug},
                                        {TV_LOG_INFO, LogLevel::Info},
                                        {TV_LOG_WARNING, LogLevel::Warning},
                                        {TV_LOG_ERROR, LogLevel::Error}}) {
        config_.log_level = given;
        EXPECT_TRUE(setup().log) << given;
        EXPECT_EQ(setup().log_level, wanted) << given;
    }
    config_.log_level = TV_LOG_NONE;
    EXPECT_FALSE(setup().log);
}

TEST_F(CapiConfig, the_video_policy_and_the_codecs_choose_among_the_real_decoders) {
    ASSERT_TRUE(prepare());
    const std::size_t all = setup().session.decoders.size();
    EXPECT_EQ(all, video::available_decoders().size());
    std::size_t chosen = 0;
    for (const tv_video_policy policy : {TV_VIDEO_SOFTWARE, TV_VIDEO_HARDWARE}) {
        config_.video = policy;
        const capi::Setup made = setup();
        chosen += made.session.decoders.size();
        for (const auto& decoder : made.session.decoders)
            EXPECT_EQ(decoder->hardware(), policy == TV_VIDEO_HARDWARE);
    }
    EXPECT_EQ(chosen, all);
    config_.video = TV_VIDEO_OFF;
    EXPECT_TRUE(setup().session.decoders.empty());
    config_.video = TV_VIDEO_AUTO;
    config_.codecs = TV_CODEC_BIT(TV_CODEC_VP9);
    for (const auto& decoder : setup().session.decoders)
        for (const auto codec : {video::Codec::H264, video::Codec::Av1, video::Codec::Hevc})
            EXPECT_FALSE(decoder->may_decode(codec));
    config_.offer_gpu = 0;
    EXPECT_TRUE(setup().session.decoders.empty());
}

TEST_F(CapiConfig, without_gpu_an_application_is_offered_no_dmabufs) {
    for (const int offered : {1, 0}) {
        config_.offer_gpu = offered;
        ASSERT_TRUE(start());
        ASSERT_TRUE(peer_->read_registry());
        EXPECT_EQ(peer_->globals().count("zwp_linux_dmabuf_v1"), static_cast<std::size_t>(offered));
        close_cleanly();
        EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
        peer_.reset();
        compositor_.reset();
    }
}

TEST_F(CapiConfig, streams_and_pixels_beyond_the_limits_are_not_decoded) {
    for (const bool by_pixels : {false, true}) {
        FakeScript script;
        decoders_ = {std::make_shared<FakeFactory>(script)};
        config_.limits = TV_LIMITS_INIT;
        if (by_pixels)
            config_.limits.video_pixels = std::uint64_t{kSize.width} * kSize.height;
        else
            config_.limits.video_streams = 1;
        ASSERT_TRUE(start_video());
        Video first = make_video();
        send_packet(first, true);
        present(first.buffer);
        EXPECT_EQ(script.decoded, 1);
        Video second = make_video();
        send_packet(second, true);
        present(second.buffer);
        EXPECT_EQ(script.decoded, 1) << "one too many stays black";
        EXPECT_NE(host_.log().find("cannot be shown"), std::string::npos);
        close_cleanly();
        EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
        peer_.reset();
        compositor_.reset();
        presented_ = 0;
    }
}

TEST_F(CapiConfig, the_log_level_decides_what_the_host_hears) {
    for (const tv_log_level level : {TV_LOG_DEBUG, TV_LOG_NONE}) {
        ASSERT_TRUE(prepare());
        config_.log_level = level;
        const std::size_t before = host_.log().size();
        ASSERT_TRUE(begin());
        ASSERT_TRUE(peer_->read_registry());
        close_cleanly();
        EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
        EXPECT_EQ(host_.log().size() > before, level == TV_LOG_DEBUG);
        peer_.reset();
        compositor_.reset();
    }
}

TEST_F(CapiConfig, every_thread_of_a_receiver_gets_the_class_that_was_asked_for) {
    FakeScript script;
    decoders_ = {std::make_shared<FakeFactory>(script)};
    config_.qos = TV_QOS_USER_INITIATED;
    ASSERT_TRUE(prepare());
    const std::set<long> before = threads();
    {
        const std::lock_guard lock(classes_mutex);
        classes.clear();
    }
    ASSERT_TRUE(begin_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    // Large enough for a thread that decompresses.
    RemoteFile file = peer_->open_file(8 << 20);
    peer_->fill(file, 0, std::vector<std::byte>(8 << 20, std::byte{1}));
    ASSERT_TRUE(peer_->roundtrip());
    std::set<long> ours;
    for (const long id : threads())
        if (!before.contains(id)) ours.insert(id);
    EXPECT_GE(ours.size(), 3U) << "the connection's, a decoder's, one that decompresses";
    for (const long id : ours) {
        // One that has just begun has it soon.
        EXPECT_TRUE(eventually([id] {
            const std::lock_guard lock(classes_mutex);
            return classes.contains(id) && classes[id] == ThreadQos::UserInitiated;
        })) << "thread "
            << id;
    }
    close_cleanly();
}

// --- two descriptors ---

// A socket's bytes through two pipes, both ways, as ssh would carry them.
class Pipes {
public:
    explicit Pipes(int socket) : socket_(socket) {
        for (auto* pipe : {&to_, &from_}) {
            int ends[2] = {-1, -1};
            EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
            *pipe = {UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1])};
        }
    }
    ~Pipes() { join(); }
    Pipes(const Pipes&) = delete;
    Pipes& operator=(const Pipes&) = delete;

    // The receiver's ends; ours to close.
    [[nodiscard]] int read_end() const { return to_.read.get(); }
    [[nodiscard]] int write_end() const { return from_.write.get(); }
    // Until both directions have ended.
    void carry() {
        threads_[0] = std::thread([this] {
            copy(socket_, to_.write.get());
            to_.write.reset();
        });
        threads_[1] = std::thread([this] {
            copy(from_.read.get(), socket_);
            ::shutdown(socket_, SHUT_WR);
        });
    }
    void close_lent_ends() {
        to_.read.reset();
        from_.write.reset();
    }
    void join() {
        close_lent_ends();
        for (std::thread& thread : threads_)
            if (thread.joinable()) thread.join();
    }

private:
    struct Ends {
        UniqueFd read, write;
    };
    static void copy(int from, int to) {
        char bytes[4096];
        for (ssize_t count = 0; (count = ::read(from, bytes, sizeof bytes)) > 0;)
            if (::write(to, bytes, static_cast<std::size_t>(count)) != count) return;
    }
    const int socket_;
    Ends to_, from_;
    std::thread threads_[2];
};

TEST_F(CapiConfig, an_application_is_served_over_two_pipes_whose_flags_stay_as_they_were) {
    ASSERT_TRUE(prepare());
    Pipes pipes(channel_.get());
    config_.channel_read_fd = pipes.read_end();
    config_.channel_write_fd = pipes.write_end();
    const auto flags = [&] {
        std::vector<int> all;
        for (const int fd : {pipes.read_end(), pipes.write_end()})
            for (const int what : {F_GETFL, F_GETFD}) all.push_back(::fcntl(fd, what));
        return all;
    };
    const auto before = flags();
    EXPECT_EQ(before[0] & O_NONBLOCK, 0) << "blocking ones are lent";
    receiver_ = make_receiver();
    ASSERT_EQ(tv_receiver_start(receiver_), TV_OK);
    pipes.carry();
    peer_.emplace(std::move(peer_end_), 17, CompressionKind::Lz4);
    EXPECT_NE(peer_->open_window("through pipes").surface, 0U);
    EXPECT_TRUE(peer_->roundtrip());
    EXPECT_EQ(flags(), before);
    peer_->send(msg::Close{0});
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_OK);
    EXPECT_EQ(flags(), before);
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    EXPECT_EQ(flags(), before);
    peer_->finish_writing();
    pipes.join();
}

TEST_F(CapiConfig, a_full_pipe_that_nobody_reads_does_not_delay_a_stop) {
    ASSERT_TRUE(prepare());
    Pipes pipes(channel_.get());
    const int out = pipes.write_end();
    const int blocking = ::fcntl(out, F_GETFL);
    ASSERT_EQ(::fcntl(out, F_SETFL, blocking | O_NONBLOCK), 0);
    const std::vector<char> junk(4096);
    while (::write(out, junk.data(), junk.size()) > 0) {
    }
    ASSERT_EQ(::fcntl(out, F_SETFL, blocking), 0);
    config_.channel_read_fd = pipes.read_end();
    config_.channel_write_fd = out;
    receiver_ = make_receiver();
    ASSERT_EQ(tv_receiver_start(receiver_), TV_OK);
    ASSERT_TRUE(eventually([&] { return host_.last(TV_STATE_CONNECTING).has_value(); }));
    std::this_thread::sleep_for(20ms); // it polls
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(tv_receiver_stop(receiver_, TV_STOP_TIMEOUT_MS), TV_OK);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_HOST);
}

} // namespace
