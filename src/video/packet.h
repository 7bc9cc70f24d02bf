// One codec packet in memory of its own.
#pragma once

#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "video/decoder.h"

namespace tv::video {

// Written once by whoever receives it, then shared unchanged between the log and decoders on other threads.
class Packet {
public:
    explicit Packet(std::size_t size)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(size + kAccessUnitPadding)), size_(size) {
        std::memset(bytes_.get() + size, 0, kAccessUnitPadding);
    }
    explicit Packet(Bytes content) : Packet(content.size()) {
        if (!content.empty()) std::memcpy(bytes_.get(), content.data(), content.size());
    }

    [[nodiscard]] MutableBytes writable() { return {bytes_.get(), size_}; }
    [[nodiscard]] Bytes bytes() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_;
};

} // namespace tv::video
