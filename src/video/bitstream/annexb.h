// Annex B byte streams (H.264, HEVC): NAL units between start codes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace tv::video {

// Walks the NAL units of a packet. Start codes of 3 and 4 bytes; the zero bytes in front of a start code and
// at the end (C senders append 64) belong to no unit. Bytes before the first start code are skipped.
class NalReader {
public:
    explicit NalReader(Bytes packet);

    // The next unit, header included, emulation prevention still in place; never empty. nullopt: no more.
    [[nodiscard]] std::optional<Bytes> next();

private:
    Bytes rest_; // from behind a start code
};

// What is left of a packet without the zero bytes at its end. A NAL unit never ends with one.
[[nodiscard]] Bytes without_trailing_zeros(Bytes packet);

// The unit's payload without emulation prevention bytes, at most `limit` bytes of it: parameter sets are
// short.
[[nodiscard]] std::vector<std::byte> unescape(Bytes payload, std::size_t limit);
// The opposite.
void append_escaped(Bytes payload, std::vector<std::byte>& out);

} // namespace tv::video
