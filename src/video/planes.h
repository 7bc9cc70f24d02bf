// A picture's samples for the CPU, wherever they are. One file a platform.
#pragma once

#include <functional>

#include "video/decoder.h"

namespace tv::video {

// Calls `use` once with a picture whose planes are set, which is the same one or shares its pixels; they may
// be read until it returns. Unsupported: nobody can read these; then `use` is not called. Any thread.
[[nodiscard]] Status with_planes(const Picture& picture, const std::function<Status(const Picture&)>& use);

} // namespace tv::video
