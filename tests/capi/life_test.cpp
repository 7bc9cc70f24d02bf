// A receiver's life: states, ends from every side, what is refused, what hangs.
#include <set>

#include <fcntl.h>
#include <sys/socket.h>

#include "bed.h"

namespace {

using namespace tv;
using namespace tv::test;
using Clock = std::chrono::steady_clock;

class CapiLife : public CapiTest {
protected:
    // Fills the direction towards the remote side, so that nothing more can be sent.
    static void clog(int fd) {
        const std::vector<char> junk(65536);
        while (::send(fd, junk.data(), junk.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        }
    }
    // Stops within the time that launchers wait, and well so.
    void expect_quick_stop() {
        const auto begin = Clock::now();
        EXPECT_EQ(tv_receiver_stop(receiver_, TV_STOP_TIMEOUT_MS), TV_OK);
        EXPECT_LT(Clock::now() - begin, 1500ms);
    }
};

TEST_F(CapiLife, an_application_is_served_and_every_state_is_told_in_order) {
    config_.title_prefix = "far: ";
    ASSERT_TRUE(start());
    window_ = peer_->open_window("a title");
    peer_->request(window_.toplevel, "set_app_id", {std::string("org.example")});
    ASSERT_TRUE(peer_->roundtrip());
    ASSERT_TRUE(eventually([&] { return host_.last(TV_STATE_NAMED).has_value(); }));
    close_cleanly();
    std::vector<tv_state> order;
    for (const Host::State& state : host_.states())
        if (order.empty() || order.back() != state.state) order.push_back(state.state);
    EXPECT_EQ(order, (std::vector{TV_STATE_CONNECTING, TV_STATE_CONNECTED, TV_STATE_NAMED, TV_STATE_CLOSED}));
    const auto named = host_.last(TV_STATE_NAMED);
    EXPECT_EQ(named->title, "a title");
    EXPECT_EQ(named->app_id, "org.example");
    const auto closed = host_.last(TV_STATE_CLOSED);
    EXPECT_EQ(closed->reason, TV_CLOSE_PEER);
    EXPECT_EQ(closed->result, TV_OK);
    EXPECT_EQ(closed->wire_version, 17U);
    EXPECT_EQ(closed->compression, "lz4");
}

TEST_F(CapiLife, run_blocks_on_the_callers_thread_and_a_receiver_runs_once) {
    ASSERT_TRUE(prepare());
    receiver_ = make_receiver();
    peer_end_.reset();
    EXPECT_EQ(tv_receiver_run(receiver_), TV_OK);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_PEER);
    EXPECT_EQ(tv_receiver_run(receiver_), TV_ERROR_STATE);
    EXPECT_EQ(tv_receiver_start(receiver_), TV_ERROR_STATE);
}

TEST_F(CapiLife, a_stop_before_the_run_makes_it_return_at_once) {
    ASSERT_TRUE(prepare());
    receiver_ = make_receiver();
    EXPECT_EQ(tv_receiver_stop(receiver_, 0), TV_OK);
    EXPECT_EQ(tv_receiver_run(receiver_), TV_OK);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_HOST);
}

TEST_F(CapiLife, a_compositor_that_goes_and_a_peer_that_breaks_the_rules_are_told_apart) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(peer_->read_registry());
    peer_->request(1, "sync", {});
    const std::byte nonsense[16]{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};
    peer_->send_bytes(nonsense);
    EXPECT_TRUE(peer_->wait_for_end());
    peer_->finish_writing();
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_ERROR_PEER);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_VIOLATION);
    EXPECT_NE(host_.last(TV_STATE_CLOSED)->message, "");
}

TEST_F(CapiLife, the_compositors_end_is_told) {
    ASSERT_TRUE(start());
    ASSERT_TRUE(peer_->read_registry());
    compositor_.reset();
    EXPECT_TRUE(peer_->wait_for_end());
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_ERROR_COMPOSITOR);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_COMPOSITOR);
    compositor_ = start_compositor();
}

TEST_F(CapiLife, an_unwanted_compression_is_refused) {
    config_.compressions = TV_COMPRESSION_NONE | TV_COMPRESSION_ZSTD;
    ASSERT_TRUE(start());
    EXPECT_TRUE(peer_->wait_for_end());
    peer_->finish_writing();
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_ERROR_UNSUPPORTED);
}

TEST_F(CapiLife, a_limit_that_the_host_lowered_is_the_reason) {
    config_.limits.memory_bytes = 64 * 1024;
    ASSERT_TRUE(start());
    window_ = peer_->open_window();
    RemoteFile file = peer_->open_file(1 << 20);
    peer_->fill(file, 0, std::vector<std::byte>(1 << 20, std::byte{1}));
    EXPECT_TRUE(peer_->wait_for_end());
    peer_->finish_writing();
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_ERROR_LIMIT);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_LIMIT);
}

// --- out of memory ---

// Runs out of memory on a worker, where decoders are made.
class GreedyDecoders final : public video::DecoderFactory {
public:
    [[nodiscard]] const char* name() const override { return "greedy"; }
    [[nodiscard]] bool hardware() const override { return false; }
    [[nodiscard]] bool may_decode(video::Codec /*codec*/) const override { return true; }
    [[nodiscard]] Result<std::unique_ptr<video::Decoder>>
    create(const video::StreamParameters& /*stream*/, std::shared_ptr<video::DecodeSink> /*sink*/) override {
        throw std::bad_alloc();
    }
};

TEST_F(CapiLife, a_worker_that_runs_out_of_memory_ends_the_session_and_not_the_process) {
    decoders_.push_back(std::make_shared<GreedyDecoders>());
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    show(video.buffer);
    EXPECT_TRUE(peer_->wait_for_end());
    peer_->finish_writing();
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_ERROR_LIMIT);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_LIMIT);
    EXPECT_NE(host_.last(TV_STATE_CLOSED)->message.find("out of memory"), std::string::npos);
}

TEST_F(CapiLife, a_loop_that_runs_out_of_memory_ends_the_session_and_not_the_process) {
    FakeScript script;
    decoders_.push_back(std::make_shared<FakeFactory>(script));
    std::atomic<bool> used_up{false};
    adjust_ = [&used_up](capi::Setup& setup) {
        setup.session.delay_commit_for_test = [&used_up](std::uint64_t) -> std::int64_t {
            if (used_up) throw std::bad_alloc();
            return 0;
        };
    };
    ASSERT_TRUE(start_video());
    used_up = true;
    show(make_raw().buffer);
    EXPECT_TRUE(peer_->wait_for_end());
    peer_->finish_writing();
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_ERROR_LIMIT);
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_LIMIT);
    EXPECT_NE(host_.last(TV_STATE_CLOSED)->message.find("out of memory"), std::string::npos);
}

// --- stop ---

TEST_F(CapiLife, it_stops_while_the_remote_side_takes_nothing) {
    ASSERT_TRUE(prepare());
    clog(channel_.get());
    receiver_ = make_receiver();
    ASSERT_EQ(tv_receiver_start(receiver_), TV_OK);
    expect_quick_stop();
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->reason, TV_CLOSE_HOST);
}

TEST_F(CapiLife, it_stops_while_the_compositor_takes_nothing) {
    auto silent = make_socket_pair();
    ASSERT_TRUE(silent.has_value());
    ASSERT_TRUE(prepare());
    config_.display_fd = silent->theirs.get();
    receiver_ = make_receiver();
    ASSERT_EQ(tv_receiver_start(receiver_), TV_OK);
    peer_.emplace(std::move(peer_end_), 17);
    for (int count = 0; count < 20'000; ++count) peer_->request(1, "get_registry", {});
    expect_quick_stop();
}

TEST_F(CapiLife, it_stops_while_a_decoder_hangs_and_says_that_a_thread_was_left_behind) {
    auto script = std::make_shared<FakeScript>();
    script->fate = [](int, std::uint64_t) { return Fate::Hang; };
    // Alive for as long as its factory is, which the thread left behind keeps.
    struct Owned final : video::DecoderFactory {
        explicit Owned(std::shared_ptr<FakeScript> kept) : script(std::move(kept)), factory(*script) {}
        ~Owned() override { gone = true; }
        [[nodiscard]] const char* name() const override { return factory.name(); }
        [[nodiscard]] bool hardware() const override { return false; }
        [[nodiscard]] bool may_decode(video::Codec codec) const override { return factory.may_decode(codec); }
        [[nodiscard]] Result<std::unique_ptr<video::Decoder>>
        create(const video::StreamParameters& stream, std::shared_ptr<video::DecodeSink> sink) override {
            return factory.create(stream, std::move(sink));
        }
        std::shared_ptr<FakeScript> script;
        FakeFactory factory;
        std::atomic<bool>& gone = flag();
        static std::atomic<bool>& flag() {
            static std::atomic<bool> value{false};
            return value;
        }
    };
    decoders_.push_back(std::make_shared<Owned>(script));
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    show(video.buffer);
    ASSERT_TRUE(eventually([&] { return script->decoded == 1; }));
    expect_quick_stop();
    EXPECT_EQ(host_.last(TV_STATE_CLOSED)->abandoned, 1U);
    tv_stats stats = TV_STATS_INIT;
    EXPECT_EQ(tv_receiver_stats(receiver_, &stats), TV_OK);
    EXPECT_EQ(stats.abandoned_threads, 1U);
    EXPECT_NE(host_.log().find("left behind"), std::string::npos);
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_OK);
    decoders_.clear();
    EXPECT_FALSE(Owned::flag()) << "the thread in the decoder still needs it";
    script->release(); // it comes back to a receiver that is gone
    EXPECT_TRUE(eventually([] { return Owned::flag().load(); }));
}

TEST_F(CapiLife, destroy_is_safe_while_a_callback_does_not_return) {
    std::atomic<bool> inside{false}, leave{false}, left{false};
    host_.on_state = [&](const tv_state_event& event) {
        if (event.state != TV_STATE_CONNECTED) return;
        inside = true;
        while (!leave) std::this_thread::sleep_for(1ms);
        left = true;
    };
    ASSERT_TRUE(start());
    ASSERT_TRUE(eventually([&] { return inside.load(); }));
    EXPECT_EQ(tv_receiver_stop(receiver_, 50), TV_ERROR_TIMEOUT);
    const auto begin = Clock::now();
    EXPECT_EQ(tv_receiver_destroy(std::exchange(receiver_, nullptr)), TV_ERROR_TIMEOUT);
    EXPECT_LT(Clock::now() - begin, 2s);
    leave = true;
    EXPECT_TRUE(eventually([&] { return left.load(); }));
    peer_.reset();
    const std::size_t told = host_.states().size();
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(host_.states().size(), told) << "nothing is told after destroy";
    EXPECT_FALSE(host_.last(TV_STATE_CLOSED).has_value());
}

TEST_F(CapiLife, what_would_wait_for_itself_is_refused_inside_a_callback) {
    std::vector<tv_result> results;
    host_.on_state = [&](const tv_state_event& event) {
        if (event.state != TV_STATE_CONNECTED) return;
        results = {tv_receiver_stop(receiver_, 1000), tv_receiver_destroy(receiver_),
                   tv_receiver_run(receiver_),        tv_receiver_start(receiver_),
                   tv_receiver_wait(receiver_, 1000), tv_receiver_pause(receiver_, 1000)};
        tv_stats stats = TV_STATS_INIT;
        EXPECT_EQ(tv_receiver_stats(receiver_, &stats), TV_OK) << "the rest may be called";
        EXPECT_EQ(tv_receiver_memory_pressure(receiver_), TV_OK);
    };
    ASSERT_TRUE(start());
    EXPECT_TRUE(peer_->read_registry()) << "and the connection goes on";
    close_cleanly();
    EXPECT_EQ(results, std::vector<tv_result>(6, TV_ERROR_CALLBACK));
}

// --- pause ---

TEST_F(CapiLife, while_paused_nothing_is_decoded_and_afterwards_nothing_is_missing) {
    FakeScript script;
    decoders_.push_back(std::make_shared<FakeFactory>(script));
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    present(video.buffer);
    const int before = script.decoded;
    EXPECT_EQ(tv_receiver_pause(receiver_, 1000), TV_OK);
    tv_stats stats = TV_STATS_INIT;
    EXPECT_EQ(tv_receiver_stats(receiver_, &stats), TV_OK);
    EXPECT_EQ(stats.paused, 1U);
    for (int count = 0; count < 5; ++count) {
        send_packet(video);
        show(video.buffer);
    }
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(script.decoded, before);
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    presented_ += 5;
    EXPECT_TRUE(compositor_->wait_for_commits(presented_, 20s));
    EXPECT_EQ(script.decoded, before + 5);
    EXPECT_EQ(tv_receiver_memory_pressure(receiver_), TV_OK);
    send_packet(video);
    present(video.buffer);
    close_cleanly();
}

TEST_F(CapiLife, a_pause_waits_for_a_decoder_only_as_long_as_it_is_told) {
    FakeScript script;
    script.fate = [](int, std::uint64_t) { return Fate::Slow; };
    decoders_.push_back(std::make_shared<FakeFactory>(script));
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    show(video.buffer);
    ASSERT_TRUE(eventually([&] { return script.decoded == 1; }));
    EXPECT_EQ(tv_receiver_pause(receiver_, 30), TV_ERROR_TIMEOUT);
    script.release();
    EXPECT_EQ(tv_receiver_pause(receiver_, 5000), TV_OK);
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    EXPECT_TRUE(compositor_->wait_for_commits(1, 20s));
    close_cleanly();
    EXPECT_EQ(tv_receiver_pause(receiver_, 10), TV_ERROR_STATE);
}

TEST_F(CapiLife, a_pause_waits_for_pictures_of_decoders_that_have_returned_already) {
    FakeScript script;
    script.fate = [](int, std::uint64_t) { return Fate::Elsewhere; };
    decoders_.push_back(std::make_shared<FakeFactory>(script));
    ASSERT_TRUE(start_video());
    Video video = make_video();
    send_packet(video, true);
    show(video.buffer);
    ASSERT_TRUE(eventually([&] { return script.decoded == 1; }));
    EXPECT_EQ(tv_receiver_pause(receiver_, 20), TV_ERROR_TIMEOUT);
    std::thread later([&] {
        std::this_thread::sleep_for(50ms);
        script.release();
    });
    EXPECT_EQ(tv_receiver_pause(receiver_, 5000), TV_OK);
    EXPECT_EQ(script.reported_elsewhere, 1);
    later.join();
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_OK);
    EXPECT_TRUE(compositor_->wait_for_commits(1, 20s));
    close_cleanly();
    EXPECT_EQ(tv_receiver_resume(receiver_), TV_ERROR_STATE);
}

// --- arguments and structs ---

TEST_F(CapiLife, structs_of_older_and_newer_hosts_are_understood_and_nonsense_is_refused) {
    ASSERT_TRUE(prepare());
    tv_receiver made = nullptr;
    struct {
        tv_config config;
        unsigned char later[32];
    } newer{};
    newer.config = config_;
    newer.config.size = sizeof newer;
    EXPECT_EQ(tv_receiver_create(&newer.config, nullptr, &made), TV_OK);
    EXPECT_EQ(tv_receiver_destroy(made), TV_OK);
    newer.later[31] = 1; // asks for something that this library does not know
    EXPECT_EQ(tv_receiver_create(&newer.config, nullptr, &made), TV_ERROR_ARGUMENT);
    EXPECT_EQ(made, nullptr);
    tv_config older = config_;
    older.size = offsetof(tv_config, title_prefix);
    older.title_prefix = reinterpret_cast<const char*>(1); // beyond what it says it has
    EXPECT_EQ(tv_receiver_create(&older, nullptr, &made), TV_OK);
    EXPECT_EQ(tv_receiver_destroy(made), TV_OK);
    for (auto spoil : std::vector<std::function<void(tv_config&)>>{
             [](tv_config& config) { config.size = 0; },
             [](tv_config& config) { config.channel_read_fd = -1; },
             [](tv_config& config) { config.channel_read_fd = 1'000'000; },
             [](tv_config& config) { config.video = static_cast<tv_video_policy>(9); },
             [](tv_config& config) { config.qos = static_cast<tv_qos>(-1); },
             [](tv_config& config) { config.compressions = 0; },
             [](tv_config& config) { config.zero_pass = 1; },
             [](tv_config& config) {
                 config.display_fd = -1;
                 config.display_path = "wayland-0";
             }}) {
        tv_config wrong = config_;
        spoil(wrong);
        EXPECT_EQ(tv_receiver_create(&wrong, nullptr, &made), TV_ERROR_ARGUMENT);
    }
    tv_config nowhere = config_;
    nowhere.display_fd = -1;
    nowhere.display_path = "/nonexistent/wayland-0";
    EXPECT_EQ(tv_receiver_create(&nowhere, nullptr, &made), TV_ERROR_COMPOSITOR);
    EXPECT_EQ(tv_receiver_run(nullptr), TV_ERROR_ARGUMENT);
    EXPECT_EQ(tv_receiver_destroy(nullptr), TV_OK);
    tv_frame_release(nullptr);
}

TEST_F(CapiLife, a_small_struct_gets_no_more_than_it_has_room_for) {
    struct {
        size_t size;
        std::uint64_t frames;
        std::uint64_t guard;
    } small{2 * sizeof(std::uint64_t), 7, 7};
    ASSERT_TRUE(prepare());
    receiver_ = make_receiver();
    EXPECT_EQ(tv_receiver_stats(receiver_, reinterpret_cast<tv_stats*>(&small)), TV_OK);
    EXPECT_EQ(small.size, 2 * sizeof(std::uint64_t));
    EXPECT_EQ(small.frames, 0U);
    EXPECT_EQ(small.guard, 7U);
}

TEST(CapiProbe, tells_decoders_the_converter_and_limits_without_a_session) {
    tv_probe_info info = TV_PROBE_INFO_INIT;
    ASSERT_EQ(tv_probe(&info), TV_OK);
    EXPECT_EQ(info.version, tv_version());
    EXPECT_STRNE(info.converter, "");
    EXPECT_EQ(info.wire_version_min, 16U);
    EXPECT_EQ(info.wire_version_max, 17U);
    EXPECT_EQ(info.max_memory_bytes, limits::kMaxWrittenBytes);
    for (std::uint32_t i = 0; i < info.decoder_count; ++i) EXPECT_NE(info.decoders[i].codecs, 0U);
}

TEST(CapiResults, every_result_has_its_own_words) {
    std::set<std::string> words;
    for (int code = 0; code >= TV_ERROR_INTERNAL; --code)
        words.insert(tv_result_string(static_cast<tv_result>(code)));
    EXPECT_EQ(words.size(), static_cast<std::size_t>(1 - TV_ERROR_INTERNAL));
    EXPECT_STREQ(tv_result_string(static_cast<tv_result>(-99)), "unknown result");
    EXPECT_EQ(std::string(tv_version_string()),
              fmt::format("{}.{}.{}", TV_VERSION_MAJOR, TV_VERSION_MINOR, TV_VERSION_PATCH));
}

TEST(CapiDecoders, the_policy_and_the_codec_list_choose) {
    FakeScript hard, soft;
    hard.hardware = true;
    const std::vector<std::shared_ptr<video::DecoderFactory>> both{std::make_shared<FakeFactory>(hard),
                                                                   std::make_shared<FakeFactory>(soft)};
    EXPECT_EQ(capi::choose_decoders(both, TV_VIDEO_AUTO, TV_CODECS_ALL).size(), 2U);
    EXPECT_TRUE(capi::choose_decoders(both, TV_VIDEO_OFF, TV_CODECS_ALL).empty());
    EXPECT_TRUE(capi::choose_decoders(both, TV_VIDEO_HARDWARE, TV_CODECS_ALL).at(0)->hardware());
    EXPECT_FALSE(capi::choose_decoders(both, TV_VIDEO_SOFTWARE, TV_CODECS_ALL).at(0)->hardware());
    const auto some = capi::choose_decoders(both, TV_VIDEO_AUTO, TV_CODEC_BIT(TV_CODEC_VP9));
    EXPECT_TRUE(some.at(0)->may_decode(video::Codec::Vp9));
    EXPECT_FALSE(some.at(0)->may_decode(video::Codec::H264));
    EXPECT_FALSE(some.at(0)->create({video::Codec::H264, {16, 16}, 0}, nullptr).has_value());
}

} // namespace
