#include <algorithm>

#include "base/poll.h"

namespace tv {
namespace {

// How late a hang-up may be noticed. Only asked for while something is back-pressured, or a pipe idles.
constexpr int kAskAgainMs = 250;

bool silent(const pollfd& asked) {
    return asked.fd >= 0 && asked.events == 0;
}

} // namespace

// A descriptor that no events are asked of is not watched at all. It is asked for everything then, without
// waiting, and of the answer only the end counts.
int poll_descriptors(std::span<pollfd> asked, int timeout_ms) {
    const bool help = std::ranges::any_of(asked, silent);
    if (help) timeout_ms = timeout_ms < 0 ? kAskAgainMs : std::min(timeout_ms, kAskAgainMs);
    int found = ::poll(asked.data(), static_cast<nfds_t>(asked.size()), timeout_ms);
    if (!help || found < 0) return found;
    for (pollfd& one : asked) {
        if (!silent(one) || one.revents != 0) continue;
        pollfd again{one.fd, POLLIN | POLLOUT, 0};
        if (::poll(&again, 1, 0) <= 0) continue;
        one.revents = static_cast<short>(again.revents & (POLLHUP | POLLERR | POLLNVAL));
        if (one.revents != 0) ++found;
    }
    return found;
}

} // namespace tv
