// Wayland's wire syntax: message headers, argument walking, message building. Syntax only, no meaning.
//
// On the channel, bits 11..15 of the second word count the descriptors that belong to a message; on a Wayland
// socket they are part of the 16-bit opcode and always zero.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/byte_queue.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "wayland/interface.h"

namespace tv::wayland {

inline constexpr std::size_t kHeaderSize = 8;
inline constexpr unsigned kFdTagShift = 11;
inline constexpr std::uint32_t kFdTagMask = 0x1f;
inline constexpr std::uint32_t kOpcodeMask = 0x7ff;

// Ids from here on are allocated by the compositor.
inline constexpr std::uint32_t kServerIdBase = 0xff000000;
inline constexpr std::uint32_t kDisplayId = 1;

struct Header {
    std::uint32_t object = 0;
    std::uint16_t opcode = 0; // without the tag
    std::uint8_t fds = 0;     // the tag
    std::uint16_t size = 0;   // with this header
};

// Reads the header of the first message in `bytes`. Needs kHeaderSize bytes; checks the length field (at
// least a header, a multiple of four, at most libwayland's 4096), not whether all of it has arrived.
[[nodiscard]] Result<Header> read_header(Bytes bytes, ErrorCategory blame);

[[nodiscard]] constexpr std::uint32_t pack_word(std::uint16_t size, std::uint16_t opcode, unsigned fds = 0) {
    return static_cast<std::uint32_t>(size) << 16 | fds << kFdTagShift | opcode;
}

// Walks the arguments of one message by its signature. Reading past the end or out of turn leaves ok() false
// and yields zeros.
class ArgumentReader {
public:
    // `message` begins with the header and has exactly the header's size.
    explicit ArgumentReader(Bytes message) : reader_(message.subspan(kHeaderSize)) {}

    [[nodiscard]] std::uint32_t u() { return reader_.u32(); }
    [[nodiscard]] std::int32_t i() { return reader_.i32(); }
    // Without the terminating zero; nullopt is the null string. The view borrows the message.
    [[nodiscard]] std::optional<std::string_view> s();
    [[nodiscard]] Bytes a();

    [[nodiscard]] bool ok() const { return ok_ && reader_.ok(); }
    [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }

private:
    ByteReader reader_;
    bool ok_ = true;
};

// What tracking needs from a message's arguments.
struct Tracked {
    std::uint32_t new_id = 0;      // of the 'n' argument with a fixed interface; 0: none
    std::size_t new_id_offset = 0; // from the start of the message
    bool well_formed = false;      // arguments fit the signature exactly
};
[[nodiscard]] Tracked track_arguments(Bytes message, const Message& description);

// Appends one message to a queue: header when made, size when finished. The caller keeps it below
// limits::kMaxWaylandMessage: strings and arrays that could be longer are cut or refused before.
class MessageBuilder {
public:
    MessageBuilder(ByteQueue& out, std::uint32_t object, std::uint16_t opcode, unsigned fds = 0)
        : out_(out), start_(out.size()), object_(object), opcode_(opcode), fds_(fds) {
        (void)out.append(kHeaderSize);
    }
    MessageBuilder(const MessageBuilder&) = delete;
    MessageBuilder& operator=(const MessageBuilder&) = delete;
    // Writes the header.
    ~MessageBuilder();

    MessageBuilder& u(std::uint32_t value);
    MessageBuilder& i(std::int32_t value) { return u(static_cast<std::uint32_t>(value)); }
    MessageBuilder& s(std::string_view text);
    MessageBuilder& a(Bytes bytes);

private:
    ByteQueue& out_;
    std::size_t start_;
    std::uint32_t object_;
    std::uint16_t opcode_;
    unsigned fds_;
};

} // namespace tv::wayland
