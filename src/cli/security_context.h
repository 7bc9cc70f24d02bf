// --secctx: a socket of the compositor's that gives what connects to it fewer rights (security-context-v1).
#pragma once

#include <string>

#include "cli/compositor.h"
#include "cli/unix_socket.h"

namespace tv::cli {

// As long as this lives the compositor accepts on path(). Ends with this process at the latest: the
// compositor watches the other end of a pipe.
class SecurityContext {
public:
    // Speaks to the compositor on a connection of its own, at most a few seconds for each answer.
    [[nodiscard]] static Outcome<SecurityContext> create(const CompositorPlace& place,
                                                         const WaylandEnvironment& environment,
                                                         const std::string& application_id);

    [[nodiscard]] const std::string& path() const { return listener_.path(); }

private:
    SecurityContext(UnixListener listener, UniqueFd keep_open)
        : listener_(std::move(listener)), keep_open_(std::move(keep_open)) {}

    UnixListener listener_;
    UniqueFd keep_open_;
};

} // namespace tv::cli
