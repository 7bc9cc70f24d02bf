// The built-in clips: a few frames a codec, and the picture that the last one must give. Made by
// scripts/make_selftest_clips.py.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "video/packet.h"

namespace tv::cli {

extern const std::span<const unsigned char> kH264Clip;
extern const std::span<const unsigned char> kVp9Clip;
extern const std::span<const unsigned char> kAv1Clip;
extern const std::span<const unsigned char> kHevcClip;

struct Clip {
    video::Codec codec = video::Codec::H264;
    video::Size size{};
    struct Frame {
        bool key = false;
        std::shared_ptr<const video::Packet> packet;
    };
    std::vector<Frame> frames;
    // I420 without padding. Decoding is exact: every decoder must give these samples.
    std::vector<std::uint8_t> last;

    // The last picture; borrows from the clip.
    [[nodiscard]] video::Picture picture() const;
};

[[nodiscard]] Result<Clip> read_clip(std::span<const unsigned char> bytes);
// Of all codecs; a clip that does not read is a fault of the build.
[[nodiscard]] Result<std::vector<Clip>> built_in_clips();

} // namespace tv::cli
