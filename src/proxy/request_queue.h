// Requests on their way to the compositor: strictly in channel order, held by gates.
//
// A gate stands before one message (a commit, a pool resize, a keymap) and opens once the file that the
// message shows has received all its updates. What is behind a closed gate waits; nothing overtakes.
#pragma once

#include <memory>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "base/limits.h"
#include "mirror/replica.h"
#include "proxy/frame_watch.h"

namespace tv::proxy {

// The seam to the compositor's socket.
class RequestTransport {
public:
    virtual ~RequestTransport() = default;
    // Sends some of `bytes`, and all of `fds` with the first of them. TryAgain when the socket takes nothing
    // now; Closed when the compositor is gone.
    [[nodiscard]] virtual Result<std::size_t> send(Bytes bytes, std::span<const int> fds) = 0;
};

// What a gate does just before its message goes out.
class ForwardAction {
public:
    virtual ~ForwardAction() = default;
    [[nodiscard]] virtual Status about_to_forward() = 0;
};

// The poll thread's.
class RequestQueue {
public:
    explicit RequestQueue(mirror::MirrorState& mirror) : mirror_(mirror) {}

    // Messages are appended here, complete, one after the other.
    [[nodiscard]] ByteQueue& bytes() { return bytes_; }

    // The next message appended needs all updates that `replica` has received so far.
    // `holds`: later updates of the replica wait until the message is out (a commit shows the bytes as they
    // are now). `not_before`: for tests that delay commits, in Clock::steady() nanoseconds. `action` may be
    // null. Gives the gate's number.
    std::uint64_t gate(std::shared_ptr<mirror::Replica> replica, bool holds, std::int64_t not_before = 0,
                       std::shared_ptr<ForwardAction> action = nullptr);
    // The next message appended waits until somebody sets this.
    void gate_until(std::shared_ptr<const bool> condition);
    // The next message appended carries this descriptor.
    void attach_fd(UniqueFd fd);

    // Is told of every gate with a replica that is passed from now on. Outlives the queue.
    void set_watch(FrameWatch* watch) { watch_ = watch; }

    // Sends everything up to the first closed gate. `now`: Clock::steady(). True when a gate was passed, so
    // that waiting updates may have become ready.
    [[nodiscard]] Result<bool> flush(RequestTransport& transport, std::int64_t now);

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    // Bytes of memory that wait here.
    [[nodiscard]] std::size_t backlog() const { return bytes_.size() + gates_.size() * sizeof(Gate); }
    [[nodiscard]] std::size_t descriptors() const { return fds_.size(); }
    // Something could go out if only the socket took it.
    [[nodiscard]] bool blocked_by_socket() const { return socket_full_; }
    // When the first gate that waits for time alone opens; 0: none does.
    [[nodiscard]] std::int64_t next_opening() const;
    // The replica that the first closed gate waits for, or null.
    [[nodiscard]] mirror::Replica* waiting_for() const;

private:
    struct Gate {
        std::uint64_t start = 0; // position of the message
        std::uint64_t number = 0;
        std::shared_ptr<mirror::Replica> replica; // may be null
        std::uint64_t needs = 0;                  // updates applied
        std::int64_t not_before = 0;
        std::shared_ptr<ForwardAction> action;
        std::shared_ptr<const bool> condition; // may be null

        [[nodiscard]] bool open(std::int64_t now) const {
            return not_before <= now && (!replica || replica->applied() >= needs) &&
                   (!condition || *condition);
        }
    };
    struct AttachedFd {
        std::uint64_t start = 0;
        UniqueFd fd;
    };

    [[nodiscard]] std::uint64_t queued_end() const { return sent_ + bytes_.size(); }
    // Where sending must stop now; opens gates on the way.
    [[nodiscard]] Result<std::uint64_t> sendable_end(std::int64_t now);
    [[nodiscard]] bool pass_gates();

    mirror::MirrorState& mirror_;
    ByteQueue bytes_;
    std::uint64_t sent_ = 0; // absolute position of the first byte in bytes_
    Fifo<Gate> gates_;       // not yet passed, in order of position
    std::size_t opened_ = 0; // of gates_, the first so many are open
    std::uint64_t last_number_ = 0;
    Fifo<AttachedFd> fds_;
    bool socket_full_ = false;
    FrameWatch* watch_ = nullptr;
};

} // namespace tv::proxy
