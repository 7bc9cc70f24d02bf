// Small things that the benchmark programs share.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>

#include <fmt/core.h>

namespace tv::bench {

// A benchmark has nothing to fall back to: say why, end.
[[noreturn]] inline void die(const char* what) {
    fmt::print(stderr, "bench: {}\n", what);
    std::exit(1);
}

[[noreturn]] inline void die_errno(const char* call) {
    fmt::print(stderr, "bench: {}: {}\n", call, std::strerror(errno));
    std::exit(1);
}

// Not cryptographic: tells frames apart, so that a run that shows the wrong pixels is not counted as fast.
inline std::uint64_t frame_hash(std::span<const std::byte> bytes) {
    std::uint64_t hash = 0x9e3779b97f4a7c15u ^ bytes.size();
    std::size_t i = 0;
    for (; i + sizeof(std::uint64_t) <= bytes.size(); i += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + i, sizeof word);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    for (; i < bytes.size(); ++i) hash = (hash ^ std::to_integer<std::uint64_t>(bytes[i])) * 0x100000001b3u;
    return hash;
}

} // namespace tv::bench
