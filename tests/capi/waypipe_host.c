/* waypipe_host ARGUMENT...: a host that had waypipe linked in. With `fd N` it serves that descriptor, which
 * it closes itself, else it is waypipe. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tunnelview/waypipe.h"

int main(int argc, char** argv) {
    if (argc == 3 && strcmp(argv[1], "fd") == 0) {
        const int fd = atoi(argv[2]);
        const int status = wwn_waypipe_client_fd(fd);
        return close(fd) == 0 ? status : 9; /* it was only borrowed */
    }
    return waypipe_main(argc, argv);
}
