// What differs between macOS and iOS.
#pragma once

#include <CoreMedia/CoreMedia.h>

namespace tv::video {

// Where decoders can come apart from the system: has VideoToolbox find the one of this codec from now on, in
// the whole process. Any thread.
void register_supplemental_decoder(CMVideoCodecType codec);

} // namespace tv::video
