/* Two symbols for hosts that had waypipe linked in. In an archive of their own, libtunnelview-waypipe.a, so
 * that nobody else gets them; on top of tunnelview.h, which new hosts should use instead: these two can
 * neither be stopped nor say what is wrong otherwise than on standard error, and they read WAYLAND_DISPLAY
 * and XDG_RUNTIME_DIR. */
#ifndef TUNNELVIEW_WAYPIPE_H
#define TUNNELVIEW_WAYPIPE_H

#ifdef __cplusplus
extern "C" {
#endif

/* waypipe's command line, mode `client`: with --socket-fds R,W (borrowed) the one channel; else it listens,
 * and serves each channel in a thread of this process, for as long as the process lives; with --oneshot one.
 * Returns an exit status when that has ended. With --secctx all of them get that security context. Refused
 * with 1: `ssh`, which needs processes, --vsock, --stats and --record, and paths that do not fit into a
 * socket's address. WAYLAND_SOCKET is left alone. */
int waypipe_main(int argc, char** argv);

/* Serves one connected channel, which is borrowed: the caller closes it. Blocks until the connection has
 * ended; to end it from here, shut the descriptor down. 0, or 1 after an error. Any number of threads at
 * once. */
int wwn_waypipe_client_fd(int fd);

#ifdef __cplusplus
}
#endif

#endif
