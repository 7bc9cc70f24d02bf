// What fills an image instead of fills and diffs: a video stream.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace tv::mirror {

// The poll thread's. Belongs to its replica, which counts what was sent for it and is told here what became of
// it.
class PictureSource {
public:
    virtual ~PictureSource() = default;
    // Takes one packet.
    virtual void push(Bytes packet) = 0;
    // Pictures may go into the file from now on. `flipped`: the first row is the lowest.
    virtual void start(bool flipped) = 0;
    // Only the first so many of what was sent may reach the pixels; nullopt: all.
    virtual void hold(std::optional<std::uint64_t> packets) = 0;
    // Goes on as far as possible; how many of what was sent the pixels show, and nobody writes to them.
    [[nodiscard]] virtual std::uint64_t service() = 0;
};

} // namespace tv::mirror
