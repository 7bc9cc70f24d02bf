// Recordings played into a session of ours with the test compositor behind it, and what their commits must
// show.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "channel/header.h"
#include "replay/replay.h"
#include "session_bed.h"

namespace tv::test {

// One commit with a buffer.
struct Frame {
    std::string surface;
    int width = 0, height = 0;
    std::uint32_t crc = 0;
    friend bool operator==(const Frame&, const Frame&) = default;
};
void PrintTo(const Frame& frame, std::ostream* out);
[[nodiscard]] std::vector<Frame> frames_of(TestCompositor& compositor);

[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path);
// NAME.s2c, .c2s and .tsv (tests/fixtures) as a recording of today's format.
[[nodiscard]] ByteQueue convert_fixture(std::filesystem::path path);

// Decodes what the player sends, written down here once more as plainly as can be, and computes the picture
// of every commit.
class Reference : public replay::PlayObserver {
public:
    explicit Reference(CompressionKind kind) : kind_(kind) {}

    // A commit that shows a video: which packet of which stream, the first is 0; -1: none has come.
    struct Shown {
        Rid rid = 0;
        int packet = 0;
        bool bottom_up = false; // in the buffer
    };

    std::vector<Frame> frames;         // the CRC of a video's is 0
    std::vector<Shown> shown;          // beside frames; rid 0 where it is no video
    std::string pipe_data;             // of the application's
    std::function<void()> before_data; // before contents of any buffer are sent
    std::function<void()> on_pipe_wanted;
    std::function<void()> on_closing;

    void message(MessageType type, Bytes bytes) override;
    void request(const replay::PlayedRequest& request) override;
    void pipe_wanted() override {
        if (on_pipe_wanted) std::exchange(on_pipe_wanted, nullptr)();
    }
    void closing() override {
        if (on_closing) on_closing();
    }

private:
    struct Buffer {
        Rid rid = 0;
        std::uint32_t offset = 0, width = 0, height = 0, stride = 0;
        bool bottom_up = false;
    };
    struct Object {
        Buffer buffer;            // a wl_buffer
        Rid rid = 0;              // of a wl_shm_pool or of dmabuf parameters
        std::string surface_name; // a wl_surface
        std::uint32_t attached = 0;
        bool attach_pending = false;
    };
    void commit(Object& surface);
    [[nodiscard]] const Buffer& buffer_of(std::uint32_t id) const;

    CompressionKind kind_;
    std::map<Rid, std::vector<std::byte>> files_;
    std::map<Rid, std::uint32_t> strides_; // of dmabufs
    std::map<Rid, int> packets_;           // of videos, so far
    std::map<std::uint32_t, Object> objects_;
    std::vector<Buffer> created_; // asked for with `create`: the compositor numbers them
    int surfaces_ = 0;
};

class ReplayTest : public IntegrationTest {
protected:
    // Without a report the test has failed. The session has the software decoders there are.
    [[nodiscard]] replay::ReplayReport play(Bytes recording, TestCompositor& compositor,
                                            replay::PlayOptions options, bool offer_gpu = true);
    // As fast as it goes, with patience for a busy machine.
    [[nodiscard]] static replay::PlayOptions fast(replay::PlayObserver* observer = nullptr) {
        replay::PlayOptions options;
        options.speed = 0;
        options.patience = std::chrono::nanoseconds(10s).count();
        options.observer = observer;
        return options;
    }
};

} // namespace tv::test
