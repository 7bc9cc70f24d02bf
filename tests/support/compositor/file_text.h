// Reading what clients hand over in file descriptors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <unistd.h>

#include "picture.h"

namespace tv::test {

// At most `size` bytes from an offset, and never more than 64 MiB; shorter when the file is.
// pread: a file that shrinks meanwhile makes a short text, not a SIGBUS. A pipe gives nothing.
[[nodiscard]] inline std::string read_file(int fd, std::size_t offset, std::size_t size) {
    constexpr std::size_t kMost = 64UL << 20;
    std::string text;
    while (text.size() < size && text.size() < kMost) {
        char block[65536];
        const std::size_t wanted = std::min(sizeof block, size - text.size());
        const ssize_t got = pread(fd, block, wanted, static_cast<off_t>(offset + text.size()));
        if (got <= 0) break;
        text.append(block, static_cast<std::size_t>(got));
    }
    return text;
}

[[nodiscard]] inline std::uint32_t crc32_of(const std::string& text) {
    return crc32_of(reinterpret_cast<const std::byte*>(text.data()), text.size());
}

} // namespace tv::test
