// A Wayland connection of our own, for a handful of requests: probing the compositor, a security context.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "wayland/message.h"

namespace tv::wayland {

// Blocks, but never longer than its time limit. Not thread-safe.
class Client {
public:
    // `timeout_ms` is for each wait. The socket is connected; its flags stay as they are.
    Client(UniqueFd socket, int timeout_ms) : socket_(std::move(socket)), timeout_ms_(timeout_ms) {}

    // Ids from 2 on, in order.
    [[nodiscard]] std::uint32_t new_id() { return ++last_id_; }
    // The request is complete when the builder is gone.
    [[nodiscard]] MessageBuilder request(std::uint32_t object, std::uint16_t opcode) {
        return {out_, object, opcode};
    }
    // Goes with the next flush; borrowed until then.
    void attach_fd(int fd) { fds_.push_back(fd); }
    [[nodiscard]] Status flush();

    struct Event {
        Header header;
        Bytes message; // with its header; lives until the next call
        [[nodiscard]] ArgumentReader arguments() const { return ArgumentReader(message); }
    };
    // Flushes, then waits for the next event. wl_display.error becomes an error (its text is in
    // refusal()); descriptors that come along are closed.
    [[nodiscard]] Result<Event> next();
    [[nodiscard]] const std::string& refusal() const { return refusal_; }

    // Hands events to `handle` until the compositor has answered everything that was asked before.
    template <typename Handler>
    [[nodiscard]] Status until_synced(Handler&& handle) {
        const std::uint32_t callback = new_id();
        request(kDisplayId, request_opcode(InterfaceId::wl_display, "sync")).u(callback);
        while (true) {
            TV_ASSIGN(Event event, next());
            if (event.header.object == callback) return {};
            handle(event);
        }
    }

private:
    [[nodiscard]] Status wait(short events);

    UniqueFd socket_;
    int timeout_ms_;
    ByteQueue in_;
    ByteQueue out_;
    std::vector<int> fds_;
    std::size_t consumed_ = 0; // of in_, the event handed out last
    std::uint32_t last_id_ = kDisplayId;
    std::string refusal_;
};

} // namespace tv::wayland
