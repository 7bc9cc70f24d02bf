// The ffmpeg program, as a maker of streams and as a judge of decoded planes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "video/decoder.h"

namespace tv::test {

using Buffer = std::vector<std::byte>;

[[nodiscard]] bool have_ffmpeg_tool();

// Packets of `frames` pictures of a moving test pattern. `encoder`: libx264, libx265, libvpx-vp9 or
// libaom-av1, with its options. Empty when the program has no such encoder or refuses the size.
[[nodiscard]] std::vector<Buffer> encode_pattern(const std::string& encoder, const std::string& options,
                                                 video::Size size, int frames);

// The pattern itself, as XRGB8888 pictures one after the other.
[[nodiscard]] Result<Buffer> pattern_pixels(video::Size size, int frames);

// The packets' pictures one after the other as I420 without padding; the program decides their size.
[[nodiscard]] Result<Buffer> decode_with_tool(video::Codec codec, const std::vector<Buffer>& packets);

} // namespace tv::test
