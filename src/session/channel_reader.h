// From the channel's bytes to whole messages, and uncompressed diffs straight into their files.
#pragma once

#include <functional>
#include <optional>

#include "base/byte_queue.h"
#include "channel/messages.h"
#include "mirror/diff.h"
#include "proxy/proxy.h"
#include "session/channel_link.h"

namespace tv {

// The poll thread's.
class ChannelReader {
public:
    ChannelReader(ChannelLink& link, proxy::Proxy& proxy) : link_(link), proxy_(proxy) {}

    // One read, and all messages that it completes. `before_update` is called ahead of a fill or diff: a
    // chance to forward what keeps it from going straight into its file. `now`: Clock::steady(). False at the
    // end of the stream.
    [[nodiscard]] Result<bool> read(std::int64_t now, const std::function<Status()>& before_update);

    // Some of what was read has not been looked at, because the proxy was congested.
    [[nodiscard]] bool held_back() const { return held_back_; }
    // Goes on with it, until the proxy is congested again.
    [[nodiscard]] Status resume(std::int64_t now, const std::function<Status()>& before_update);

    // So far.
    [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
    [[nodiscard]] bool header_read() const { return started_; }
    [[nodiscard]] const ConnectionHeader& header() const { return header_; }

private:
    // A diff whose data is not compressed, or could not be, on its way from the socket into its file.
    struct Direct {
        std::shared_ptr<mirror::Replica> file;
        DiffCursor cursor;
        std::size_t padding = 0;
        FrameWord frame;
    };

    [[nodiscard]] Result<std::size_t> fill_buffer();
    [[nodiscard]] Result<std::size_t> fill_direct(const DiffCursor::Step& step);
    [[nodiscard]] Result<std::size_t> receive();
    [[nodiscard]] Status process(std::int64_t now, const std::function<Status()>& before_update);
    [[nodiscard]] Result<bool> process_message(std::int64_t now,
                                               const std::function<Status()>& before_update);
    [[nodiscard]] Result<std::optional<std::size_t>> plain_data(const FrameWord& frame);
    [[nodiscard]] Result<bool> begin_direct(const FrameWord& frame, std::size_t prefix);
    [[nodiscard]] Result<bool> continue_direct(std::int64_t now);

    ChannelLink& link_;
    proxy::Proxy& proxy_;
    ByteQueue buffer_;
    std::optional<Direct> direct_;
    std::uint64_t bytes_read_ = 0;
    std::int64_t last_read_ = 0; // Clock::steady()
    std::int64_t begun_ = 0;     // the read that brought the first byte of the message at the front
    bool started_ = false;
    ConnectionHeader header_; // once it is read
    bool held_back_ = false;
    bool plain_ = false; // data has lately come as it is: what is read ahead of it has to be copied again
};

} // namespace tv
