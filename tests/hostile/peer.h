// The remote end of a channel, played byte by byte: what a waypipe server sends, and what none ever would.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "channel/header.h"
#include "channel/messages.h"
#include "words.h"

namespace tv::test {

using namespace std::chrono_literals;

// Longer than anything takes on a busy machine under a sanitizer; only failures wait for it.
inline constexpr std::chrono::milliseconds kPatience = 30s;

// The first ids that a well-behaved application takes; open_desktop() makes them.
inline constexpr std::uint32_t kDisplay = 1;
inline constexpr std::uint32_t kRegistry = 2;
inline constexpr std::uint32_t kCompositor = 3;
inline constexpr std::uint32_t kShm = 4;
inline constexpr std::uint32_t kFirstFree = 5;

struct Event {
    std::uint32_t object = 0;
    unsigned opcode = 0;
    unsigned fds = 0;
    ByteVector arguments;
};

struct Global {
    std::uint32_t name = 0;
    std::string interface;
    std::uint32_t version = 0;
};

// Not thread-safe. Sending blocks until all is sent or the other end is gone, and reads meanwhile what the
// other end says, so that the two never wait for each other.
class Peer {
public:
    explicit Peer(UniqueFd socket) : socket_(std::move(socket)) {}

    // Called again and again while something is waited for: the other actors of a test on the same thread.
    std::function<void()> meanwhile;

    // --- sending; false: the other end takes nothing any more ---
    bool raw(Bytes bytes);
    // How much is taken until nothing more is for the given time. Nothing is read meanwhile.
    std::size_t push(Bytes bytes, std::chrono::milliseconds patience);
    bool header(CompressionKind compression = CompressionKind::None, unsigned version = 17);
    template <typename M>
    bool send(const M& message) {
        ByteVector bytes(encoded_size(message));
        encode(message, bytes);
        return raw(bytes);
    }
    // One Protocol message with these Wayland messages.
    bool protocol(const ByteVector& messages) { return send(msg::Protocol{messages}); }
    bool inject(std::initializer_list<Rid> rids);
    // OpenFile, InjectRIDs and wl_shm.create_pool of the whole file.
    bool pool(std::uint32_t id, Rid rid, std::uint32_t size);
    // The frame word alone, whatever it claims.
    bool frame_word(std::uint32_t size, unsigned type);

    // get_registry, and binds of wl_compositor and wl_shm under the ids above. False: they were not offered.
    bool open_desktop();
    // wl_display.sync and its answer: everything before it was taken by the compositor. The id is free again
    // then.
    bool round_trip(std::uint32_t id);
    // Binds a global by its interface. 0: not offered, or else the version bound.
    std::uint32_t bind(const std::string& interface, std::uint32_t id, std::uint32_t version = ~0u);

    // --- receiving ---
    // Reads until the condition holds; false at the end of the stream or after the time.
    bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds time = kPatience);
    // wl_display.error's text, with a Close behind it.
    [[nodiscard]] std::optional<std::string> wait_for_refusal(std::chrono::milliseconds time = kPatience);
    // Everything is read until the other end closes.
    bool wait_for_end(std::chrono::milliseconds time = kPatience);
    void close() { socket_.reset(); }
    void stop_sending();

    [[nodiscard]] const std::vector<Event>& events() const { return events_; }
    [[nodiscard]] const std::vector<Global>& globals() const { return globals_; }
    [[nodiscard]] const std::optional<std::string>& error() const { return error_; }
    [[nodiscard]] bool closed() const { return close_message_; }
    [[nodiscard]] bool ended() const { return end_; }
    [[nodiscard]] std::size_t messages_seen(MessageType type) const {
        return seen_[static_cast<std::size_t>(type)];
    }
    [[nodiscard]] std::size_t pipe_bytes_seen() const { return pipe_bytes_; }
    [[nodiscard]] int fd() const { return socket_.get(); }

private:
    // Takes what has come. False at the end of the stream.
    bool receive();
    void take_messages();
    void take_events(Bytes messages);
    void take_event(Event event);

    UniqueFd socket_;
    ByteQueue incoming_;
    std::vector<Event> events_;
    std::vector<Global> globals_;
    std::optional<std::string> error_;
    std::array<std::size_t, kMessageTypeCount> seen_{};
    std::size_t pipe_bytes_ = 0;
    bool close_message_ = false;
    bool end_ = false;
};

} // namespace tv::test
