#include "replay/player.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "channel/header.h"

namespace tv::replay {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kMicrosecond = 1'000;

// After so many waits that ran out, this compositor is one that does not say such things: no more than
// kShortPatience for each from then on.
constexpr unsigned kLongWaits = 5;
constexpr std::int64_t kShortPatience = 100 * kMillisecond;
// A receiver that takes nothing for so long is stuck.
constexpr std::int64_t kStuck = 30'000 * kMillisecond;
// Bytes on their way to the receiver before the next message is looked at.
constexpr std::size_t kAhead = 1 * limits::kMiB;

} // namespace

Player::Player(UniqueFd channel, PlayOptions options)
    : options_(std::move(options)), clock_(options_.clock != nullptr ? *options_.clock : system_clock()),
      end_(std::move(channel)), conversation_(*this, options_.observer) {}

Result<PlayReport> Player::play(RecordingReader& recording) {
    const std::int64_t begin = clock_.steady();
    TV_TRY(play_records(recording));
    if (header_sent_ && !over()) conversation_.settle();
    if (over() && !failed_) report_.refusal = "it closed the channel";
    if (header_sent_ && !over()) close();
    if (failed_) return std::unexpected(*failed_);
    if (conversation_.refusal()) report_.refusal = conversation_.refusal();
    report_.bytes = end_.sent();
    report_.nanoseconds = clock_.steady() - begin;
    report_.cut_off = recording.cut_off();
    return report_;
}

Status Player::play_records(RecordingReader& recording) {
    while (!over() && !conversation_.closed()) {
        TV_ASSIGN(const auto record, recording.next());
        if (!record) break;
        if (closed_) continue; // the rest only tells whether it is whole
        if (record->direction == ChannelDirection::ToApplication) {
            TV_TRY(recorded_answers(record->bytes));
        } else {
            recorded_.append(record->bytes);
            TV_TRY(play_messages(record->time * kMicrosecond));
        }
    }
    return {};
}

// --- the recording
// -------------------------------------------------------------------------------------------

Status Player::recorded_answers(Bytes bytes) {
    recorded_answers_.append(bytes);
    while (recorded_answers_.size() >= kFrameWordSize) {
        TV_ASSIGN(FrameWord frame, peek_frame(recorded_answers_.bytes()));
        if (recorded_answers_.size() < frame.padded_size()) break;
        const Bytes message = recorded_answers_.bytes().first(frame.size);
        if (frame.type == MessageType::Protocol)
            conversation_.recorded_events(message.subspan(msg::Protocol::kHeadSize));
        if (frame.type == MessageType::OpenIRPipe || frame.type == MessageType::OpenIWPipe ||
            frame.type == MessageType::OpenRWPipe)
            conversation_.recorded_pipe(load_i32(message, kFrameWordSize));
        recorded_answers_.consume(frame.padded_size());
    }
    return {};
}

Status Player::play_messages(std::int64_t time) {
    if (!header_sent_) {
        if (recorded_.size() < kConnectionHeaderSize) return {};
        wait_until(time);
        end_.append(recorded_.bytes().first(kConnectionHeaderSize));
        recorded_.consume(kConnectionHeaderSize);
        header_sent_ = true;
    }
    while (recorded_.size() >= kFrameWordSize && !over() && !closed_ && !conversation_.closed()) {
        TV_ASSIGN(FrameWord frame, peek_frame(recorded_.bytes()));
        if (recorded_.size() < frame.padded_size()) break;
        wait_until(time);
        TV_TRY(message(frame.type, recorded_.bytes().first(frame.size),
                       recorded_.bytes().first(frame.padded_size())));
        recorded_.consume(frame.padded_size());
        drain(kAhead);
    }
    return {};
}

Status Player::message(MessageType type, Bytes message, Bytes padded) {
    switch (type) {
    case MessageType::Protocol:
        conversation_.recorded_requests(message.subspan(msg::Protocol::kHeadSize),
                                        std::exchange(injected_, {}));
        conversation_.flush();
        break;
    case MessageType::InjectRids: {
        TV_ASSIGN(auto inject, decode<msg::InjectRids>(message));
        for (std::size_t index = 0; index < inject.count(); ++index) injected_.push_back(inject[index]);
        break;
    }
    case MessageType::BufferFill:
    case MessageType::BufferDiff:
    case MessageType::SendDmavidPacket:
        conversation_.before_update(load_i32(message, kFrameWordSize));
        pass(type, message, padded);
        break;
    case MessageType::OpenDmabuf:
    case MessageType::OpenDmavidSrc:
    case MessageType::OpenDmavidDst:
    case MessageType::OpenDmavidSrcV2:
    case MessageType::OpenDmavidDstV2:
        if (!conversation_.offers("zwp_linux_dmabuf_v1")) leave_out(load_i32(message, kFrameWordSize));
        pass(type, message, padded);
        break;
    case MessageType::PipeTransfer:
    case MessageType::PipeShutdownR:
    case MessageType::PipeShutdownW:
        pass(type, message, padded);
        break;
    // These speak of messages that are not today's.
    case MessageType::AckNblocks:
    case MessageType::Restart:
        break;
    case MessageType::Close:
        closed_ = true;
        break;
    default:
        pass(type, message, padded);
    }
    return {};
}

// As it is, but for a RID of the display side's.
void Player::pass(MessageType type, Bytes message, Bytes padded) {
    const Rid recorded = load_i32(message, kFrameWordSize);
    if (left_out_.contains(recorded)) return;
    const auto rid = conversation_.rid_today(recorded);
    if (!rid) return;
    conversation_.flush();
    if (options_.observer != nullptr) {
        drain(0);
        options_.observer->message(type, message);
    }
    if (*rid == recorded) {
        end_.append(padded);
    } else {
        end_.append(padded.first(kFrameWordSize));
        std::array<std::byte, sizeof(Rid)> renamed{};
        store_u32(renamed, 0, static_cast<std::uint32_t>(*rid));
        end_.append(renamed);
        end_.append(padded.subspan(kFrameWordSize + sizeof(Rid)));
    }
    ++report_.messages;
}

// A receiver that offers no dmabufs ends the connection of a sender that has some.
void Player::leave_out(Rid rid) {
    if (left_out_.empty())
        options_.log.warning("no dmabufs are offered today: windows that were drawn into them are not shown");
    left_out_.insert(rid);
}

void Player::close() {
    if (options_.observer != nullptr) {
        drain(0);
        options_.observer->closing();
    }
    end_.send(msg::Close{0});
    ++report_.messages;
    drain(kAhead);
    const std::int64_t deadline = clock_.steady() + kStuck;
    while (!over() && clock_.steady() < deadline) pump(deadline - clock_.steady());
}

// --- time
// ----------------------------------------------------------------------------------------------------

void Player::wait_until(std::int64_t time) {
    if (options_.speed == 0) return;
    time = static_cast<std::int64_t>(static_cast<double>(time) / options_.speed);
    if (!start_) start_ = clock_.steady() - time;
    while (!over() && !conversation_.closed()) {
        const std::int64_t left = *start_ + time - clock_.steady();
        if (left <= 0) return;
        if (left >= kMillisecond)
            pump(left);
        else
            std::this_thread::sleep_for(std::chrono::nanoseconds(left));
    }
}

bool Player::wait_for(const std::string& what, const std::function<bool()>& condition) {
    conversation_.flush();
    const bool short_of_it = report_.waits_run_out >= kLongWaits;
    const std::int64_t patience =
        short_of_it ? std::min(options_.patience, kShortPatience) : options_.patience;
    const std::int64_t deadline = clock_.steady() + patience;
    while (!condition()) {
        if (over()) return false;
        const std::int64_t left = deadline - clock_.steady();
        if (left <= 0) {
            ++report_.waits_run_out;
            options_.log.warning("waited {} ms for {} in vain", patience / kMillisecond, what);
            return false;
        }
        pump(left);
    }
    return true;
}

// Until no more than so many bytes are queued.
void Player::drain(std::size_t most) {
    pump(0);
    std::int64_t deadline = clock_.steady() + kStuck;
    while (end_.queued() > most && !over()) {
        const std::uint64_t before = end_.sent();
        pump(kStuck);
        const std::int64_t now = clock_.steady();
        if (end_.sent() != before) deadline = now + kStuck;
        if (now < deadline) continue;
        failed_ = Error{ErrorCategory::Closed, "the receiver has stopped taking anything"};
    }
}

void Player::pump(std::int64_t nanoseconds) {
    const auto milliseconds = static_cast<int>(std::clamp<std::int64_t>(nanoseconds / kMillisecond, 0, 1000));
    const auto status =
        end_.pump(milliseconds, [this](MessageType type, Bytes message) { received(type, message); });
    if (!status) failed_ = status.error();
    conversation_.flush(); // answers to pings
}

// --- today's receiver
// ----------------------------------------------------------------------------------------

void Player::received(MessageType type, Bytes message) {
    switch (type) {
    case MessageType::Protocol:
        conversation_.events(message.subspan(msg::Protocol::kHeadSize));
        break;
    case MessageType::OpenIRPipe:
    case MessageType::OpenIWPipe:
    case MessageType::OpenRWPipe:
        conversation_.pipe(load_i32(message, kFrameWordSize));
        break;
    default: // contents and acknowledgements: nobody here needs them
        break;
    }
}

void Player::send_requests(Bytes requests, std::span<const Rid> rids) {
    if (!rids.empty()) {
        std::vector<std::byte> packed(rids.size() * sizeof(Rid));
        for (std::size_t index = 0; index < rids.size(); ++index)
            store_u32(packed, index * sizeof(Rid), static_cast<std::uint32_t>(rids[index]));
        end_.send(msg::InjectRids{packed});
        ++report_.messages;
    }
    end_.send(msg::Protocol{requests});
    ++report_.messages;
}

} // namespace tv::replay
