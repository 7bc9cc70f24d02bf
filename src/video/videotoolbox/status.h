// What VideoToolbox's status codes mean to the driver.
#pragma once

#include <VideoToolbox/VideoToolbox.h>

#include "base/result.h"

namespace tv::video {

// Corrupted: it is the data. Unsupported: never on this system. TryAgain: the decoder's own failure; a new
// session, or another decoder, may do better. Unknown codes are that too: mach and IOKit errors come through
// here.
[[nodiscard]] Error error_of_status(OSStatus status, const char* what);

} // namespace tv::video
