// Writing bits, most significant first; for rewriting parameter sets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "video/bitstream/bit_reader.h"

namespace tv::video {

class BitWriter {
public:
    void bit(std::uint32_t value) {
        if (position_ % 8 == 0) bytes_.push_back(std::byte{0});
        if ((value & 1) != 0) bytes_.back() |= std::byte{1} << (7 - position_ % 8);
        ++position_;
    }
    // At most 32 bits.
    void bits(std::uint32_t value, unsigned count) {
        while (count-- > 0) bit(value >> count);
    }
    void ue(std::uint32_t value) {
        const std::uint64_t code = std::uint64_t{value} + 1;
        unsigned length = 0;
        while (code >> (length + 1) != 0) ++length;
        bits(0, length);
        for (unsigned i = length + 1; i-- > 0;) bit(static_cast<std::uint32_t>(code >> i));
    }
    // Copies what `from` reads next until it has read `until` bits.
    void copy(BitReader& from, std::size_t until) {
        while (from.ok() && from.position() < until) bit(from.bit());
    }
    // rbsp_trailing_bits: a one, then zeros up to the byte's end.
    void trailing() { bit(1); }

    [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
    std::size_t position_ = 0;
};

} // namespace tv::video
