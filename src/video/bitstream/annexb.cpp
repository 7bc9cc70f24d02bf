#include "video/bitstream/annexb.h"

#include <algorithm>
#include <cstring>

namespace tv::video {
namespace {

constexpr std::byte kZero{0};
constexpr std::byte kEscape{3};

// Where the next 00 00 01 begins, or bytes.size(). memchr for the 1 is faster than looking for zeros: coded
// data has few ones, and padding is nothing but zeros.
std::size_t find_start_code(Bytes bytes) {
    std::size_t at = 2;
    while (at < bytes.size()) {
        const void* found = std::memchr(bytes.data() + at, 1, bytes.size() - at);
        if (found == nullptr) break;
        at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
        if (bytes[at - 1] == kZero && bytes[at - 2] == kZero) return at - 2;
        ++at;
    }
    return bytes.size();
}

// From behind the next start code; empty when there is none.
Bytes behind_start_code(Bytes bytes) {
    const std::size_t at = find_start_code(bytes);
    return at == bytes.size() ? Bytes{} : bytes.subspan(at + 3);
}

} // namespace

Bytes without_trailing_zeros(Bytes packet) {
    const auto last = std::find_if(packet.rbegin(), packet.rend(), [](std::byte b) { return b != kZero; });
    return packet.first(static_cast<std::size_t>(packet.rend() - last));
}

NalReader::NalReader(Bytes packet) : rest_(behind_start_code(packet)) {}

std::optional<Bytes> NalReader::next() {
    while (!rest_.empty()) {
        const Bytes unit = without_trailing_zeros(rest_.first(find_start_code(rest_)));
        rest_ = behind_start_code(rest_);
        if (!unit.empty()) return unit;
    }
    return std::nullopt;
}

std::vector<std::byte> unescape(Bytes payload, std::size_t limit) {
    std::vector<std::byte> out;
    out.reserve(std::min(payload.size(), limit));
    unsigned zeros = 0;
    for (const std::byte b : payload) {
        if (out.size() == limit) break;
        if (zeros >= 2 && b == kEscape) {
            zeros = 0;
            continue;
        }
        zeros = b == kZero ? zeros + 1 : 0;
        out.push_back(b);
    }
    return out;
}

void append_escaped(Bytes payload, std::vector<std::byte>& out) {
    unsigned zeros = 0;
    for (const std::byte b : payload) {
        if (zeros >= 2 && b <= kEscape) {
            out.push_back(kEscape);
            zeros = 0;
        }
        zeros = b == kZero ? zeros + 1 : 0;
        out.push_back(b);
    }
}

} // namespace tv::video
