/* host_waypipe: a channel that is closed at once, and a command line that cannot be served. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tunnelview/waypipe.h>

int main(int argc, char** argv) {
    struct sockaddr_un address;
    int channel[2];
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    char program[] = "waypipe", mode[] = "ssh", host[] = "nowhere";
    char* arguments[] = {program, mode, host, NULL};
    if (argc != 2) return 2;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    if (bind(listener, (const struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 4) != 0)
        return 3;
    if (setenv("WAYLAND_DISPLAY", argv[1], 1) != 0) return 4;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel) != 0) return 5;
    close(channel[1]);
    if (wwn_waypipe_client_fd(channel[0]) != 0) return 6;
    if (close(channel[0]) != 0) return 7; /* it was only borrowed */
    if (wwn_waypipe_client_fd(-1) != 1) return 8;
    return waypipe_main(3, arguments) == 1 ? 0 : 9;
}
