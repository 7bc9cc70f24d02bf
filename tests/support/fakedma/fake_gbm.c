// LD_PRELOAD library for test beds, beside fake_dma.c: the part of libgbm that waypipe 0.8 and 0.9 use, with
// linear buffers in memfds. Not for programs that need the true libgbm.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// What libgbm's ABI says (gbm.h is not needed to build this).
#define IMPORT_FD 0x5503
#define IMPORT_FD_MODIFIER 0x5504
#define MAX_PLANES 4
#define MODIFIER_LINEAR 0

struct import_fd {
    int fd;
    uint32_t width, height, stride, format;
};
struct import_fd_modifier {
    uint32_t width, height, format, num_fds;
    int fds[MAX_PLANES];
    int strides[MAX_PLANES];
    int offsets[MAX_PLANES];
    uint64_t modifier;
};
union gbm_bo_handle {
    void* pointer;
    int32_t s32;
    uint64_t u64;
};

struct gbm_device {
    int fd;
};
struct gbm_bo {
    int fd;
    uint32_t width, height, stride, offset, format;
    uint64_t modifier;
    size_t size; // of the file
    size_t map_size;
    void* map;
};

// --- devices ---

struct gbm_device* gbm_create_device(int fd) {
    struct gbm_device* device = calloc(1, sizeof *device);
    if (device != NULL) device->fd = fd;
    return device;
}
void gbm_device_destroy(struct gbm_device* device) {
    free(device);
}
int gbm_device_get_fd(struct gbm_device* device) {
    return device->fd;
}
const char* gbm_device_get_backend_name(struct gbm_device* device) {
    (void)device;
    return "memfd";
}
int gbm_device_is_format_supported(struct gbm_device* device, uint32_t format, uint32_t usage) {
    (void)device, (void)format, (void)usage;
    return 1;
}

// --- buffers ---

static uint32_t fourcc(const char* name) {
    return (uint32_t)name[0] | (uint32_t)name[1] << 8 | (uint32_t)name[2] << 16 | (uint32_t)name[3] << 24;
}

static uint32_t bytes_per_pixel(uint32_t format) {
    static const struct {
        const char* names[8];
        uint32_t bytes;
    } table[] = {
        {{"R8  ", "C8  "}, 1},
        {{"RG16", "BG16", "AR15", "XR15", "GR88", "R16 "}, 2},
        {{"RG24", "BG24"}, 3},
        {{"AB48", "XB48", "AB4H", "XB4H", "AR4H", "XR4H"}, 8},
    };
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row) {
        for (const char* const* name = table[row].names; *name != NULL; ++name) {
            if (fourcc(*name) == format) return table[row].bytes;
        }
    }
    return 4;
}

struct gbm_bo* gbm_bo_create(struct gbm_device* device, uint32_t width, uint32_t height, uint32_t format,
                             uint32_t usage) {
    (void)device, (void)usage;
    struct gbm_bo* buffer = calloc(1, sizeof *buffer);
    if (buffer == NULL) return NULL;
    buffer->width = width;
    buffer->height = height;
    buffer->format = format;
    buffer->modifier = MODIFIER_LINEAR;
    buffer->stride = (width * bytes_per_pixel(format) + 63) & ~63U; // as drivers align
    buffer->size = (size_t)buffer->stride * height;
    buffer->fd = memfd_create("fake-gbm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (buffer->fd >= 0 && ftruncate(buffer->fd, (off_t)buffer->size) == 0) return buffer;
    if (buffer->fd >= 0) close(buffer->fd);
    free(buffer);
    return NULL;
}

struct gbm_bo* gbm_bo_create_with_modifiers(struct gbm_device* device, uint32_t width, uint32_t height,
                                            uint32_t format, const uint64_t* modifiers, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        if (modifiers[i] == MODIFIER_LINEAR) return gbm_bo_create(device, width, height, format, 0);
    }
    errno = EINVAL;
    return NULL;
}

struct gbm_bo* gbm_bo_import(struct gbm_device* device, uint32_t type, void* argument, uint32_t usage) {
    (void)device, (void)usage;
    struct gbm_bo* buffer = calloc(1, sizeof *buffer);
    if (buffer == NULL) return NULL;
    int fd = -1;
    if (type == IMPORT_FD_MODIFIER) {
        const struct import_fd_modifier* from = argument;
        fd = from->fds[0];
        buffer->width = from->width;
        buffer->height = from->height;
        buffer->format = from->format;
        buffer->stride = (uint32_t)from->strides[0];
        buffer->offset = (uint32_t)from->offsets[0];
        buffer->modifier = from->modifier;
    } else if (type == IMPORT_FD) {
        const struct import_fd* from = argument;
        fd = from->fd;
        buffer->width = from->width;
        buffer->height = from->height;
        buffer->format = from->format;
        buffer->stride = from->stride;
    }
    struct stat status;
    buffer->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (buffer->fd >= 0 && fstat(buffer->fd, &status) == 0) {
        buffer->size = (size_t)status.st_size;
        return buffer;
    }
    if (buffer->fd >= 0) close(buffer->fd);
    free(buffer);
    errno = EINVAL;
    return NULL;
}

void gbm_bo_destroy(struct gbm_bo* buffer) {
    if (buffer == NULL) return;
    if (buffer->map != NULL) munmap(buffer->map, buffer->map_size);
    close(buffer->fd);
    free(buffer);
}

int gbm_bo_get_fd(struct gbm_bo* buffer) {
    return fcntl(buffer->fd, F_DUPFD_CLOEXEC, 0);
}
union gbm_bo_handle gbm_bo_get_handle(struct gbm_bo* buffer) {
    union gbm_bo_handle handle = {.u64 = 0};
    handle.s32 = buffer->fd;
    return handle;
}
uint32_t gbm_bo_get_width(struct gbm_bo* buffer) {
    return buffer->width;
}
uint32_t gbm_bo_get_height(struct gbm_bo* buffer) {
    return buffer->height;
}
uint32_t gbm_bo_get_format(struct gbm_bo* buffer) {
    return buffer->format;
}
uint64_t gbm_bo_get_modifier(struct gbm_bo* buffer) {
    return buffer->modifier;
}
uint32_t gbm_bo_get_stride(struct gbm_bo* buffer) {
    return buffer->stride;
}
int gbm_bo_get_plane_count(struct gbm_bo* buffer) {
    (void)buffer;
    return 1;
}
uint32_t gbm_bo_get_stride_for_plane(struct gbm_bo* buffer, int plane) {
    (void)plane;
    return buffer->stride;
}
uint32_t gbm_bo_get_offset(struct gbm_bo* buffer, int plane) {
    (void)plane;
    return buffer->offset;
}

// Memory for all rows with the file over its beginning: the plane of NV12 that has half of the rows is read
// like any other, past the file's end.
static void* map_file(const struct gbm_bo* buffer) {
    void* map = mmap(NULL, buffer->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) return NULL;
    if (mmap(map, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, buffer->fd, 0) != MAP_FAILED)
        return map;
    munmap(map, buffer->map_size);
    return NULL;
}

// The mapping stays until the buffer goes.
void* gbm_bo_map(struct gbm_bo* buffer, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                 uint32_t flags, uint32_t* stride, void** map_data) {
    (void)width, (void)height, (void)flags;
    if (buffer->map == NULL) {
        const size_t rows = (size_t)buffer->offset + (size_t)buffer->stride * buffer->height;
        buffer->map_size = rows > buffer->size ? rows : buffer->size;
        buffer->map = map_file(buffer);
    }
    if (buffer->map == NULL) return MAP_FAILED;
    *stride = buffer->stride;
    *map_data = buffer;
    return (char*)buffer->map + buffer->offset + (size_t)y * buffer->stride +
           (size_t)x * bytes_per_pixel(buffer->format);
}
void gbm_bo_unmap(struct gbm_bo* buffer, void* map_data) {
    (void)buffer, (void)map_data;
}
