#include "bed.h"

namespace tv::test {

// --- Host ---

tv_callbacks Host::callbacks() {
    tv_callbacks calls = TV_CALLBACKS_INIT;
    calls.user = this;
    calls.log = [](void* user, tv_log_level, const char* text) {
        auto& self = *static_cast<Host*>(user);
        const std::lock_guard lock(self.mutex_);
        self.log_.append(text).append("\n");
    };
    calls.state = [](void* user, const tv_state_event* event) {
        auto& self = *static_cast<Host*>(user);
        {
            const std::lock_guard lock(self.mutex_);
            self.threads_.insert(std::this_thread::get_id());
            self.states_.push_back({event->state, event->reason, event->result, event->wire_version,
                                    event->compression, event->title, event->app_id, event->message,
                                    event->abandoned_threads});
        }
        if (self.on_state) self.on_state(*event);
    };
    calls.frame = [](void* user, const tv_frame_event* event) {
        auto& self = *static_cast<Host*>(user);
        {
            const std::lock_guard lock(self.mutex_);
            self.threads_.insert(std::this_thread::get_id());
            self.frames_.push_back(*event);
        }
        if (self.on_frame) self.on_frame(*event);
    };
    calls.stats = [](void* user, const tv_stats* stats) {
        auto& self = *static_cast<Host*>(user);
        const std::lock_guard lock(self.mutex_);
        self.threads_.insert(std::this_thread::get_id());
        self.stats_.push_back(*stats);
    };
    return calls;
}

std::vector<Host::State> Host::states() {
    const std::lock_guard lock(mutex_);
    return states_;
}

std::optional<Host::State> Host::last(tv_state state) {
    const std::lock_guard lock(mutex_);
    for (auto it = states_.rbegin(); it != states_.rend(); ++it)
        if (it->state == state) return *it;
    return std::nullopt;
}

std::vector<tv_frame_event> Host::frames() {
    const std::lock_guard lock(mutex_);
    return frames_;
}

std::vector<tv_stats> Host::stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
}

std::set<std::thread::id> Host::threads() {
    const std::lock_guard lock(mutex_);
    return threads_;
}

std::string Host::log() {
    const std::lock_guard lock(mutex_);
    return log_;
}

// --- CapiTest ---

void CapiTest::TearDown() {
    EXPECT_EQ(tv_receiver_destroy(receiver_), TV_OK);
    peer_.reset();
    for (UniqueFd* fd : {&channel_, &display_, &peer_end_}) fd->reset();
    compositor_.reset();
    if (HasFailure()) fmt::print(stderr, "--- the receiver's log:\n{}---\n", host_.log());
    IntegrationTest::TearDown();
}

bool CapiTest::prepare() {
    auto channel = make_socket_pair();
    EXPECT_TRUE(channel.has_value());
    if (!channel || !open_display()) return false;
    channel_ = std::move(channel->theirs);
    peer_end_ = std::move(channel->ours);
    config_.channel_read_fd = channel_.get();
    config_.log_level = TV_LOG_DEBUG;
    return true;
}

bool CapiTest::open_display() {
    compositor_ = start_compositor();
    if (!compositor_) return false;
    auto wayland = compositor_->connect();
    EXPECT_TRUE(wayland.has_value());
    if (!wayland) return false;
    display_ = std::move(*wayland);
    config_.display_fd = display_.get();
    return true;
}

tv_receiver CapiTest::make_receiver() {
    if (decoders_.empty() && !adjust_) {
        const tv_callbacks callbacks = host_.callbacks();
        tv_receiver made = nullptr;
        EXPECT_EQ(tv_receiver_create(&config_, &callbacks, &made), TV_OK);
        return made;
    }
    auto setup = capi::make_setup(config_);
    EXPECT_TRUE(setup.has_value());
    if (!setup) return nullptr;
    if (!decoders_.empty())
        setup->session.decoders = capi::choose_decoders(decoders_, config_.video, config_.codecs);
    if (adjust_) adjust_(*setup);
    return new tv_receiver_s{std::make_shared<capi::Receiver>(std::move(*setup), host_.callbacks())};
}

bool CapiTest::start(VideoKind video) {
    return prepare() && begin(video);
}

bool CapiTest::begin(VideoKind video) {
    receiver_ = make_receiver();
    EXPECT_EQ(tv_receiver_start(receiver_), TV_OK);
    // What was lent is not needed any more.
    channel_.reset();
    display_.reset();
    peer_.emplace(std::move(peer_end_), 17, CompressionKind::Lz4, video);
    return true;
}

void CapiTest::close_cleanly() {
    peer_->send(msg::Close{0});
    EXPECT_TRUE(peer_->wait_for_end());
    EXPECT_EQ(tv_receiver_wait(receiver_, 10'000), TV_OK);
    if (compositor_) {
        EXPECT_TRUE(compositor_->wait_until_no_clients(10s));
    }
}

bool CapiTest::eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    return condition();
}

bool CapiTest::start_video() {
    return prepare() && begin_video();
}

bool CapiTest::begin_video() {
    if (!begin(VideoKind::Vp9)) return false;
    window_ = peer_->open_window();
    dmabuf_ = peer_->bind("zwp_linux_dmabuf_v1", 3);
    return window_.surface != 0 && dmabuf_ != 0 && peer_->roundtrip();
}

namespace {
constexpr std::uint32_t kXr24 = 0x34325258;
constexpr std::uint32_t kVp9 = 1;
} // namespace

CapiTest::Video CapiTest::make_video(std::uint32_t flags) {
    Video video{peer_->new_rid(), 0, {}, 0};
    msg::OpenDmavidDstV2 open{video.rid, 0, kVp9, {}};
    open.slice = {kSize.width, kSize.height, kXr24, 1, {}, {kSize.width * 4}, 0, {1}, 0};
    peer_->send(open);
    const std::uint32_t params = peer_->request(dmabuf_, "create_params");
    peer_->request(params, "add", {FdOf{video.rid}, 0U, 0U, kSize.width * 4, 0U, 0U});
    video.buffer = peer_->request(params, "create_immed", {kSize.width, kSize.height, kXr24, flags});
    peer_->request(params, "destroy");
    return video;
}

CapiTest::Video CapiTest::make_raw() {
    RemoteFile raw{peer_->new_rid(), std::vector<std::byte>(std::size_t{kSize.width} * kSize.height * 4)};
    msg::OpenDmabuf open{raw.rid, static_cast<std::uint32_t>(raw.bytes.size()), {}};
    open.slice = {kSize.width, kSize.height, kXr24, 1, {}, {kSize.width * 4}, 0, {1}, 0};
    peer_->send(open);
    const std::uint32_t params = peer_->request(dmabuf_, "create_params");
    peer_->request(params, "add", {FdOf{raw.rid}, 0U, 0U, kSize.width * 4, 0U, 0U});
    Video made{raw.rid, 0, {}, 0};
    made.buffer = peer_->request(params, "create_immed", {kSize.width, kSize.height, kXr24, 0U});
    peer_->request(params, "destroy");
    const std::vector<std::byte> pixels(raw.bytes.size(), std::byte{0x55});
    peer_->fill(raw, 0, pixels);
    return made;
}

void CapiTest::send_packet(Video& video, bool key) {
    if (key) video.since_key.clear();
    const auto id = static_cast<std::uint8_t>(++packets_ * 37);
    video.since_key.push_back(id);
    const auto packet = key ? fake_key(id, kSize) : fake_inter(id);
    peer_->send(msg::SendDmavidPacket{video.rid, packet});
    video.luma = fake_luma(video.since_key);
}

void CapiTest::show(std::uint32_t buffer) {
    peer_->begin_batch();
    peer_->request(window_.surface, "attach", {buffer, 0U, 0U});
    peer_->request(window_.surface, "damage", {0U, 0U, kSize.width, kSize.height});
    peer_->request(window_.surface, "commit");
    peer_->end_batch();
}

void CapiTest::present(std::uint32_t buffer) {
    show(buffer);
    EXPECT_TRUE(compositor_->wait_for_commits(++presented_, 20s));
}

} // namespace tv::test
