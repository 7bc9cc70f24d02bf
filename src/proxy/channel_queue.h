// Bytes on their way to the remote side: events in Protocol messages, pipes, small files, acknowledgements.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "base/result.h"
#include "channel/compression.h"
#include "channel/messages.h"

namespace tv::proxy {

// The poll thread's. Everything is appended in its final form; an open Protocol message is closed before any
// other message begins.
class ChannelQueue {
public:
    // What the connection header said. Before this nothing may be appended.
    void start(unsigned wire_version, CompressionKind compression);

    // Where to append one event of at most `size` bytes, complete, without descriptors.
    [[nodiscard]] ByteQueue& event(std::size_t size);
    // The same for an event whose one descriptor (to be tagged) stands for `rid`.
    [[nodiscard]] ByteQueue& event_with(Rid rid, std::size_t size);

    // The event appended last, to complete it in place.
    [[nodiscard]] MutableBytes last_event(std::size_t size) { return out_.recent(size); }

    // A display-side RID: -1, -2, ...
    [[nodiscard]] Rid new_rid() { return --last_rid_; }

    template <typename M>
    void send(const M& message) {
        close_protocol();
        encode(message, out_.append(encoded_size(message)));
    }
    void send_pipe_data(Rid rid, Bytes data);
    // OpenFile and its whole contents.
    [[nodiscard]] Status send_file(Rid rid, Bytes contents);
    // A diff of something that the remote side holds, already built (mirror/diff.h).
    [[nodiscard]] Status send_diff(Rid rid, Bytes diff, std::size_t ntrailing);

    // wl_display.error on the application's connection. Object 0: wl_display itself is to blame.
    void error_event(std::string_view text, std::uint32_t object, std::uint32_t code);
    // The same, then Close.
    void send_error(const std::string& text, std::uint32_t object = 0, std::uint32_t code = 0);
    void send_close();

    // Acknowledgements, wire version 16 only. A C peer keeps every message until it is acknowledged.
    void received(MessageType type, std::size_t bytes, std::int64_t now);
    // Appends an acknowledgement when one is due. Returns when to ask again (steady time), 0: not before the
    // next message.
    std::int64_t acknowledge(std::int64_t now);

    // What can be written now.
    [[nodiscard]] Bytes ready();
    void written(std::size_t count) { out_.consume(count); }
    [[nodiscard]] std::size_t size() const { return out_.size(); }

private:
    void open_protocol();
    void close_protocol();
    [[nodiscard]] std::size_t protocol_size() const { return out_.size() - protocol_start_; }

    ByteQueue out_; // not consumed from while a Protocol message is open
    bool open_ = false;
    std::size_t protocol_start_ = 0; // of the open Protocol message, from the front of out_
    Rid last_rid_ = 0;
    unsigned wire_version_ = 0;
    CompressionKind compression_ = CompressionKind::None;
    Compressor compressor_;
    std::vector<std::byte> compressed_;

    std::uint32_t received_messages_ = 0;
    std::uint32_t acknowledged_ = 0;
    std::size_t unacknowledged_bytes_ = 0;
    std::int64_t ack_due_ = 0;
};

} // namespace tv::proxy
