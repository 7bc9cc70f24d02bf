// One replicated pipe: a local descriptor on this side, messages of the channel on the other.
#pragma once

#include <cstdint>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "channel/messages.h"

namespace tv::mirror {

// The poll thread's. What is read locally goes to the channel; what the channel brings waits in `outgoing`
// until the local reader takes it.
class Pipe {
public:
    // A pipe or socket pair made for an Open*Pipe message: one end stays here, the other is given_away().
    [[nodiscard]] static Result<Pipe> make(Rid rid, MessageType opened_by);
    // A descriptor that the compositor sent and whose write end serves the remote data (`send` events).
    [[nodiscard]] static Pipe sink(Rid rid, UniqueFd write_end);

    [[nodiscard]] Rid rid() const { return rid_; }
    [[nodiscard]] bool reads() const { return reads_; }
    [[nodiscard]] bool writes() const { return writes_; }
    [[nodiscard]] bool wants_write() const { return writes_ && (!outgoing_.empty() || finishing_); }
    // The channel brings no more and all of it has been written.
    [[nodiscard]] bool finished_writing() const { return finishing_ && outgoing_.empty(); }
    [[nodiscard]] bool open() const { return reads_ || writes_; }
    // Closed, and nobody will ask for the other end: its data and shutdown may precede the message that it is
    // for.
    [[nodiscard]] bool finished() const { return !open() && !given_away_.valid(); }
    [[nodiscard]] const UniqueFd& local() const { return local_; }
    // For the Wayland message that the pipe was opened for; once.
    [[nodiscard]] UniqueFd take_given_away() { return std::move(given_away_); }

    // Bytes from the channel.
    void queue(Bytes data) {
        if (writes_ && !finishing_) outgoing_.append(data);
    }
    [[nodiscard]] std::size_t queued() const { return outgoing_.size(); }
    // The channel brings no more.
    void finish_writing() { finishing_ = true; }
    // The remote reader is gone.
    void stop_reading() { close_reading(); }

    // Reads what there is into `into`; 0 at the end. TryAgain when there is nothing.
    [[nodiscard]] Result<std::size_t> read(MutableBytes into);
    // Writes some of what is queued. Closed: the local reader is gone.
    [[nodiscard]] Status write();
    void close_reading();
    void close_writing();

private:
    Rid rid_ = 0;
    UniqueFd local_;
    UniqueFd given_away_;
    ByteQueue outgoing_;
    bool reads_ = false;
    bool writes_ = false;
    bool finishing_ = false;
    bool may_block_ = false; // the descriptor's flags are somebody else's
};

} // namespace tv::mirror
