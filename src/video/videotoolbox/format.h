// Core Foundation and CoreMedia values that a session is made with.
#pragma once

#include <CoreMedia/CoreMedia.h>

#include "base/apple/cf_ref.h"
#include "base/result.h"
#include "video/bitstream/sample.h"

namespace tv::video {

using FormatRef = CfRef<CMVideoFormatDescriptionRef>;

[[nodiscard]] CMVideoCodecType codec_type(Codec codec);

// Unsupported: pictures that are not 8 bit, 4:2:0.
[[nodiscard]] Result<FormatRef> format_of_sets(Codec codec, const ParameterSets& sets);
[[nodiscard]] Result<FormatRef> format_of_vp9(Bytes key_frame);
// `sequence_header`: the whole OBU.
[[nodiscard]] Result<FormatRef> format_of_av1(Bytes sequence_header);

// Hardware where there is some, else Apple's own software.
[[nodiscard]] CfRef<CFDictionaryRef> decoder_specification();
// NV12 in IOSurfaces that Metal can map. Both ranges are asked for, so that none is converted into the other.
[[nodiscard]] CfRef<CFDictionaryRef> image_attributes();

// A sample with one access unit and no time: VideoToolbox must not see a time twice, and nobody asks it for
// any.
[[nodiscard]] Result<CfRef<CMSampleBufferRef>> make_sample(const SampleParts& parts,
                                                           CMVideoFormatDescriptionRef format);

} // namespace tv::video
