// waypipe_main() and wwn_waypipe_client_fd(): what hosts called that had waypipe linked in.
#include "tunnelview/waypipe.h"

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "cli/compositor.h"
#include "cli/options.h"
#include "cli/security_context.h"
#include "cli/tell.h"
#include "cli/unix_socket.h"
#include "tunnelview/tunnelview.h"

namespace {

using namespace tv;
using namespace tv::cli;

constexpr int kBacklog = 16;
constexpr int kReapMilliseconds = 1000;

int give_up(const std::string& why) {
    tell(why);
    return 1;
}

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

// WAYLAND_SOCKET is the host's own.
WaylandEnvironment environment() {
    return {std::nullopt, variable("WAYLAND_DISPLAY"), variable("XDG_RUNTIME_DIR")};
}

Outcome<std::string> display_path() {
    TV_ASSIGN(CompositorPlace place, find_compositor(environment()));
    return place.path;
}

struct Channel {
    int read = -1;
    int write = -1;
};

tv_surface_policy surface_policy(StoreWish wish) {
    switch (wish) {
    case StoreWish::Shm:
        return TV_SURFACES_OFF;
    case StoreWish::IOSurface:
        return TV_SURFACES_ON;
    case StoreWish::Auto:
        break;
    }
    return TV_SURFACES_AUTO;
}

// Null after an error, which has been told.
tv_receiver make_receiver(const Options& options, const std::string& display, Channel channel) {
    tv_config config = TV_CONFIG_INIT;
    config.channel_read_fd = channel.read;
    config.channel_write_fd = channel.write;
    config.display_path = display.c_str();
    config.same_process = 1; // who has these linked in is the compositor
    config.surfaces = surface_policy(options.store);
    config.threads = options.threads;
    config.offer_gpu = options.no_gpu ? 0 : 1;
    config.title_prefix = options.title_prefix.c_str();
    config.log_level = options.debug ? TV_LOG_DEBUG : TV_LOG_WARNING;
    if (options.video.decoder == VideoEngine::Software) config.video = TV_VIDEO_SOFTWARE;
    tv_callbacks callbacks = TV_CALLBACKS_INIT;
    callbacks.log = [](void*, tv_log_level, const char* text) { tell(text); };
    tv_receiver receiver = nullptr;
    const tv_result result = tv_receiver_create(&config, &callbacks, &receiver);
    if (result != TV_OK) tell(fmt::format("cannot serve a connection: {}", tv_result_string(result)));
    return receiver;
}

int serve(const Options& options, const std::string& display, Channel channel) {
    tv_receiver receiver = make_receiver(options, display, channel);
    if (receiver == nullptr) return 1;
    const tv_result result = tv_receiver_run(receiver);
    if (result != TV_OK) tell(fmt::format("a connection was ended: {}", tv_result_string(result)));
    (void)tv_receiver_destroy(receiver);
    return result == TV_OK ? 0 : 1;
}

// Those that have ended are destroyed.
void reap(std::vector<tv_receiver>& receivers) {
    std::erase_if(receivers, [](tv_receiver receiver) {
        if (tv_receiver_wait(receiver, 0) == TV_ERROR_TIMEOUT) return false;
        (void)tv_receiver_destroy(receiver);
        return true;
    });
}

// Invalid: nobody has connected for a while, or there is no descriptor to be had, which the end of another
// connection changes.
UniqueFd accept_channel(int listener) {
    pollfd ask{listener, POLLIN, 0};
    if (::poll(&ask, 1, kReapMilliseconds) != 1) return {};
    UniqueFd channel = UniqueFd::adopt(::accept(listener, nullptr, nullptr));
    if (channel.valid()) (void)::fcntl(channel.get(), F_SETFD, FD_CLOEXEC);
    const bool gone = errno == ECONNABORTED || errno == EINTR || errno == EAGAIN;
    if (!channel.valid() && !gone) {
        tell(fmt::format("cannot accept a connection: {}", errno_text(errno)));
        (void)::poll(nullptr, 0, kReapMilliseconds); // it waits in the queue, and poll() would return at once
    }
    return channel;
}

// Each accepted channel in a thread of the library's.
int listen_and_serve(const Options& options, const std::string& display) {
    const std::string path = options.socket.value_or(kDefaultClientSocket);
    // Reaching one would change the host's working directory for a moment.
    if (path.size() > max_socket_path()) return give_up("the socket's path is too long: " + path);
    auto listener = UnixListener::bind(path, kBacklog);
    if (!listener) return give_up(listener.error().message);
    std::vector<tv_receiver> receivers;
    while (true) {
        const UniqueFd channel = accept_channel(listener->fd());
        reap(receivers);
        if (!channel.valid()) continue;
        if (options.oneshot) {
            listener->close();
            return serve(options, display, {channel.get(), -1});
        }
        tv_receiver receiver = make_receiver(options, display, {channel.get(), -1});
        if (receiver == nullptr) continue;
        if (tv_receiver_start(receiver) == TV_OK)
            receivers.push_back(receiver);
        else
            (void)tv_receiver_destroy(receiver);
    }
}

int run_client(const std::vector<std::string>& arguments) {
    auto options = parse_options(arguments);
    if (!options) return give_up(options.error().message);
    if (options->mode == Mode::Help || options->mode == Mode::Version)
        return print_out(options->mode == Mode::Help ? help_text() : version_text()) ? 0 : 1;
    if (options->mode != Mode::Client || options->vsock)
        return give_up("inside another program only `client` works, on a Unix socket or with --socket-fds");
    if (options->stats || options->record)
        return give_up("inside another program there is neither --stats nor --record: see tunnelview.h");
    auto display = display_path();
    if (!display) return give_up(display.error().message);
    std::optional<SecurityContext> context; // as long as anybody is served
    if (options->security_context) {
        auto made = SecurityContext::create({*display, {}}, environment(), *options->security_context);
        if (!made) return give_up(made.error().message);
        display = context.emplace(std::move(*made)).path();
    }
    if (options->socket_fds)
        return serve(*options, *display, {options->socket_fds->read, options->socket_fds->write});
    return listen_and_serve(*options, *display);
}

} // namespace

extern "C" {

__attribute__((visibility("default"))) int waypipe_main(int argc, char** argv) {
    try {
        return run_client(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
    } catch (...) {
        return 1;
    }
}

__attribute__((visibility("default"))) int wwn_waypipe_client_fd(int fd) {
    try {
        const auto display = display_path();
        if (!display) return give_up(display.error().message);
        return serve({}, *display, {fd, -1});
    } catch (...) {
        return 1;
    }
}

} // extern "C"
