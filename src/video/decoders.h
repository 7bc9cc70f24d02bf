// Which decoders this build and this system have.
#pragma once

#include <memory>
#include <vector>

#include "video/decoder.h"

namespace tv::video {

// Software decoding by libavcodec, which the first prepare() or create() loads, and which then stays.
// nullptr: built without it. Whether it can be loaded shows there (Unsupported).
[[nodiscard]] std::unique_ptr<DecoderFactory> ffmpeg_decoders();

// Decoding by VideoToolbox: in hardware, or by Apple's own software where there is none. Only in builds for
// Apple systems (and in the tests, on the simulation).
[[nodiscard]] std::unique_ptr<DecoderFactory> videotoolbox_decoders();

// Best first, as Driver takes them: hardware before software.
[[nodiscard]] std::vector<std::unique_ptr<DecoderFactory>> available_decoders(bool software_only = false);

} // namespace tv::video
