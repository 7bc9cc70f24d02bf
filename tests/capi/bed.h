// A tv_receiver between the test compositor and a remote side made by hand.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "capi/setup.h"
#include "raw_bed.h"
#include "tunnelview/tunnelview.h"
#include "video/fake_decoder.h"

namespace tv::test {

// What a host hears. Thread-safe.
class Host {
public:
    struct State {
        tv_state state{};
        tv_close_reason reason{};
        tv_result result{};
        std::uint32_t wire_version = 0;
        std::string compression, title, app_id, message;
        std::uint32_t abandoned = 0;
    };
    [[nodiscard]] tv_callbacks callbacks();
    [[nodiscard]] std::vector<State> states();
    [[nodiscard]] std::optional<State> last(tv_state state);
    [[nodiscard]] std::vector<tv_frame_event> frames();
    [[nodiscard]] std::vector<tv_stats> stats();
    [[nodiscard]] std::string log();
    // On which the state, stats and frame callbacks ran.
    [[nodiscard]] std::set<std::thread::id> threads();
    // Called inside each state and frame callback.
    std::function<void(const tv_state_event&)> on_state;
    std::function<void(const tv_frame_event&)> on_frame;

private:
    std::mutex mutex_;
    std::vector<State> states_;
    std::vector<tv_frame_event> frames_;
    std::vector<tv_stats> stats_;
    std::set<std::thread::id> threads_;
    std::string log_;
};

class CapiTest : public IntegrationTest {
protected:
    void TearDown() override;

    // Makes a compositor and a channel and a configuration of both; the host's own descriptors stay open.
    [[nodiscard]] bool prepare();
    // Starts a compositor and says in config_ where it is.
    [[nodiscard]] virtual bool open_display();
    // A receiver of config_; fake decoders instead of the real ones where there are any.
    [[nodiscard]] tv_receiver make_receiver();
    // make_receiver() and tv_receiver_start(), and the remote side's greeting.
    [[nodiscard]] bool begin(VideoKind video = VideoKind::None);
    // prepare() and begin().
    [[nodiscard]] bool start(VideoKind video = VideoKind::None);
    // Ends it from the remote side.
    void close_cleanly();
    [[nodiscard]] static bool eventually(const std::function<bool()>& condition);

    // --- video whose decoders are fakes ---
    struct Video {
        Rid rid = 0;
        std::uint32_t buffer = 0;
        std::vector<std::uint8_t> since_key;
        std::uint8_t luma = 0; // of the latest packet's picture
    };
    static constexpr video::Size kSize{64, 48};
    [[nodiscard]] bool begin_video();
    [[nodiscard]] bool start_video();
    [[nodiscard]] Video make_video(std::uint32_t flags = 0);
    // A dmabuf without video; its pixels as they are sent.
    [[nodiscard]] Video make_raw();
    void send_packet(Video& video, bool key = false);
    void show(std::uint32_t buffer);
    // The compositor has read the pixels when it returns.
    virtual void present(std::uint32_t buffer);

    Host host_;
    std::function<void(capi::Setup&)> adjust_; // before a receiver is made of it
    tv_config config_ = TV_CONFIG_INIT;
    tv_receiver receiver_ = nullptr;
    std::vector<std::shared_ptr<video::DecoderFactory>> decoders_;
    std::unique_ptr<TestCompositor> compositor_;
    UniqueFd channel_; // the receiver's end, ours to keep
    UniqueFd display_;
    UniqueFd peer_end_; // until start()
    std::optional<RawPeer> peer_;
    RawPeer::Window window_;
    std::uint32_t dmabuf_ = 0;
    unsigned packets_ = 0;
    std::size_t presented_ = 0;
};

} // namespace tv::test
