// A remote side made by hand: speaks the channel the way a waypipe server does, with nothing hidden from the
// test.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "channel/compression.h"
#include "channel/header.h"
#include "channel/messages.h"
#include "wayland/interface.h"

namespace tv::test {

// One message of the channel as it arrived, frame word included.
struct ReceivedMessage {
    MessageType type{};
    std::vector<std::byte> bytes;
};

// One Wayland event. Arguments in the order of the signature: numbers (also of objects and new ids), and
// strings apart.
struct ReceivedEvent {
    std::uint32_t object = 0;
    std::string name; // "wl_surface.enter"; "?" when the object is unknown
    unsigned fds = 0; // the tag
    std::vector<Rid> rids;
    std::vector<std::uint32_t> numbers;
    std::vector<std::string> strings;
};

// The RID whose descriptor goes with a request.
struct FdOf {
    Rid rid;
};
using RequestArgument = std::variant<std::uint32_t, std::string, FdOf>;

// A file of the application's: what the remote side has made of it so far.
struct RemoteFile {
    Rid rid = 0;
    std::vector<std::byte> bytes;
};

// Single-threaded. Reads whenever it writes, so that neither side ever waits for the other for good.
class RawPeer {
public:
    using Milliseconds = std::chrono::milliseconds;

    // Sends the connection header.
    RawPeer(UniqueFd channel, unsigned version, CompressionKind compression = CompressionKind::None,
            VideoKind video = VideoKind::None);

    // --- the channel ---
    template <typename M>
    void send(const M& message) {
        std::vector<std::byte> bytes(encoded_size(message));
        encode(message, bytes);
        send_bytes(bytes);
    }
    void send_bytes(Bytes bytes);
    // No more from us.
    void finish_writing();
    // Closes the channel.
    void hang_up() { channel_.reset(); }
    [[nodiscard]] int fd() const { return channel_.get(); }

    // --- files ---
    [[nodiscard]] Rid new_rid() { return ++last_rid_; }
    [[nodiscard]] RemoteFile open_file(std::size_t size);
    void extend(RemoteFile& file, std::size_t size);
    // Makes the other side's copy of [offset, offset + bytes) what `bytes` says.
    void fill(RemoteFile& file, std::size_t offset, Bytes bytes);
    // The same as a diff of all that differs.
    void diff(RemoteFile& file, std::size_t offset, Bytes bytes);
    [[nodiscard]] std::vector<std::byte> compressed(Bytes bytes);
    [[nodiscard]] std::vector<std::byte> decompressed(Bytes bytes, std::size_t size);

    // --- Wayland ---
    // Sends a request by its name in the protocol; new ids are made up in its place. Returns the new id, 0 if
    // there is none. Objects and numbers are plain integers.
    std::uint32_t request(std::uint32_t object, std::string_view name,
                          std::initializer_list<RequestArgument> arguments = {});
    // wl_registry.bind of an announced global.
    std::uint32_t bind(const std::string& interface, std::uint32_t version);
    std::uint32_t bind_name(std::uint32_t name, const std::string& interface, std::uint32_t version);
    // Between these, requests gather for one Protocol message.
    void begin_batch() { batching_ = true; }
    void end_batch();
    // get_registry and a sync; false when no answer came.
    [[nodiscard]] bool read_registry();
    [[nodiscard]] std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>
    globals() const; // name, version
    // False when the other side does not answer a sync.
    [[nodiscard]] bool roundtrip(Milliseconds timeout = std::chrono::seconds(10));

    // A toplevel with its first configure acknowledged; needs the registry. 0 on failure.
    struct Window {
        std::uint32_t surface = 0, shell_surface = 0, toplevel = 0;
    };
    [[nodiscard]] Window open_window(const std::string& title = "window");
    std::uint32_t compositor = 0, shm = 0, shell = 0; // bound by open_window()

    // --- what came back ---
    // Called now and then while waiting, for whoever has to answer on the same thread.
    std::function<void()> idle;
    // Reads until the condition holds; false at the timeout or at the end of the stream.
    [[nodiscard]] bool wait(const std::function<bool()>& condition,
                            Milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] bool wait_for_event(std::string_view name, std::size_t count = 1,
                                      Milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] bool wait_for_end(Milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] std::size_t count(std::string_view event) const;
    [[nodiscard]] std::size_t count(MessageType type) const;
    // The nth event of that name, null when there is none.
    [[nodiscard]] const ReceivedEvent* event(std::string_view name, std::size_t nth = 0) const;
    // The contents of a display-side file, as opened, filled and diffed so far.
    [[nodiscard]] const std::vector<std::byte>* file(Rid rid) const;
    [[nodiscard]] std::string pipe_data(Rid rid) const;
    std::vector<ReceivedMessage> messages;
    std::vector<ReceivedEvent> events;
    bool ended = false; // end of the stream

private:
    void pump(int timeout_ms, bool want_to_write);
    void take_messages();
    void take_events(Bytes data);
    void take_event(std::uint32_t object, std::uint16_t opcode, unsigned tag, Bytes message);
    void send_requests();

    UniqueFd channel_;
    CompressionKind compression_;
    Compressor compressor_;
    Decompressor decompressor_;
    ByteQueue outgoing_;
    ByteQueue incoming_;
    Rid last_rid_ = 0;
    std::uint32_t last_id_ = 1;
    bool batching_ = false;
    std::vector<std::byte> requests_;
    std::vector<Rid> request_rids_;
    std::vector<Rid> event_rids_; // announced for the next Protocol message
    std::map<std::uint32_t, wayland::InterfaceId> objects_;
    std::map<Rid, std::vector<std::byte>> files_;
    std::map<Rid, std::string> pipes_;
};

} // namespace tv::test
