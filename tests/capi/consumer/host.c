/* Begins and ends a receiver whose remote side is gone already. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tunnelview/tunnelview.h>

static int closed;
static void on_state(void* user, const tv_state_event* event) {
    (void)user;
    if (event->state == TV_STATE_CLOSED) closed = event->reason == TV_CLOSE_PEER;
}

int main(void) {
    int channel[2], display[2];
    tv_config config = TV_CONFIG_INIT;
    tv_callbacks callbacks = TV_CALLBACKS_INIT;
    tv_probe_info probe = TV_PROBE_INFO_INIT;
    tv_receiver receiver = NULL;
    if (tv_version() != TV_VERSION || tv_probe(&probe) != TV_OK || probe.converter[0] == 0) return 1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, display) != 0)
        return 2;
    config.channel_read_fd = channel[0];
    config.display_fd = display[0];
    callbacks.state = on_state;
    if (tv_receiver_create(&config, &callbacks, &receiver) != TV_OK) return 3;
    close(channel[1]);
    if (tv_receiver_run(receiver) != TV_OK || !closed) return 4;
    if (tv_receiver_destroy(receiver) != TV_OK) return 5;
    printf("%s\n", tv_version_string());
    return 0;
}
