// The remote waypipe's end of a channel: bytes out, messages in, never blocking longer than asked.
#pragma once

#include <functional>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "base/result.h"
#include "channel/messages.h"

namespace tv::replay {

// Single-threaded.
class SenderEnd {
public:
    // One whole message, frame word included.
    using Take = std::function<void(MessageType, Bytes)>;

    explicit SenderEnd(UniqueFd socket);

    void append(Bytes bytes) { out_.append(bytes); }
    template <typename M>
    void send(const M& message) {
        encode(message, out_.append(encoded_size(message)));
    }
    [[nodiscard]] std::size_t queued() const { return out_.size(); }

    // Waits at most so long for something to come or go, and lets it. Nothing is read or written once
    // ended(). Fails when the receiver says what no receiver says.
    [[nodiscard]] Status pump(int timeout_ms, const Take& take);
    // The receiver has closed the channel. What it said before has been taken.
    [[nodiscard]] bool ended() const { return ended_; }
    // No more from us.
    void finish_writing();
    // Bytes that the receiver has taken.
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

private:
    [[nodiscard]] Status receive(const Take& take);

    UniqueFd socket_;
    ByteQueue out_;
    ByteQueue in_;
    std::uint64_t sent_ = 0;
    bool ended_ = false;
};

} // namespace tv::replay
