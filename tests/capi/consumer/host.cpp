// The same with the C++ wrapper, and a stop.
#include <sys/socket.h>
#include <unistd.h>

#include <tunnelview/tunnelview.hpp>

int main() {
    int channel[2], display[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, display) != 0)
        return 1;
    tv_config config = TV_CONFIG_INIT;
    config.channel_read_fd = channel[0];
    config.display_fd = display[0];
    bool stopped = false;
    tunnelview::Callbacks callbacks;
    callbacks.state = [&stopped](const tv_state_event& event) {
        stopped = event.state == TV_STATE_CLOSED && event.reason == TV_CLOSE_HOST;
    };
    auto [result, made] = tunnelview::Receiver::create(config, callbacks);
    if (result != TV_OK) return 2;
    tunnelview::Receiver receiver = std::move(made);
    if (receiver.start() != TV_OK || receiver.stop() != TV_OK || !stopped) return 3;
    if (receiver.lookup(1).result != TV_ERROR_STATE) return 4;
    if (tunnelview::TextureMaker::create(nullptr).second) return 6;
    if (tunnelview::TextureMaker().make(tunnelview::Frame()).second) return 7;
    config.channel_read_fd = -1;
    auto [refused, none] = tunnelview::Receiver::create(config);
    return refused == TV_ERROR_ARGUMENT && !none ? 0 : 5;
}
