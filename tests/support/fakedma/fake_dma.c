// LD_PRELOAD library for test beds: dmabufs on a machine that has none. Every "dmabuf" is a memfd.
//  - /dev/dri/renderD128, /dev/dri/card0 and /dev/udmabuf open, whether they exist or not.
//  - UDMABUF_CREATE on such a /dev/udmabuf answers with the memfd itself; Mesa 24.3 and later then shares
//  lavapipe's images.
//  - DMA_BUF_IOCTL_SYNC works on any file; sync files are event descriptors that are signalled from the
//  start.
// There are no real fences, timelines or tiled buffers.
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE // its open() is an inline function
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

// In <linux/dma-buf.h> since Linux 6.0.
#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
struct dma_buf_export_sync_file {
    uint32_t flags;
    int32_t fd;
};
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE _IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#endif
#ifndef DMA_BUF_IOCTL_IMPORT_SYNC_FILE
struct dma_buf_import_sync_file {
    uint32_t flags;
    int32_t fd;
};
#define DMA_BUF_IOCTL_IMPORT_SYNC_FILE _IOW(DMA_BUF_BASE, 3, struct dma_buf_import_sync_file)
#endif

// --- devices that are not there ---

// The memfds that stand for /dev/udmabuf, by inode. A process opens it once or twice.
#define MAX_UDMABUFS 16
static ino_t udmabufs[MAX_UDMABUFS];
static int udmabuf_count;

static bool is_udmabuf(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) return false;
    for (int i = 0; i < udmabuf_count; ++i) {
        if (udmabufs[i] == status.st_ino) return true;
    }
    return false;
}

static int open_stand_in(const char* name, int flags) {
    return memfd_create(name, (flags & O_CLOEXEC) != 0 ? MFD_CLOEXEC : 0);
}

// -1 when the path is none of the devices.
static int open_device(const char* path, int flags) {
    if (strcmp(path, "/dev/dri/renderD128") == 0 || strcmp(path, "/dev/dri/card0") == 0)
        return open_stand_in("fake-drm", flags);
    if (strcmp(path, "/dev/udmabuf") != 0 || udmabuf_count == MAX_UDMABUFS) return -1;
    const int fd = open_stand_in("fake-udmabuf", flags);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0) udmabufs[udmabuf_count++] = status.st_ino;
    return fd;
}

// The next library's function of that name, into a variable of any function type.
static void find_next(void* function, const char* name) {
    void* address = dlsym(RTLD_NEXT, name);
    if (address == NULL) abort();
    memcpy(function, &address, sizeof address);
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define DEFINE_OPEN(name)                                                                                    \
    int name(const char* path, int flags, ...) {                                                             \
        static int (*next)(const char*, int, ...);                                                           \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        const mode_t mode = mode_of(flags, rest);                                                            \
        va_end(rest);                                                                                        \
        const int fd = open_device(path, flags);                                                             \
        if (fd >= 0) return fd;                                                                              \
        if (next == NULL) find_next(&next, #name);                                                           \
        return next(path, flags, mode);                                                                      \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(name)                                                                                  \
    int name(int directory, const char* path, int flags, ...) {                                              \
        static int (*next)(int, const char*, int, ...);                                                      \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        const mode_t mode = mode_of(flags, rest);                                                            \
        va_end(rest);                                                                                        \
        const int fd = open_device(path, flags);                                                             \
        if (fd >= 0) return fd;                                                                              \
        if (next == NULL) find_next(&next, #name);                                                           \
        return next(directory, path, flags, mode);                                                           \
    }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

// --- what dmabufs and sync files are asked ---

static int create_udmabuf(const struct udmabuf_create* request) {
    if (request->offset != 0) {
        errno = EINVAL;
        return -1;
    }
    return fcntl((int)request->memfd, F_DUPFD_CLOEXEC, 0);
}

// Called after the kernel has refused; false leaves its answer in place.
static bool answer(uint32_t request, void* argument) {
    switch (request) {
    case (uint32_t)DMA_BUF_IOCTL_SYNC:
    case (uint32_t)DMA_BUF_IOCTL_IMPORT_SYNC_FILE:
        return true;
    case (uint32_t)DMA_BUF_IOCTL_EXPORT_SYNC_FILE:
        ((struct dma_buf_export_sync_file*)argument)->fd = eventfd(1, EFD_CLOEXEC);
        return true;
    case (uint32_t)SYNC_IOC_MERGE:
        ((struct sync_merge_data*)argument)->fence = eventfd(1, EFD_CLOEXEC);
        return true;
    case (uint32_t)SYNC_IOC_FILE_INFO:
        ((struct sync_file_info*)argument)->status = 1;
        ((struct sync_file_info*)argument)->num_fences = 0;
        return true;
    default:
        return false;
    }
}

int ioctl(int fd, unsigned long request, ...) {
    static int (*next)(int, unsigned long, ...);
    va_list rest;
    va_start(rest, request);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    if ((uint32_t)request == (uint32_t)UDMABUF_CREATE && is_udmabuf(fd)) return create_udmabuf(argument);
    if (next == NULL) find_next(&next, "ioctl");
    const int result = next(fd, request, argument);
    const bool refused = result < 0 && (errno == ENOTTY || errno == EINVAL);
    return refused && answer((uint32_t)request, argument) ? 0 : result;
}
