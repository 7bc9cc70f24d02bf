// The session's ends: the channel's descriptors and the compositor's socket. Neither blocks.
#pragma once

#include "base/socket.h"
#include "proxy/request_queue.h"
#include "session/channel_tap.h"

namespace tv {

// The channel: one socket both ways, or two descriptors that may also be pipes (--socket-fds).
class ChannelLink {
public:
    // `out` invalid: `in` serves both ways. `tap` may be null.
    ChannelLink(UniqueFd in, UniqueFd out, ChannelTap* tap = nullptr);

    // Call only after poll said readable: a pipe that was given to us may block. 0: end of stream.
    [[nodiscard]] Result<std::size_t> read(std::span<iovec> into);
    [[nodiscard]] Result<std::size_t> write(Bytes bytes);
    // The other end sees the end of the stream; reading goes on.
    void finish_writing();

    [[nodiscard]] int in() const { return in_.get(); }
    [[nodiscard]] int out() const { return out_.valid() ? out_.get() : in_.get(); }
    [[nodiscard]] bool one_descriptor() const { return !out_.valid(); }

private:
    [[nodiscard]] Result<std::size_t> read_some(std::span<iovec> into);
    [[nodiscard]] Result<std::size_t> write_some(Bytes bytes);
    void show(std::span<const iovec> read, std::size_t count) const;

    UniqueFd in_;
    UniqueFd out_;
    ChannelTap* tap_;
    bool in_is_socket_;
    bool out_is_socket_;
};

class CompositorLink final : public proxy::RequestTransport {
public:
    explicit CompositorLink(UniqueFd socket) : socket_(std::move(socket)) { prepare_socket(socket_.get()); }

    [[nodiscard]] Result<std::size_t> send(Bytes bytes, std::span<const int> fds) override {
        return send_some(socket_.get(), bytes, fds);
    }
    [[nodiscard]] Result<std::size_t> receive(ByteQueue& bytes, Fifo<UniqueFd>& fds);
    [[nodiscard]] int fd() const { return socket_.get(); }

private:
    UniqueFd socket_;
};

} // namespace tv
