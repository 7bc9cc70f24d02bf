#include "proxy/channel_queue.h"

#include "wayland/message.h"

namespace tv::proxy {
namespace {

// What Rust senders put into one Protocol message; nobody is known to mind it.
constexpr std::size_t kProtocolPayload = 4096;

// An acknowledgement costs the peer a wake-up, keeping messages costs it memory.
constexpr std::int64_t kAckDelay = 20'000'000; // ns; what C peers wait themselves
constexpr std::size_t kAckBytes = 4 * limits::kMiB;
// A C peer walks over all messages that it keeps: from this many on, an acknowledgement goes along when
// something is written anyway.
constexpr std::uint32_t kAckMessages = 16;

} // namespace

void ChannelQueue::start(unsigned wire_version, CompressionKind compression) {
    wire_version_ = wire_version;
    compression_ = compression;
    if (wire_version >= 17) send(msg::Version{wire_version});
}

ByteQueue& ChannelQueue::event(std::size_t size) {
    if (open_ && protocol_size() + size > msg::Protocol::kHeadSize + kProtocolPayload) close_protocol();
    if (!open_) open_protocol();
    return out_;
}

// At most one InjectRIDs may precede a Protocol message, directly: so a descriptor begins a new one.
ByteQueue& ChannelQueue::event_with(Rid rid, std::size_t size) {
    close_protocol();
    std::byte raw[sizeof(Rid)];
    store_u32(raw, 0, static_cast<std::uint32_t>(rid));
    send(msg::InjectRids{raw});
    return event(size);
}

void ChannelQueue::open_protocol() {
    open_ = true;
    protocol_start_ = out_.size();
    (void)out_.append(msg::Protocol::kHeadSize);
}

void ChannelQueue::close_protocol() {
    if (!open_) return;
    open_ = false;
    std::size_t size = protocol_size();
    store_u32(out_.recent(size), 0, encode_frame_word({size, MessageType::Protocol}));
}

void ChannelQueue::send_pipe_data(Rid rid, Bytes data) {
    send(msg::PipeTransfer{rid, data});
}

Status ChannelQueue::send_file(Rid rid, Bytes contents) {
    auto size = static_cast<std::uint32_t>(contents.size());
    send(msg::OpenFile{rid, size});
    if (contents.empty()) return {};
    compressed_.clear();
    TV_TRY(compressor_.compress(compression_, contents, compressed_));
    send(msg::BufferFill{rid, 0, size, compressed_});
    return {};
}

Status ChannelQueue::send_diff(Rid rid, Bytes diff, std::size_t ntrailing) {
    if (diff.empty()) return {};
    compressed_.clear();
    TV_TRY(compressor_.compress(compression_, diff, compressed_));
    send(msg::BufferDiff{rid, static_cast<std::uint32_t>(diff.size() - ntrailing),
                         static_cast<std::uint32_t>(ntrailing), compressed_});
    return {};
}

void ChannelQueue::error_event(std::string_view text, std::uint32_t object, std::uint32_t code) {
    using wayland::InterfaceId;
    constexpr std::uint32_t kImplementationError = 3; // wl_display.error.implementation
    const std::string_view shown = text.substr(0, 1024);
    ByteQueue& out = event(shown.size() + 64);
    wayland::MessageBuilder(out, wayland::kDisplayId, wayland::event_opcode(InterfaceId::wl_display, "error"))
        .u(object != 0 ? object : wayland::kDisplayId)
        .u(object != 0 ? code : kImplementationError)
        .s(shown);
}

void ChannelQueue::send_error(const std::string& text, std::uint32_t object, std::uint32_t code) {
    error_event(text, object, code);
    send_close();
}

void ChannelQueue::send_close() {
    send(msg::Close{0});
}

void ChannelQueue::received(MessageType type, std::size_t bytes, std::int64_t now) {
    if (wire_version_ != kMinWireVersion || !counts_for_acks(type)) return;
    if (received_messages_ == acknowledged_) ack_due_ = now + kAckDelay;
    ++received_messages_;
    unacknowledged_bytes_ += bytes;
}

std::int64_t ChannelQueue::acknowledge(std::int64_t now) {
    if (received_messages_ == acknowledged_) return 0;
    const bool rides_along = !out_.empty() && received_messages_ - acknowledged_ >= kAckMessages;
    if (now < ack_due_ && unacknowledged_bytes_ < kAckBytes && !rides_along) return ack_due_;
    send(msg::AckNblocks{received_messages_});
    acknowledged_ = received_messages_;
    unacknowledged_bytes_ = 0;
    return 0;
}

Bytes ChannelQueue::ready() {
    close_protocol();
    return out_.bytes();
}

} // namespace tv::proxy
