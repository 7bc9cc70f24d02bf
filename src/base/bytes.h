// Reading and writing little-endian integers in byte spans. No casts, no alignment assumptions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tv {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

namespace detail {
template <typename T>
[[nodiscard]] inline T from_little(T value) {
    if constexpr (std::endian::native == std::endian::big) return std::byteswap(value);
    return value;
}
} // namespace detail

// The caller has checked that offset + sizeof(T) lies within the span.
template <typename T>
[[nodiscard]] inline T load_le(Bytes bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return detail::from_little(value);
}
template <typename T>
inline void store_le(MutableBytes bytes, std::size_t offset, T value) {
    value = detail::from_little(value);
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

[[nodiscard]] inline std::uint32_t load_u32(Bytes bytes, std::size_t offset) {
    return load_le<std::uint32_t>(bytes, offset);
}
[[nodiscard]] inline std::int32_t load_i32(Bytes bytes, std::size_t offset) {
    return static_cast<std::int32_t>(load_u32(bytes, offset));
}
inline void store_u32(MutableBytes bytes, std::size_t offset, std::uint32_t value) {
    store_le(bytes, offset, value);
}

[[nodiscard]] constexpr std::size_t padded4(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

// A forward reader that cannot leave its span: reads past the end give zeros and leave ok() false, so a
// parser checks once at the end of a fixed layout.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    [[nodiscard]] std::uint32_t u32() { return take<std::uint32_t>(); }
    [[nodiscard]] std::int32_t i32() { return static_cast<std::int32_t>(take<std::uint32_t>()); }
    [[nodiscard]] std::uint64_t u64() { return take<std::uint64_t>(); }
    [[nodiscard]] std::uint8_t u8() { return take<std::uint8_t>(); }
    [[nodiscard]] Bytes bytes(std::size_t count) {
        if (count > rest_.size()) {
            fail();
            return {};
        }
        Bytes taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    void skip(std::size_t count) { (void)bytes(count); }

    [[nodiscard]] Bytes rest() const { return rest_; }
    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    [[nodiscard]] bool ok() const { return ok_; }

private:
    template <typename T>
    T take() {
        if (rest_.size() < sizeof(T)) {
            fail();
            return T{};
        }
        T value = load_le<T>(rest_, 0);
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }
    void fail() {
        rest_ = {};
        ok_ = false;
    }

    Bytes rest_;
    bool ok_ = true;
};

} // namespace tv
