// waypipe_main() and wwn_waypipe_client_fd(): what hosts called that had waypipe linked in.
#include "tunnelview/waypipe.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "cli/compositor.h"
#include "cli/options.h"
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
Outcome<std::string> display_path() {
    TV_ASSIGN(CompositorPlace place,
              find_compositor({std::nullopt, variable("WAYLAND_DISPLAY"), variable("XDG_RUNTIME_DIR")}));
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

// Each accepted channel in a thread of the library's.
int listen_and_serve(const Options& options, const std::string& display) {
    auto listener = UnixListener::bind(options.socket.value_or(kDefaultClientSocket), kBacklog);
    if (!listener) return give_up(listener.error().message);
    std::vector<tv_receiver> receivers;
    while (true) {
        pollfd ask{listener->fd(), POLLIN, 0};
        (void)::poll(&ask, 1, kReapMilliseconds);
        std::erase_if(receivers, [](tv_receiver receiver) {
            if (tv_receiver_wait(receiver, 0) == TV_ERROR_TIMEOUT) return false;
            (void)tv_receiver_destroy(receiver);
            return true;
        });
        if (ask.revents == 0) continue;
        const UniqueFd channel = UniqueFd::adopt(::accept(listener->fd(), nullptr, nullptr));
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
    const auto display = display_path();
    if (!display) return give_up(display.error().message);
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
