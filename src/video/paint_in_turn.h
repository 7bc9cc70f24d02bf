// Paint for callers that do not know of each other.
#pragma once

#include "video/stream.h"

namespace tv::video {

// A Paint takes one picture at a time. This one may be called from any thread while others go on: pictures
// wait, with what they hold, for their turn, and are painted on the thread that finished the one before.
[[nodiscard]] Paint paint_in_turn(Paint paint);

} // namespace tv::video
