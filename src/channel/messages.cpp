#include "channel/messages.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <type_traits>

namespace tv {
namespace {

struct Shape {
    const char* name;
    std::size_t least; // bytes, frame word included
    std::size_t most;
    const char* limit = nullptr; // of those whose size varies: what `most` is, in words
};

constexpr Shape exactly(const char* name, std::size_t size) {
    return {name, size, size, nullptr};
}

constexpr std::size_t kMaxUpdateMessage = limits::kMaxMessageBytes;
constexpr const char* kUpdateLimit = "bytes of one message (kMaxMessageBytes)";

constexpr std::array<Shape, kMessageTypeCount> kShapes{{
    {"Protocol", 4, 4 + limits::kMaxProtocolBytes, "bytes of one Protocol message (kMaxProtocolBytes)"},
    {"InjectRIDs", 4, 4 + limits::kMaxInjectedRids * sizeof(Rid),
     "bytes of RIDs for one Protocol message (kMaxInjectedRids)"},
    exactly("OpenFile", 12),
    exactly("ExtendFile", 12),
    exactly("OpenDMABUF", 76),
    {"BufferFill", 16, kMaxUpdateMessage, kUpdateLimit},
    {"BufferDiff", 16, kMaxUpdateMessage, kUpdateLimit},
    exactly("OpenIRPipe", 8),
    exactly("OpenIWPipe", 8),
    exactly("OpenRWPipe", 8),
    {"PipeTransfer", 8, 8 + limits::kMaxPipeBytes, "bytes of one PipeTransfer (kMaxPipeBytes)"},
    exactly("PipeShutdownR", 8),
    exactly("PipeShutdownW", 8),
    exactly("OpenDMAVidSrc", 76),
    exactly("OpenDMAVidDst", 76),
    {"SendDMAVidPacket", 8, kMaxUpdateMessage, kUpdateLimit},
    exactly("AckNblocks", 8),
    exactly("Restart", 8),
    // Never longer than 8 in practice; C peers promise no more than "at least 8".
    {"Close", 8, limits::kMaxProtocolBytes, "bytes of a Close message (kMaxProtocolBytes)"},
    exactly("OpenDMAVidSrcV2", 80),
    exactly("OpenDMAVidDstV2", 80),
    exactly("OpenTimeline", 16),
    exactly("SignalTimeline", 16),
    exactly("Version", 8),
}};

constexpr std::uint32_t kTypeMask = 0x1f;

// --- fields ------------------------------------------------------------------------------------------------
// Each fixed layout once, for both directions; every field follows the one before without a gap.

template <typename M>
concept HasPayload = requires { M::kHeadSize; };

template <typename M>
concept HasRid = requires(M message) { message.rid; };

template <typename S, typename T>
concept Same = std::is_same_v<std::remove_const_t<S>, T>;

auto fields(Same<msg::Protocol> auto&) {
    return std::tie();
}
auto fields(Same<msg::InjectRids> auto&) {
    return std::tie();
}
template <typename M>
    requires Same<M, msg::OpenFile> || Same<M, msg::ExtendFile>
auto fields(M& m) {
    return std::tie(m.rid, m.size);
}
template <typename M>
    requires Same<M, msg::OpenDmabuf> || Same<M, msg::OpenDmavidSrc> || Same<M, msg::OpenDmavidDst>
auto fields(M& m) {
    return std::tie(m.rid, m.size, m.slice);
}
template <typename M>
    requires Same<M, msg::OpenDmavidSrcV2> || Same<M, msg::OpenDmavidDstV2>
auto fields(M& m) {
    return std::tie(m.rid, m.size, m.vid_flags, m.slice);
}
auto fields(Same<msg::BufferFill> auto& m) {
    return std::tie(m.rid, m.start, m.end);
}
auto fields(Same<msg::BufferDiff> auto& m) {
    return std::tie(m.rid, m.diff_size, m.ntrailing);
}
template <typename M>
    requires Same<M, msg::OpenIRPipe> || Same<M, msg::OpenIWPipe> || Same<M, msg::OpenRWPipe> ||
             Same<M, msg::PipeTransfer> || Same<M, msg::PipeShutdownR> || Same<M, msg::PipeShutdownW> ||
             Same<M, msg::SendDmavidPacket>
auto fields(M& m) {
    return std::tie(m.rid);
}
auto fields(Same<msg::AckNblocks> auto& m) {
    return std::tie(m.count);
}
auto fields(Same<msg::Restart> auto& m) {
    return std::tie(m.last);
}
auto fields(Same<msg::Close> auto& m) {
    return std::tie(m.code);
}
template <typename M>
    requires Same<M, msg::OpenTimeline> || Same<M, msg::SignalTimeline>
auto fields(M& m) {
    return std::tie(m.rid, m.point);
}
auto fields(Same<msg::Version> auto& m) {
    return std::tie(m.version);
}
auto fields(Same<msg::Slice> auto& s) {
    return std::tie(s.width, s.height, s.format, s.planes, s.offsets, s.strides, s.modifier, s.using_planes,
                    s.reserved);
}

template <typename T>
constexpr bool kIsArray = false;
template <typename T, std::size_t N>
constexpr bool kIsArray<std::array<T, N>> = true;

template <typename T>
void load(T& value, Bytes bytes, std::size_t& offset) {
    if constexpr (std::is_integral_v<T>) {
        value = load_le<T>(bytes, offset);
        offset += sizeof(T);
    } else if constexpr (kIsArray<T>) {
        for (auto& element : value) load(element, bytes, offset);
    } else {
        std::apply([&](auto&... field) { (load(field, bytes, offset), ...); }, fields(value));
    }
}

template <typename T>
void store(const T& value, MutableBytes out, std::size_t& offset) {
    if constexpr (std::is_integral_v<T>) {
        store_le(out, offset, value);
        offset += sizeof(T);
    } else if constexpr (kIsArray<T>) {
        for (const auto& element : value) store(element, out, offset);
    } else {
        std::apply([&](const auto&... field) { (store(field, out, offset), ...); }, fields(value));
    }
}

// --- values that can never be right
// --------------------------------------------------------------------------

template <typename M>
Status judge(const M& message) {
    if constexpr (HasRid<M>)
        if (message.rid == 0) return fail(ErrorCategory::PeerViolation, "message names RID 0");
    if constexpr (std::is_same_v<M, msg::BufferFill>) {
        if (message.end <= message.start)
            return fail(ErrorCategory::PeerViolation, "fill ends before it starts", message.end);
    }
    if constexpr (std::is_same_v<M, msg::BufferDiff>)
        if (message.diff_size % 4 != 0)
            return fail(ErrorCategory::PeerViolation, "diff size is not a multiple of 4", message.diff_size);
    if constexpr (requires { message.uncompressed_size(); })
        if (message.uncompressed_size() > limits::kMaxUpdateBytes)
            return fail(ErrorCategory::Limit, "bytes of one fill or diff (kMaxUpdateBytes)",
                        static_cast<std::int64_t>(message.uncompressed_size()));
    return {};
}

Result<FrameWord> check_type(Bytes bytes, MessageType type) {
    TV_ASSIGN(FrameWord frame, peek_frame(bytes));
    if (frame.type != type)
        return fail(ErrorCategory::PeerViolation, "message is not of the expected type",
                    static_cast<std::int64_t>(frame.type));
    return frame;
}

template <typename M>
void load_fields(M& message, Bytes bytes) {
    std::size_t offset = kFrameWordSize;
    std::apply([&](auto&... field) { (load(field, bytes, offset), ...); }, fields(message));
}

template <typename M>
void store_fields(const M& message, FrameWord frame, MutableBytes out) {
    assert(frame.size <= limits::kMaxMessageBytes);
    store_u32(out, 0, encode_frame_word(frame));
    std::size_t offset = kFrameWordSize;
    std::apply([&](const auto&... field) { (store(field, out, offset), ...); }, fields(message));
}

template <typename M>
FrameWord frame_of(const M& message) {
    if constexpr (HasPayload<M>)
        return {M::kHeadSize + message.data.size(), M::kType};
    else
        return {kShapes[static_cast<std::size_t>(M::kType)].least, M::kType};
}

} // namespace

const char* message_name(MessageType type) {
    const auto index = static_cast<std::size_t>(type);
    return index < kShapes.size() ? kShapes[index].name : "unknown";
}

Result<FrameWord> decode_frame_word(std::uint32_t word) {
    const std::size_t type = word & kTypeMask;
    const std::size_t size = word >> 5;
    if (type >= kShapes.size())
        return fail(ErrorCategory::PeerViolation, "unknown message type", static_cast<std::int64_t>(type));
    const Shape& shape = kShapes[type];
    if (size < shape.least)
        return fail(ErrorCategory::PeerViolation, "message is shorter than its type allows",
                    static_cast<std::int64_t>(size));
    if (size > shape.most) {
        if (shape.limit == nullptr)
            return fail(ErrorCategory::PeerViolation, "message is longer than its type allows",
                        static_cast<std::int64_t>(size));
        return fail(ErrorCategory::Limit, shape.limit, static_cast<std::int64_t>(size));
    }
    if (static_cast<MessageType>(type) == MessageType::InjectRids && size % sizeof(Rid) != 0)
        return fail(ErrorCategory::PeerViolation, "InjectRIDs holds a part of a RID",
                    static_cast<std::int64_t>(size));
    return FrameWord{size, static_cast<MessageType>(type)};
}

Result<FrameWord> peek_frame(Bytes bytes) {
    if (bytes.size() < kFrameWordSize)
        return fail(ErrorCategory::PeerViolation, "message is cut off",
                    static_cast<std::int64_t>(bytes.size()));
    return decode_frame_word(load_u32(bytes, 0));
}

template <typename M>
Result<M> decode(Bytes message) {
    TV_ASSIGN(FrameWord frame, check_type(message, M::kType));
    if (message.size() < frame.size)
        return fail(ErrorCategory::PeerViolation, "message is cut off",
                    static_cast<std::int64_t>(message.size()));
    if (message.size() > frame.padded_size())
        return fail(ErrorCategory::PeerViolation, "bytes after the end of the message",
                    static_cast<std::int64_t>(message.size()));
    M decoded;
    load_fields(decoded, message);
    TV_TRY(judge(decoded));
    if constexpr (HasPayload<M>) decoded.data = message.subspan(M::kHeadSize, frame.size - M::kHeadSize);
    return decoded;
}

template <typename M>
std::size_t encoded_size(const M& message) {
    return frame_of(message).padded_size();
}

template <typename M>
void encode(const M& message, MutableBytes out) {
    const FrameWord frame = frame_of(message);
    assert(out.size() == frame.padded_size());
    store_fields(message, frame, out);
    if constexpr (HasPayload<M>) {
        std::ranges::copy(message.data, out.begin() + M::kHeadSize);
        std::ranges::fill(out.subspan(frame.size), std::byte{0});
    }
}

template <typename M>
Result<Head<M>> decode_head(Bytes bytes) {
    TV_ASSIGN(FrameWord frame, check_type(bytes, M::kType));
    if (bytes.size() < M::kHeadSize)
        return fail(ErrorCategory::PeerViolation, "message is cut off",
                    static_cast<std::int64_t>(bytes.size()));
    Head<M> head;
    load_fields(head.fields, bytes);
    TV_TRY(judge(head.fields));
    head.data_size = frame.size - M::kHeadSize;
    return head;
}

template <typename M>
void encode_head(const Head<M>& head, MutableBytes out) {
    assert(out.size() >= M::kHeadSize);
    store_fields(head.fields, head.frame(), out);
}

// Types cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define TV_INSTANTIATE(M)                                                                                    \
    template Result<M> decode<M>(Bytes);                                                                     \
    template std::size_t encoded_size<M>(const M&);                                                          \
    template void encode<M>(const M&, MutableBytes);
#define TV_INSTANTIATE_HEAD(M)                                                                               \
    TV_INSTANTIATE(M)                                                                                        \
    template Result<Head<M>> decode_head<M>(Bytes);                                                          \
    template void encode_head<M>(const Head<M>&, MutableBytes);
// NOLINTEND(bugprone-macro-parentheses)

TV_INSTANTIATE_HEAD(msg::Protocol)
TV_INSTANTIATE_HEAD(msg::InjectRids)
TV_INSTANTIATE(msg::OpenFile)
TV_INSTANTIATE(msg::ExtendFile)
TV_INSTANTIATE(msg::OpenDmabuf)
TV_INSTANTIATE_HEAD(msg::BufferFill)
TV_INSTANTIATE_HEAD(msg::BufferDiff)
TV_INSTANTIATE(msg::OpenIRPipe)
TV_INSTANTIATE(msg::OpenIWPipe)
TV_INSTANTIATE(msg::OpenRWPipe)
TV_INSTANTIATE_HEAD(msg::PipeTransfer)
TV_INSTANTIATE(msg::PipeShutdownR)
TV_INSTANTIATE(msg::PipeShutdownW)
TV_INSTANTIATE(msg::OpenDmavidSrc)
TV_INSTANTIATE(msg::OpenDmavidDst)
TV_INSTANTIATE_HEAD(msg::SendDmavidPacket)
TV_INSTANTIATE(msg::AckNblocks)
TV_INSTANTIATE(msg::Restart)
TV_INSTANTIATE(msg::Close)
TV_INSTANTIATE(msg::OpenDmavidSrcV2)
TV_INSTANTIATE(msg::OpenDmavidDstV2)
TV_INSTANTIATE(msg::OpenTimeline)
TV_INSTANTIATE(msg::SignalTimeline)
TV_INSTANTIATE(msg::Version)

#undef TV_INSTANTIATE_HEAD
#undef TV_INSTANTIATE

} // namespace tv
