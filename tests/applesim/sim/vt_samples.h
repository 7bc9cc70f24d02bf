// What the simulated decoder asks of a sample before it decodes it.
#pragma once

#include <VideoToolbox/VideoToolbox.h>

#include <string>

#include "media.h"

namespace tv::sim {

// Lossless and compressed: no planes for the CPU, and no colour format that the product knows.
constexpr OSType kOddFormat = 0x26387630;

struct Verdict {
    bool key = false;
    OSStatus status = 0;
    std::string complaint; // empty: as it should be
};
Verdict judge_sample(const opaqueCMSampleBuffer& sample);

} // namespace tv::sim
