#include "base/poll.h"

namespace tv {

int poll_descriptors(std::span<pollfd> asked, int timeout_ms) {
    return ::poll(asked.data(), static_cast<nfds_t>(asked.size()), timeout_ms);
}

} // namespace tv
