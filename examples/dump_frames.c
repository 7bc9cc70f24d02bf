/* dump_frames SOCKET DISPLAY FOLDER: serves one remote application and writes every new picture of its video
 * windows into FOLDER as a PNG, the way a host would show it. SOCKET is listened on, DISPLAY the compositor's
 * socket. Linked with libtunnelview and libpng alone. */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tunnelview/tunnelview.h>

/* The receiver's thread: must not block, so it only says which surface is new. */
static void on_frame(void* user, const tv_frame_event* event) {
    const int* pipe_end = (const int*)user;
    if (event->video && write(*pipe_end, &event->surface_id, sizeof event->surface_id) < 0) perror("write");
}

static void on_state(void* user, const tv_state_event* event) {
    uint32_t end = 0; /* no surface has this number */
    if (event->state == TV_STATE_NAMED) fprintf(stderr, "\"%s\" (%s)\n", event->title, event->app_id);
    if (event->state != TV_STATE_CLOSED) return;
    fprintf(stderr, "closed: %s %s\n", tv_result_string(event->result), event->message);
    if (write(*(const int*)user, &end, sizeof end) < 0) perror("write");
}

static void on_log(void* user, tv_log_level level, const char* text) {
    (void)user;
    fprintf(stderr, "[%d] %s\n", (int)level, text);
}

static int dump(tv_frame frame, const char* folder, unsigned number) {
    tv_frame_info info = TV_FRAME_INFO_INIT;
    png_image image;
    char path[4096];
    unsigned char* pixels;
    size_t stride;
    int written;
    if (tv_frame_get_info(frame, &info) != TV_OK) return 0;
    stride = (size_t)info.crop_width * 4;
    pixels = (unsigned char*)malloc(stride * info.crop_height);
    if (pixels == NULL) return 0;
    written = tv_frame_copy_bgra(frame, pixels, stride * info.crop_height, stride) == TV_OK;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = info.crop_width;
    image.height = info.crop_height;
    image.format = PNG_FORMAT_BGRA;
    snprintf(path, sizeof path, "%s/frame-%04u.png", folder, number);
    written = written && png_image_write_to_file(&image, path, 0, pixels, 0, NULL);
    free(pixels);
    return written;
}

static int accept_channel(const char* path) {
    struct sockaddr_un address;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), channel;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (bind(listener, (const struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 1) != 0)
        return -1;
    channel = accept(listener, NULL, NULL);
    close(listener);
    unlink(path);
    return channel;
}

int main(int argc, char** argv) {
    tv_config config = TV_CONFIG_INIT;
    tv_callbacks callbacks = TV_CALLBACKS_INIT;
    tv_receiver receiver = NULL;
    tv_result result;
    uint32_t surface;
    unsigned count = 0;
    int ends[2];
    if (argc != 4 || pipe(ends) != 0) return 2;
    config.channel_read_fd = accept_channel(argv[1]);
    config.display_path = argv[2];
    config.frames = 1;
    callbacks.user = &ends[1];
    callbacks.frame = on_frame;
    callbacks.state = on_state;
    callbacks.log = on_log;
    result = tv_receiver_create(&config, &callbacks, &receiver);
    if (result == TV_OK) result = tv_receiver_start(receiver);
    if (result != TV_OK) return fprintf(stderr, "%s\n", tv_result_string(result)), 1;
    while (read(ends[0], &surface, sizeof surface) == (ssize_t)sizeof surface && surface != 0) {
        tv_frame_kind kind;
        tv_frame frame;
        if (tv_receiver_lookup(receiver, surface, &kind, &frame, NULL) != TV_OK || kind != TV_FRAME_VIDEO)
            continue;
        if (dump(frame, argv[3], count)) ++count;
        tv_frame_release(frame);
    }
    tv_receiver_destroy(receiver);
    printf("%u\n", count);
    return 0;
}
