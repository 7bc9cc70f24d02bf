// The messages of the channel: bytes <-> typed messages, both directions, no state.
//
// Decoded messages are views: their spans borrow the input. Encoders write into memory of the caller's.
// Neither allocates. Decoding judges a message's shape (type, size, values that can never be right); whether
// a RID exists or a range fits its buffer is for those who hold the buffers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace tv {

// Names a replicated file, image, pipe or timeline. The application side counts up from 1, the display side
// down from -1; never 0.
using Rid = std::int32_t;

// "A->D": from the application side to the display side.
enum class MessageType : std::uint8_t {
    Protocol = 0,
    InjectRids = 1,
    OpenFile = 2,
    ExtendFile = 3,
    OpenDmabuf = 4,
    BufferFill = 5,
    BufferDiff = 6,
    OpenIRPipe = 7,
    OpenIWPipe = 8,
    OpenRWPipe = 9,
    PipeTransfer = 10,
    PipeShutdownR = 11,
    PipeShutdownW = 12,
    OpenDmavidSrc = 13,
    OpenDmavidDst = 14,
    SendDmavidPacket = 15,
    AckNblocks = 16,
    Restart = 17,
    Close = 18,
    OpenDmavidSrcV2 = 19,
    OpenDmavidDstV2 = 20,
    OpenTimeline = 21,
    SignalTimeline = 22,
    Version = 23,
};
inline constexpr unsigned kMessageTypeCount = 24;

[[nodiscard]] const char* message_name(MessageType type);

// AckNblocks counts every message but these three, in both directions.
[[nodiscard]] constexpr bool counts_for_acks(MessageType type) {
    return type != MessageType::AckNblocks && type != MessageType::Restart && type != MessageType::Close;
}

// --- frames ------------------------------------------------------------------------------------------------

inline constexpr std::size_t kFrameWordSize = 4;

struct FrameWord {
    std::size_t size = 0; // bytes with the frame word, without padding
    MessageType type{};

    // Where the next message starts.
    [[nodiscard]] constexpr std::size_t padded_size() const { return padded4(size); }
    bool operator==(const FrameWord&) const = default;
};

// Accepts only sizes that a message of that type can have (limits.h bounds those of variable size), so that
// nothing is buffered for a message that would be refused anyway.
[[nodiscard]] Result<FrameWord> decode_frame_word(std::uint32_t word);
// The frame word at the start of `bytes`.
[[nodiscard]] Result<FrameWord> peek_frame(Bytes bytes);
[[nodiscard]] constexpr std::uint32_t encode_frame_word(FrameWord frame) {
    return static_cast<std::uint32_t>(frame.size << 5) | static_cast<std::uint32_t>(frame.type);
}

// --- the messages ------------------------------------------------------------------------------------------

namespace msg {

// Whole Wayland messages, their second words tagged (below). May be empty.
struct Protocol {
    static constexpr MessageType kType = MessageType::Protocol;
    static constexpr std::size_t kHeadSize = 4;
    Bytes data{};
};

// RIDs that stand for the descriptors of the next Protocol message, in order.
struct InjectRids {
    static constexpr MessageType kType = MessageType::InjectRids;
    static constexpr std::size_t kHeadSize = 4;
    Bytes data{}; // four bytes each

    [[nodiscard]] std::size_t count() const { return data.size() / sizeof(Rid); }
    // index < count()
    [[nodiscard]] Rid operator[](std::size_t index) const { return load_i32(data, index * sizeof(Rid)); }
};

struct OpenFile {
    static constexpr MessageType kType = MessageType::OpenFile;
    Rid rid = 0;
    std::uint32_t size = 0; // bytes; 0 is legal
    bool operator==(const OpenFile&) const = default;
};

struct ExtendFile {
    static constexpr MessageType kType = MessageType::ExtendFile;
    Rid rid = 0;
    std::uint32_t size = 0; // the new size in bytes
    bool operator==(const ExtendFile&) const = default;
};

// What the remote side says about a dmabuf. Receivers go by width, height, format and strides[0].
struct Slice {
    static constexpr std::size_t kSize = 64;
    std::uint32_t width = 0; // pixels
    std::uint32_t height = 0;
    std::uint32_t format = 0; // DRM fourcc
    std::int32_t planes = 0;  // 1..4 when honest; not checked
    std::array<std::uint32_t, 4> offsets{};
    std::array<std::uint32_t, 4> strides{}; // bytes
    std::uint64_t modifier = 0;
    std::array<std::uint8_t, 4> using_planes{}; // 1 for each plane stored in this object
    std::uint32_t reserved = 0;
    bool operator==(const Slice&) const = default;
};

struct OpenDmabuf {
    static constexpr MessageType kType = MessageType::OpenDmabuf;
    Rid rid = 0;
    std::uint32_t size = 0; // bytes of the sender's buffer
    Slice slice{};
    bool operator==(const OpenDmabuf&) const = default;
};

// Replaces bytes [start, end) of the linear view; start < end holds for decoded messages.
struct BufferFill {
    static constexpr MessageType kType = MessageType::BufferFill;
    static constexpr std::size_t kHeadSize = 16;
    Rid rid = 0;
    std::uint32_t start = 0;
    std::uint32_t end = 0;
    Bytes data{}; // compressed as the connection header says

    [[nodiscard]] std::size_t uncompressed_size() const { return std::size_t{end} - start; }
};

// Spans of 4-byte words, then bytes for the end of the buffer (mirror/diff.h). Decoded: diff_size is a
// multiple of 4.
struct BufferDiff {
    static constexpr MessageType kType = MessageType::BufferDiff;
    static constexpr std::size_t kHeadSize = 16;
    Rid rid = 0;
    std::uint32_t diff_size = 0; // uncompressed bytes of spans with their headers
    std::uint32_t ntrailing = 0; // uncompressed bytes that follow and replace the buffer's last ones
    Bytes data{};                // both parts, compressed as one block

    [[nodiscard]] std::size_t uncompressed_size() const { return std::size_t{diff_size} + ntrailing; }
};

// The receiver of this message keeps the read end and gives the write end to its Wayland peer.
struct OpenIRPipe {
    static constexpr MessageType kType = MessageType::OpenIRPipe;
    Rid rid = 0;
    bool operator==(const OpenIRPipe&) const = default;
};

// The receiver of this message keeps the write end and gives the read end away.
struct OpenIWPipe {
    static constexpr MessageType kType = MessageType::OpenIWPipe;
    Rid rid = 0;
    bool operator==(const OpenIWPipe&) const = default;
};

// A socket pair, both ways.
struct OpenRWPipe {
    static constexpr MessageType kType = MessageType::OpenRWPipe;
    Rid rid = 0;
    bool operator==(const OpenRWPipe&) const = default;
};

// Bytes of a pipe, never compressed.
struct PipeTransfer {
    static constexpr MessageType kType = MessageType::PipeTransfer;
    static constexpr std::size_t kHeadSize = 8;
    Rid rid = 0;
    Bytes data{};
};

// "My reader is gone": the receiver stops reading and closes its read end.
struct PipeShutdownR {
    static constexpr MessageType kType = MessageType::PipeShutdownR;
    Rid rid = 0;
    bool operator==(const PipeShutdownR&) const = default;
};

// "No more data from me": the receiver writes out what it holds, then closes its write end.
struct PipeShutdownW {
    static constexpr MessageType kType = MessageType::PipeShutdownW;
    Rid rid = 0;
    bool operator==(const PipeShutdownW&) const = default;
};

// An image that the receiver of the message encodes (Src) or decodes (Dst). Without flags: H.264. Nobody has
// sent the first two since 0.8.4.
struct OpenDmavidSrc {
    static constexpr MessageType kType = MessageType::OpenDmavidSrc;
    Rid rid = 0;
    std::uint32_t size = 0;
    Slice slice{};
    bool operator==(const OpenDmavidSrc&) const = default;
};
struct OpenDmavidDst {
    static constexpr MessageType kType = MessageType::OpenDmavidDst;
    Rid rid = 0;
    std::uint32_t size = 0;
    Slice slice{};
    bool operator==(const OpenDmavidDst&) const = default;
};
struct OpenDmavidSrcV2 {
    static constexpr MessageType kType = MessageType::OpenDmavidSrcV2;
    Rid rid = 0;
    std::uint32_t size = 0;
    std::uint32_t vid_flags = 0; // low 8 bits: codec id
    Slice slice{};
    bool operator==(const OpenDmavidSrcV2&) const = default;
};
struct OpenDmavidDstV2 {
    static constexpr MessageType kType = MessageType::OpenDmavidDstV2;
    Rid rid = 0;
    std::uint32_t size = 0;
    std::uint32_t vid_flags = 0;
    Slice slice{};
    bool operator==(const OpenDmavidDstV2&) const = default;
};

// One codec packet of one image.
struct SendDmavidPacket {
    static constexpr MessageType kType = MessageType::SendDmavidPacket;
    static constexpr std::size_t kHeadSize = 8;
    Rid rid = 0;
    Bytes data{};
};

// Wire version 16 only: messages received so far, see counts_for_acks(); wraps at 2^32.
struct AckNblocks {
    static constexpr MessageType kType = MessageType::AckNblocks;
    std::uint32_t count = 0;
    bool operator==(const AckNblocks&) const = default;
};

// After a reconnection: the last message that was acknowledged.
struct Restart {
    static constexpr MessageType kType = MessageType::Restart;
    std::uint32_t last = 0;
    bool operator==(const Restart&) const = default;
};

// A deliberate end. The code says little: C peers send -1 for every end. Longer messages than 8 bytes are
// taken, what follows the code is dropped.
struct Close {
    static constexpr MessageType kType = MessageType::Close;
    std::int32_t code = 0;
    bool operator==(const Close&) const = default;
};

struct OpenTimeline {
    static constexpr MessageType kType = MessageType::OpenTimeline;
    Rid rid = 0;
    std::uint64_t point = 0;
    bool operator==(const OpenTimeline&) const = default;
};

struct SignalTimeline {
    static constexpr MessageType kType = MessageType::SignalTimeline;
    Rid rid = 0;
    std::uint64_t point = 0;
    bool operator==(const SignalTimeline&) const = default;
};

// D->A only, at most once, before everything else, only to a header of version 17 or more.
struct Version {
    static constexpr MessageType kType = MessageType::Version;
    std::uint32_t version = 0;
    bool operator==(const Version&) const = default;
};

} // namespace msg

// --- decoding and encoding ---------------------------------------------------------------------------------
// Defined for every message of namespace msg: decode<msg::OpenFile>(bytes).

// `message` is one whole message from its frame word on, with or without its padding and nothing after that.
// The type must be M's (see peek_frame).
template <typename M>
[[nodiscard]] Result<M> decode(Bytes message);

// Bytes on the channel, padding included.
template <typename M>
[[nodiscard]] std::size_t encoded_size(const M& message);
// Writes the message and its zero padding; out.size() == encoded_size(message).
template <typename M>
void encode(const M& message, MutableBytes out);

// --- messages with a payload, without having the payload
// ------------------------------------------------------- For Protocol, InjectRids, BufferFill, BufferDiff,
// PipeTransfer and SendDmavidPacket: payloads that arrive later or that are appended by the caller need no
// copy.

template <typename M>
struct Head {
    M fields{};                // data is empty
    std::size_t data_size = 0; // bytes of payload that follow the first M::kHeadSize bytes

    [[nodiscard]] FrameWord frame() const { return {M::kHeadSize + data_size, M::kType}; }
    // Zero bytes between the payload and the next message.
    [[nodiscard]] std::size_t padding() const { return frame().padded_size() - frame().size; }
};

// Needs the first M::kHeadSize bytes of the message; more are not looked at.
template <typename M>
[[nodiscard]] Result<Head<M>> decode_head(Bytes bytes);
// Writes M::kHeadSize bytes; the caller sends head.data_size bytes and head.padding() zero bytes after them.
// head.frame().size must not exceed limits::kMaxMessageBytes.
template <typename M>
void encode_head(const Head<M>& head, MutableBytes out);

// --- Wayland messages inside Protocol ----------------------------------------------------------------------
// The second word of each, (length << 16) | opcode, carries the number of descriptors in bits 11-15.

inline constexpr unsigned kMaxFdTag = 31;

[[nodiscard]] constexpr unsigned fd_tag(std::uint32_t word2) {
    return (word2 >> 11) & 0x1f;
}
[[nodiscard]] constexpr std::uint32_t untag(std::uint32_t word2) {
    return word2 & ~(std::uint32_t{0x1f} << 11);
}
// count <= kMaxFdTag
[[nodiscard]] constexpr std::uint32_t tag_fds(std::uint32_t word2, unsigned count) {
    return untag(word2) | (std::uint32_t{count} & 0x1f) << 11;
}

} // namespace tv
