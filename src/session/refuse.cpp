#include "session/refuse.h"

#include <array>

#include <poll.h>

#include "channel/header.h"
#include "proxy/channel_queue.h"
#include "session/channel_link.h"

namespace tv {
namespace {

constexpr int kWaitMs = 1'000; // a remote side that is there has sent its header by then

bool wait(int fd, short events) {
    pollfd ask{fd, events, 0};
    return ::poll(&ask, 1, kWaitMs) == 1;
}

// False: there is nobody to be told.
bool read_header(ChannelLink& channel, std::span<std::byte, kConnectionHeaderSize> header) {
    std::size_t have = 0;
    while (have < header.size()) {
        iovec rest{header.data() + have, header.size() - have};
        if (!wait(channel.in(), POLLIN)) return false;
        auto count = channel.read(std::span(&rest, 1));
        if (count && *count == 0) return false;
        if (!count && count.error().category != ErrorCategory::TryAgain) return false;
        have += count.value_or(0);
    }
    return true;
}

} // namespace

void refuse_connection(SessionEndpoints endpoints, const std::string& reason) {
    ChannelLink channel(std::move(endpoints.channel_in), std::move(endpoints.channel_out));
    std::array<std::byte, kConnectionHeaderSize> bytes{};
    if (!read_header(channel, bytes)) return;
    auto header = parse_connection_header(bytes);
    if (!header) return;
    proxy::ChannelQueue queue;
    queue.start(std::min(header->version, kMaxWireVersion), header->compression);
    queue.send_error(reason);
    while (queue.size() != 0 && wait(channel.out(), POLLOUT)) {
        auto count = channel.write(queue.ready());
        if (!count && count.error().category != ErrorCategory::TryAgain) return;
        queue.written(count.value_or(0));
    }
    channel.finish_writing();
    // Closing with unread data would take the explanation back.
    std::array<std::byte, 4096> dropped;
    iovec part{dropped.data(), dropped.size()};
    for (int turn = 0; turn < 100 && wait(channel.in(), POLLIN); ++turn) {
        auto count = channel.read(std::span(&part, 1));
        if (!count || *count == 0) return;
    }
}

} // namespace tv
