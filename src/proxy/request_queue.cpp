#include "proxy/request_queue.h"

#include <array>

namespace tv::proxy {

std::uint64_t RequestQueue::gate(std::shared_ptr<mirror::Replica> replica, bool holds,
                                 std::int64_t not_before, std::shared_ptr<ForwardAction> action) {
    Gate gate{queued_end(), ++last_number_, std::move(replica), 0, not_before, std::move(action), nullptr};
    if (gate.replica) {
        gate.needs = gate.replica->received();
        if (holds) gate.replica->hold(gate.number);
    }
    gates_.push(std::move(gate));
    return last_number_;
}

void RequestQueue::gate_until(std::shared_ptr<const bool> condition) {
    gates_.push(Gate{queued_end(), ++last_number_, nullptr, 0, 0, nullptr, std::move(condition)});
}

void RequestQueue::attach_fd(UniqueFd fd) {
    fds_.push({queued_end(), std::move(fd)});
}

Result<std::uint64_t> RequestQueue::sendable_end(std::int64_t now) {
    while (opened_ < gates_.size() && gates_[opened_].open(now)) {
        if (gates_[opened_].action) TV_TRY(gates_[opened_].action->about_to_forward());
        ++opened_;
    }
    return opened_ < gates_.size() ? gates_[opened_].start : queued_end();
}

// A gate is passed when the first byte of its message is out: what was sent cannot be called back, and the
// compositor acts on the message only after all that precedes it.
bool RequestQueue::pass_gates() {
    bool passed = false;
    while (opened_ > 0 && gates_.front().start < sent_) {
        const Gate gate = gates_.pop();
        mirror_.gates_forwarded = gate.number;
        if (watch_ != nullptr && gate.replica) watch_->forwarded(gate.number, *gate.replica);
        --opened_;
        passed = true;
    }
    return passed;
}

Result<bool> RequestQueue::flush(RequestTransport& transport, std::int64_t now) {
    bool passed = false;
    socket_full_ = false;
    while (!bytes_.empty()) {
        TV_ASSIGN(std::uint64_t end, sendable_end(now));
        if (end == sent_) break;
        std::array<int, limits::kMaxDescriptorsPerSend> fds;
        std::size_t count = 0;
        while (count < fds_.size() && fds_[count].start < end) {
            if (count == fds.size()) {
                // The descriptors that do not fit go with the message that they belong to. One message has
                // no more than fit into one send, so this always leaves something to send.
                end = fds_[count].start;
                while (count > 0 && fds_[count - 1].start == end) --count;
                break;
            }
            fds[count] = fds_[count].fd.get();
            ++count;
        }
        auto sent = transport.send(bytes_.bytes().first(end - sent_), std::span(fds).first(count));
        if (!sent) {
            if (sent.error().category != ErrorCategory::TryAgain) return std::unexpected(sent.error());
            socket_full_ = true;
            break;
        }
        bytes_.consume(*sent);
        sent_ += *sent;
        for (; count > 0; --count) fds_.pop();
        passed = pass_gates() || passed;
    }
    return passed;
}

std::int64_t RequestQueue::next_opening() const {
    return opened_ < gates_.size() ? gates_[opened_].not_before : 0;
}

mirror::Replica* RequestQueue::waiting_for() const {
    return opened_ < gates_.size() ? gates_[opened_].replica.get() : nullptr;
}

} // namespace tv::proxy
