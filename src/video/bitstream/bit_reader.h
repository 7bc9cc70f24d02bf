// Reading bits, most significant first, with the codes of the video standards.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace tv::video {

// Cannot leave its span: reads past the end give zeros and leave ok() false, so a parser checks once.
class BitReader {
public:
    explicit BitReader(Bytes bytes) : bytes_(bytes) {}

    [[nodiscard]] std::uint32_t bit() {
        if (position_ / 8 >= bytes_.size()) {
            ok_ = false;
            return 0;
        }
        const auto byte = std::to_integer<std::uint32_t>(bytes_[position_ / 8]);
        return byte >> (7 - position_++ % 8) & 1;
    }
    [[nodiscard]] bool flag() { return bit() != 0; }
    // At most 32 bits.
    [[nodiscard]] std::uint32_t bits(unsigned count) {
        std::uint32_t value = 0;
        while (count-- > 0 && ok_) value = value << 1 | bit();
        return ok_ ? value : 0;
    }
    void skip(unsigned count) {
        while (count-- > 0 && ok_) (void)bit();
    }
    // Exp-Golomb ue(v): up to 2^32 - 2; longer codes are not ok.
    [[nodiscard]] std::uint32_t ue() {
        unsigned zeros = 0;
        while (ok_ && bit() == 0)
            if (++zeros > 31) ok_ = false;
        if (!ok_) return 0;
        const auto value = (std::uint64_t{1} << zeros) - 1 + bits(zeros);
        return ok_ ? static_cast<std::uint32_t>(value) : 0;
    }
    // Exp-Golomb se(v).
    [[nodiscard]] std::int32_t se() {
        const std::int64_t code = ue();
        return static_cast<std::int32_t>(code % 2 != 0 ? (code + 1) / 2 : -(code / 2));
    }

    [[nodiscard]] std::size_t position() const { return position_; } // bits read
    [[nodiscard]] bool ok() const { return ok_; }

private:
    Bytes bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

} // namespace tv::video
