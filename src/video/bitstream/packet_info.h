// What the driver must know of a packet, whatever its codec.
#pragma once

#include <optional>
#include <vector>

#include "video/decoder.h"

namespace tv::video {

struct PacketInfo {
    // Decoding can start here with an empty decoder: an intra picture that resets everything, with all its
    // parameter sets in the packet.
    bool key_frame = false;
    bool has_picture = false;   // holds coded picture data (not parameter sets or messages alone)
    std::optional<Size> size{}; // of the pictures, where the packet says so
    std::optional<Size>
        coded{};   // then also: of what is decoded, before any cropping; the largest if it says several
    Bytes bytes{}; // the packet without the padding that C senders append, where that can be told

    void announce(Size of_pictures, Size of_coded);
};

// Never fails: what does not parse is no key frame, and the decoder has its own opinion of it.
[[nodiscard]] PacketInfo inspect(Codec codec, Bytes packet);

// The packet with its SPS rewritten to promise that no picture is reordered; empty where there is none to
// rewrite.
[[nodiscard]] std::vector<std::byte> without_reordering(Codec codec, Bytes packet);

} // namespace tv::video
