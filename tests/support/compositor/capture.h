// Writing pictures into clients' buffers, for both screen capture protocols.
#pragma once

#include "core.h"
#include "picture.h"

namespace tv::test {

// Copies a picture into an shm buffer of the same size whose format is XRGB8888; false for any other buffer.
[[nodiscard]] bool write_shm_buffer(wl_resource* buffer, const Picture& picture);
// The part of a picture inside a rectangle, cut to the picture.
[[nodiscard]] Picture crop(const Picture& picture, int x, int y, int width, int height);
// The current time split as Wayland sends it.
struct SplitTime {
    std::uint32_t high, low, nanoseconds;
};
[[nodiscard]] SplitTime now_of(std::uint32_t clock);

} // namespace tv::test
