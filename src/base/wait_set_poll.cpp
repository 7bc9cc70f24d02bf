#include "base/poll.h"
#include "base/wait_set.h"

namespace tv {

class WaitSet::System {};

WaitSet::WaitSet(std::span<const int> /*lasting*/) {}
WaitSet::~WaitSet() = default;

int WaitSet::wait(std::span<pollfd> asked, std::int64_t now, std::int64_t until) {
    return poll_descriptors(asked, wait_milliseconds(now, until));
}

} // namespace tv
