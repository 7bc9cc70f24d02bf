// Plays frames through linux-dmabuf buffers that are memfds, as an application with a GPU does: a few buffers
// each window, a frame callback before each frame, no buffer touched before its release.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dmabuf_feedback.h"
#include "frames.h"
#include "support/pixel_format.h"

namespace tv::test {

using Size = std::pair<int, int>;

struct PlaySettings {
    Size size{320, 240};
    std::map<int, Size> resizes;              // by frame: new buffers of that size from then on
    std::vector<std::string> formats{"XR24"}; // of pixel_format.h, or NV12; the windows take them in turn
    std::uint64_t modifier = kModifierLinear;
    int stride_padding = 0; // bytes of junk after each row
    int offset = 0;         // bytes of junk before the first row
    int buffers = 3;
    int frames = 10;
    int hold_ms = 0;          // goes on living after the last frame
    bool immediately = true;  // create_immed; false: create
    bool drop_params = false; // right after create_immed, as Mesa does
    bool y_invert = false;
    bool ignore_release = false; // buffers in turn, whatever the compositor still has
    FrameSource source{Pattern::Smooth};
};

// A dmabuf and its wl_buffer.
class DmaBuffer {
public:
    DmaBuffer(Connection& connection, Dmabuf& dmabuf, const PlaySettings& settings, std::string format,
              Size size);
    ~DmaBuffer();
    DmaBuffer(const DmaBuffer&) = delete;
    DmaBuffer& operator=(const DmaBuffer&) = delete;

    // With `create` the wl_buffer comes later, or never.
    [[nodiscard]] wl_buffer* get() const { return buffer_; }
    [[nodiscard]] bool decided() const { return buffer_ != nullptr || failed_; }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] std::string describe() const;
    // Returns the CRC-32 of the rows that are to be seen, from the top, without padding. Of NV12: of nothing.
    std::uint32_t fill(const Frame& frame, int number);

    bool busy = false;

private:
    void allocate();
    void drop_params();
    void adopt(wl_buffer* buffer);
    void fill_planes(const Frame& frame);

    Connection& connection_;
    const PlaySettings& settings_;
    const std::string name_;
    const PixelFormat* const format_; // null: NV12
    int width_, height_;
    std::size_t stride_ = 0;
    UniqueFd file_;
    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
    zwp_linux_buffer_params_v1* params_ = nullptr;
    wl_buffer* buffer_ = nullptr;
    bool failed_ = false;
};

// One window's play.
class Player {
public:
    Player(Basics& basics, Dmabuf& dmabuf, const PlaySettings& settings, int number);
    [[nodiscard]] bool open();

    [[nodiscard]] bool finished() const { return given_up_ || frame_ == settings_.frames; }
    // Nothing on its way any more.
    [[nodiscard]] bool settled() const {
        return given_up_ || (finished() && window_.frames_done == window_.frames_asked);
    }
    // A frame can be drawn, or something about the buffers is to be said.
    [[nodiscard]] bool ready() const;
    void step();
    // A buffer could not be had.
    [[nodiscard]] bool given_up() const { return given_up_; }
    [[nodiscard]] wl_surface* surface() const { return window_.surface; }

private:
    void make_buffers(Size size);
    [[nodiscard]] DmaBuffer* free_buffer() const;
    [[nodiscard]] std::size_t index_of(const DmaBuffer& buffer) const;

    Basics& basics_;
    Dmabuf& dmabuf_;
    const PlaySettings& settings_;
    int number_;
    Window window_;
    Size size_;
    int frame_ = 0;
    std::vector<std::unique_ptr<DmaBuffer>> buffers_;
    std::vector<bool> failure_said_;
    std::deque<std::unique_ptr<DmaBuffer>> old_; // of another size, until they are released
    bool given_up_ = false;
};

// All windows until they are done; prints a line for every frame. False when something went wrong (not:
// `failed`).
[[nodiscard]] bool play(Connection& connection, Dmabuf& dmabuf, const PlaySettings& settings, int windows);

} // namespace tv::test
