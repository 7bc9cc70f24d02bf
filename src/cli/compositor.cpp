#include "cli/compositor.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/unix_socket.h"

namespace tv::cli {
namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

Outcome<UniqueFd> take_wayland_socket(const std::string& text) {
    int number = -1;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number < 0 || ::fcntl(number, F_GETFD) < 0)
        return failure(fmt::format(
            "WAYLAND_SOCKET is '{}', which is not an open descriptor; unset it to use WAYLAND_DISPLAY",
            text));
    auto copy = duplicate_fd(number);
    if (!copy) return failure(describe(copy.error()));
    ::close(number);
    return std::move(*copy);
}

} // namespace

WaylandEnvironment WaylandEnvironment::take() {
    WaylandEnvironment environment{variable("WAYLAND_SOCKET"), variable("WAYLAND_DISPLAY"),
                                   variable("XDG_RUNTIME_DIR")};
    ::unsetenv("WAYLAND_SOCKET");
    return environment;
}

Outcome<CompositorPlace> find_compositor(const WaylandEnvironment& environment) {
    CompositorPlace place;
    if (environment.socket) {
        TV_ASSIGN(place.connection, take_wayland_socket(*environment.socket));
        return place;
    }
    if (!environment.display)
        return failure("no Wayland display: WAYLAND_DISPLAY is not set; start tunnelview inside a Wayland "
                       "session, or set "
                       "it to the compositor's socket");
    if (environment.display->starts_with('/')) {
        place.path = *environment.display;
        return place;
    }
    if (!environment.runtime_dir)
        return failure(fmt::format(
            "no Wayland display: XDG_RUNTIME_DIR is not set, so '{}' cannot be found; set it to the folder "
            "of the compositor's socket",
            *environment.display));
    place.path = *environment.runtime_dir + "/" + *environment.display;
    return place;
}

Outcome<UniqueFd> connect_compositor(const std::string& path) {
    auto connection = connect_unix(path);
    if (connection) return std::move(*connection);
    return failure(fmt::format("cannot connect to the Wayland display '{}': {}; is the compositor running, "
                               "and WAYLAND_DISPLAY right?",
                               path, errno_text(connection.error().sys_errno)));
}

} // namespace tv::cli
