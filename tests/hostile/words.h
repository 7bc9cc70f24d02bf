// Wayland messages for tests, built without the product's own builder so that they may lie.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tv::test {

using ByteVector = std::vector<std::byte>;

inline void append_u32(ByteVector& out, std::uint32_t value) {
    out.resize(out.size() + 4);
    store_u32(out, out.size() - 4, value);
}
inline void append(ByteVector& out, Bytes bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// Converts to its bytes at any time; the header says what is true then, unless size() was called.
class Words {
public:
    Words(std::uint32_t object, unsigned opcode, unsigned fds = 0) : opcode_(opcode), fds_(fds) {
        append_u32(bytes_, object);
        append_u32(bytes_, 0);
    }
    Words& u(std::uint32_t value) {
        append_u32(bytes_, value);
        return *this;
    }
    Words& i(std::int32_t value) { return u(static_cast<std::uint32_t>(value)); }
    Words& s(std::string_view text) {
        u(static_cast<std::uint32_t>(text.size() + 1));
        append(bytes_, std::as_bytes(std::span(text)));
        bytes_.resize(padded4(bytes_.size() + 1));
        return *this;
    }
    // What the header claims, whatever follows.
    Words& size(std::uint32_t claimed) {
        claimed_ = claimed;
        return *this;
    }

    operator ByteVector() const { // NOLINT: meant to be implicit
        ByteVector done = bytes_;
        const auto size = claimed_ != 0 ? claimed_ : static_cast<std::uint32_t>(done.size());
        store_u32(done, 4, size << 16 | fds_ << 11 | opcode_);
        return done;
    }

private:
    ByteVector bytes_;
    unsigned opcode_;
    unsigned fds_;
    std::uint32_t claimed_ = 0;
};

// Several messages, one after the other.
template <typename... Messages>
[[nodiscard]] ByteVector together(const Messages&... messages) {
    ByteVector all;
    (append(all, ByteVector(messages)), ...);
    return all;
}

} // namespace tv::test
