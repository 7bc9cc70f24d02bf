// A picture's samples for the CPU, wherever they are. One file a platform.
#pragma once

#include <functional>

#include "video/decoder.h"

namespace tv::video {

// Calls `use` once with a picture whose planes are set, which is the same one or shares its pixels; they may
// be read until it returns. Unsupported: nobody can read these; then `use` is not called. Any thread.
[[nodiscard]] Status with_planes(const Picture& picture, const std::function<Status(const Picture&)>& use);

// The picture in memory of its own, in the form that this system's graphics take: on Apple's an NV12
// CVPixelBuffer that Metal makes textures of, elsewhere the planes. Any thread.
[[nodiscard]] Result<Picture> copy_picture(const Picture& picture);
// Whether it has that form already.
[[nodiscard]] bool has_system_form(const Picture& picture);

} // namespace tv::video
