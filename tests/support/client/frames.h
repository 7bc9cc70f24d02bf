// Frames that can be drawn again elsewhere: by a pattern and a number, or out of a file of raw frames.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "drawing.h"

namespace tv::test {

[[nodiscard]] std::optional<Pattern> find_pattern(const std::string& name);

// 0xAARRGGBB, row by row without padding. Opaque.
using Frame = std::vector<std::uint32_t>;

class FrameSource {
public:
    explicit FrameSource(Pattern pattern) : pattern_(pattern) {}
    // A file of frames as `ffmpeg -pix_fmt bgr0 -f rawvideo` writes them.
    [[nodiscard]] static Result<FrameSource> from_file(const std::string& path, int width, int height);

    // Files begin again at their end; of larger frames the top left is taken, beyond smaller ones it is
    // black.
    [[nodiscard]] Frame frame(std::uint32_t number, int width, int height) const;

private:
    Pattern pattern_ = Pattern::Gradient;
    int file_width_ = 0;
    int file_height_ = 0;
    std::vector<std::uint32_t> file_;
};

// Pattern::Smooth writes the frame's number into blocks along the upper edge; narrower frames have no room
// for it.
inline constexpr int kNumberBits = 8;
inline constexpr int kNumberBlock = 16;
inline constexpr int kNumberWidth = kNumberBits * kNumberBlock;
// Also out of a picture that was compressed with losses. Frames of at least kNumberWidth x kNumberBlock;
// modulo 256.
[[nodiscard]] int read_frame_number(std::span<const std::uint32_t> frame, int width);

} // namespace tv::test
