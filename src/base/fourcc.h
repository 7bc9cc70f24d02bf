// DRM format codes: four characters, the first in the lowest byte.
#pragma once

#include <cstdint>

namespace tv {

[[nodiscard]] constexpr std::uint32_t fourcc(const char (&name)[5]) {
    std::uint32_t code = 0;
    for (int i = 3; i >= 0; --i) code = code << 8 | static_cast<std::uint8_t>(name[i]);
    return code;
}

} // namespace tv
