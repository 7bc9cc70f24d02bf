// Plays the sender's side of a recording into a receiver.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "replay/conversation.h"
#include "replay/recording.h"
#include "replay/sender_end.h"

namespace tv::replay {

struct PlayOptions {
    double speed = 1;                      // times the recorded speed; 0: without waiting for times
    std::int64_t patience = 2'000'000'000; // nanoseconds, for each thing that is waited for
    PlayObserver* observer = nullptr;      // outlives the player
    const Clock* clock = nullptr;          // null: system_clock()
    Log log;                               // gets a warning for each wait that runs out
};

struct PlayReport {
    std::uint64_t messages = 0; // sent
    std::uint64_t bytes = 0;    // taken by the receiver
    std::int64_t nanoseconds = 0;
    unsigned waits_run_out = 0;
    bool cut_off = false;               // the recording lacks its end
    std::optional<std::string> refusal; // why the receiver ended the connection before we did
};

// Single-threaded: play() returns when the receiver has closed the channel, or has had time to.
class Player final : private ConversationEnd {
public:
    // `channel`: a connected stream socket, the receiver at its other end.
    Player(UniqueFd channel, PlayOptions options);

    // Fails when the recording cannot be read or holds what is no channel. Call once.
    [[nodiscard]] Result<PlayReport> play(RecordingReader& recording);

private:
    void send_requests(Bytes requests, std::span<const Rid> rids) override;
    bool wait_for(const std::string& what, const std::function<bool()>& condition) override;

    [[nodiscard]] Status play_records(RecordingReader& recording);
    [[nodiscard]] Status recorded_answers(Bytes bytes);
    [[nodiscard]] Status play_messages(std::int64_t time);
    [[nodiscard]] Status message(MessageType type, Bytes message, Bytes padded);
    void pass(MessageType type, Bytes message, Bytes padded);
    void leave_out(Rid rid);
    void close();
    void wait_until(std::int64_t time);
    void drain(std::size_t most);
    // Lets things come and go; what fails then ends the channel.
    void pump(std::int64_t nanoseconds);
    void received(MessageType type, Bytes message);
    [[nodiscard]] bool over() const { return end_.ended() || failed_; }

    const PlayOptions options_;
    const Clock& clock_;
    SenderEnd end_;
    Conversation conversation_;
    ByteQueue recorded_;         // of the sender, not yet played
    ByteQueue recorded_answers_; // of the receiver of back then, not yet looked at
    std::vector<Rid> injected_;
    std::set<Rid> left_out_;            // contents that today's receiver does not take
    std::optional<std::int64_t> start_; // when the recording's first byte was played, less its time
    bool header_sent_ = false;
    bool closed_ = false; // the recording closes the channel
    std::optional<Error> failed_;
    PlayReport report_;
};

} // namespace tv::replay
