// A recorded session (tests/fixtures) as what the two ends of a session said, in the order of the recording.
#pragma once

#include <string>
#include <vector>

#include "words.h"

namespace tv::test {

struct RecordedStep {
    enum class From { Application, Compositor };
    From from = From::Application;
    ByteVector bytes; // of the channel; or Wayland events without tags
    // Of the compositor's events: what each descriptor is.
    enum class Descriptor { File, Pipe };
    std::vector<Descriptor> descriptors;
    // How many bytes of requests a compositor has got when all of this and what was before has been
    // delivered.
    std::size_t requests_so_far = 0;
};

struct Recording {
    std::vector<RecordedStep> steps;

    [[nodiscard]] std::size_t size() const;
};

// `base`: a path without its ending. Empty when it cannot be read.
[[nodiscard]] Recording read_recording(const std::string& base);

} // namespace tv::test
