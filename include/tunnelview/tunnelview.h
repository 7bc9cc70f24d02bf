/* libtunnelview: receives remote Wayland applications inside your process.
 *
 * A receiver is one application's connection: bytes from a waypipe server on one side (the channel), a
 * connection to a Wayland compositor on the other. Hand it both as descriptors and run it, on a thread of
 * yours or of its own. Getting the channel connected (ssh, a relay, a vsock) is the host's business.
 *
 * C99. SPDX-License-Identifier: MIT
 *
 * RULES THAT HOLD EVERYWHERE
 *
 * - Process: the library has no process-wide effect. It installs no signal handler, changes no signal's
 *   disposition, and blocks signals in its own threads only (tv_receiver_run blocks SIGPIPE in the caller's
 *   thread and restores the mask). It does not fork, exec, exit, change the working directory, change the
 *   environment (on Apple's systems it reads TMPDIR), or use standard input, output or error. What lasts:
 *   where software video decoding was built in, libavcodec is loaded with dlopen() at the first video that
 *   needs it, or when a remote side starts that says it will encode such, and stays loaded. Do not unload a
 *   shared libtunnelview, because a thread may be left behind in a decoder that does not return; on Linux
 *   dlclose() leaves it where it is (-z nodelete), on Apple's systems nothing does that for you.
 *
 * - Instances: any number of receivers at once and after each other; they share nothing.
 *
 * - Threads: every function may be called from any thread. Which ones may be called from a callback is said
 *   with them. Functions that block say so.
 *
 * - Strings: UTF-8, zero-terminated. What the host passes is copied. What the library passes to a callback is
 *   valid until the callback returns. What tv_* functions return as `const char *` is static.
 *
 * - Structs begin with `size`, set by TV_..._INIT or by you to sizeof of the struct as your compiler sees it.
 *   The library reads and writes no more than that; what is beyond its own idea of the struct must be zero.
 *
 * - Errors: 0 is success, errors are negative (tv_result). Nothing throws. Null handles give
 *   TV_ERROR_ARGUMENT, except where a function says that null is fine.
 *
 * - Ownership: a tv_receiver is yours until tv_receiver_destroy(), a tv_frame until tv_frame_release().
 *   Frames outlive their receiver.
 */
#ifndef TUNNELVIEW_TUNNELVIEW_H
#define TUNNELVIEW_TUNNELVIEW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(TV_STATIC_DEFINE)
#define TV_API
#elif defined(__GNUC__)
#define TV_API __attribute__((visibility("default")))
#else
#define TV_API
#endif

/* --- version ------------------------------------------------------------------------------------------- */

/* Rises with every incompatible change and is part of tv_receiver_create's symbol: what was compiled for one
 * does not link with another. */
#define TV_ABI 0
#define TV_VERSION_MAJOR 0
#define TV_VERSION_MINOR 1
#define TV_VERSION_PATCH 0
/* major << 16 | minor << 8 | patch, as tv_version() gives it. */
#define TV_VERSION ((uint32_t)((TV_VERSION_MAJOR << 16) | (TV_VERSION_MINOR << 8) | TV_VERSION_PATCH))

/* Of the library that runs. */
TV_API uint32_t tv_version(void);
TV_API const char* tv_version_string(void); /* "0.1.0" */

/* --- results ------------------------------------------------------------------------------------------- */

typedef enum tv_result {
    TV_OK = 0,
    TV_ERROR_ARGUMENT = -1,     /* a null handle, a bad value, an unknown size */
    TV_ERROR_STATE = -2,        /* not now: it runs already, it has run, it does not run */
    TV_ERROR_CALLBACK = -3,     /* refused from inside a callback of the same receiver */
    TV_ERROR_TIMEOUT = -4,      /* still going on after the time that was given */
    TV_ERROR_NOT_FOUND = -5,    /* nothing of that name, or nothing yet */
    TV_ERROR_MEMORY = -6,       /* no memory, no thread or no descriptor to be had */
    TV_ERROR_IO = -7,           /* a system call failed */
    TV_ERROR_COMPOSITOR = -8,   /* the compositor cannot be reached, or ended or broke the connection */
    TV_ERROR_PEER = -9,         /* the remote side broke the rules */
    TV_ERROR_LIMIT = -10,       /* a limit was reached; the log names it */
    TV_ERROR_UNSUPPORTED = -11, /* well-formed, but nothing here can serve it */
    TV_ERROR_INTERNAL = -12,
    TV_RESULT_FORCE_INT = 0x7fffffff
} tv_result;

/* A few words for people; never null, also for numbers that are no tv_result. */
TV_API const char* tv_result_string(tv_result result);

/* --- what there is, without a session ------------------------------------------------------------------ */

typedef enum tv_codec {
    TV_CODEC_H264 = 0,
    TV_CODEC_VP9 = 1,
    TV_CODEC_AV1 = 2,
    TV_CODEC_HEVC = 3,
    TV_CODEC_FORCE_INT = 0x7fffffff
} tv_codec;

/* Bits of codec masks. */
#define TV_CODEC_BIT(codec) (UINT64_C(1) << (codec))
#define TV_CODECS_ALL UINT64_C(0xffffffffffffffff)

#define TV_MAX_DECODERS 8

typedef struct tv_decoder_info {
    char name[32]; /* "videotoolbox", "ffmpeg" */
    uint64_t
        codecs; /* TV_CODEC_BIT; may be optimistic: a decoder has the last word when it is given a stream */
    int32_t hardware; /* 0 or 1 */
    int32_t reserved;
} tv_decoder_info;

typedef struct tv_probe_info {
    size_t size;
    uint32_t version; /* tv_version() */
    uint32_t decoder_count;
    tv_decoder_info decoders[TV_MAX_DECODERS]; /* best first */
    char converter[32]; /* what turns decoded pictures into BGRA on the CPU: "avx2", "neon", "portable" */
    uint32_t wire_version_min; /* of waypipe's protocol: 16 is waypipe 0.8 to 0.10, 17 from 0.11 on */
    uint32_t wire_version_max;
    uint64_t max_memory_bytes; /* the most that tv_limits can ask for */
    uint64_t max_video_pixels;
    uint32_t max_video_streams;
    uint32_t max_image_side; /* pixels */
} tv_probe_info;

#define TV_PROBE_INFO_INIT {sizeof(tv_probe_info), 0, 0, {{{0}, 0, 0, 0}}, {0}, 0, 0, 0, 0, 0, 0}

/* Does not block; loads nothing. */
TV_API tv_result tv_probe(tv_probe_info* info);

/* --- configuration ------------------------------------------------------------------------------------- */

typedef struct tv_receiver_s* tv_receiver;
typedef struct tv_frame_s* tv_frame;

typedef enum tv_video_policy {
    TV_VIDEO_AUTO = 0,     /* hardware first, software where it fails */
    TV_VIDEO_SOFTWARE = 1, /* software decoders only */
    TV_VIDEO_HARDWARE = 2, /* hardware decoders only */
    TV_VIDEO_OFF = 3,      /* senders of video get no dmabufs: their applications draw into wl_shm */
    TV_VIDEO_FORCE_INT = 0x7fffffff
} tv_video_policy;

/* Apple's systems: whether the pixels of remote GPU buffers live in IOSurfaces, which the compositor gets by
 * their IOSurfaceIDs as modifiers of dmabufs and shows without copying; else they go through wl_shm, as they
 * do on every other system. */
typedef enum tv_surface_policy {
    TV_SURFACES_AUTO = 0, /* the compositor of display_path is asked at the start of the run, on connections
                           * of the library's own and with two surfaces, until it lets five seconds pass
                           * without an answer; why it does not take them is logged. Without display_path:
                           * wl_shm */
    TV_SURFACES_OFF = 1,
    TV_SURFACES_ON = 2, /* it takes them: it is not asked. A surface that it refuses may end its process */
    TV_SURFACES_FORCE_INT = 0x7fffffff
} tv_surface_policy;

/* Which thread priority the receiver's own threads get. Only Apple's systems know these; elsewhere the value
 * is taken and has no effect. */
typedef enum tv_qos {
    TV_QOS_INHERIT = 0, /* as the thread that starts them */
    TV_QOS_BACKGROUND = 1,
    TV_QOS_UTILITY = 2,
    TV_QOS_DEFAULT = 3,
    TV_QOS_USER_INITIATED = 4,
    TV_QOS_USER_INTERACTIVE = 5,
    TV_QOS_FORCE_INT = 0x7fffffff
} tv_qos;

/* The compression that the remote side uses is in what it sends; these say what is taken. */
#define TV_COMPRESSION_NONE UINT64_C(1)
#define TV_COMPRESSION_LZ4 UINT64_C(2)
#define TV_COMPRESSION_ZSTD UINT64_C(4)
#define TV_COMPRESSIONS_ALL UINT64_C(7)

typedef enum tv_log_level {
    TV_LOG_DEBUG = 0,
    TV_LOG_INFO = 1,
    TV_LOG_WARNING = 2,
    TV_LOG_ERROR = 3,
    TV_LOG_NONE = 4,
    TV_LOG_FORCE_INT = 0x7fffffff
} tv_log_level;

typedef enum tv_state {
    TV_STATE_CONNECTING = 0,  /* run() has begun; nothing has come from the remote side */
    TV_STATE_CONNECTED = 1,   /* its header has come: wire_version and compression are known */
    TV_STATE_NAMED = 2,       /* a window's title or app id is new */
    TV_STATE_FIRST_FRAME = 3, /* the first commit with pixels has gone to the compositor */
    TV_STATE_CLOSED = 4,      /* the last one: reason and result are set */
    TV_STATE_FORCE_INT = 0x7fffffff
} tv_state;

typedef enum tv_close_reason {
    TV_CLOSE_NONE = 0,       /* not closed */
    TV_CLOSE_PEER = 1,       /* the application or its waypipe ended the connection */
    TV_CLOSE_COMPOSITOR = 2, /* the compositor did */
    TV_CLOSE_HOST = 3,       /* tv_receiver_stop() or tv_receiver_destroy() */
    TV_CLOSE_LIMIT = 4,      /* the remote side reached a limit */
    TV_CLOSE_VIOLATION = 5,  /* the remote side or the compositor broke the protocol */
    TV_CLOSE_FAILURE = 6,    /* something here failed: result says what */
    TV_CLOSE_FORCE_INT = 0x7fffffff
} tv_close_reason;

/* All strings are empty, never null, where nothing is known. */
typedef struct tv_state_event {
    size_t size;
    tv_state state;
    tv_close_reason reason;  /* TV_STATE_CLOSED */
    tv_result result;        /* TV_STATE_CLOSED: what tv_receiver_run() returns */
    uint32_t wire_version;   /* of the remote waypipe; 0 before TV_STATE_CONNECTED */
    const char* compression; /* "none", "lz4", "zstd" */
    const char* title;       /* of the window named last, at most 80 bytes */
    const char* app_id;
    const char* message;        /* TV_STATE_CLOSED after an error: words for people */
    uint32_t surface;           /* TV_STATE_NAMED: the window's wl_surface */
    uint32_t abandoned_threads; /* TV_STATE_CLOSED: left behind in a decoder that does not return */
} tv_state_event;

typedef struct tv_stats {
    size_t size;
    uint64_t frames;          /* commits with newly attached pixels that went to the compositor */
    uint64_t bytes;           /* read from the channel */
    double frames_per_second; /* over about the last second in which something went on */
    double bytes_per_second;
    uint64_t failovers;        /* of video streams that are shown now, to the next decoder */
    uint64_t without_picture;  /* their packets that left the pixels as they were */
    uint64_t frames_published; /* that tv_receiver_lookup could find */
    uint64_t frames_held;      /* by the host now, released ones not counted; only of this receiver */
    uint64_t frames_copied;    /* because the host held as many of a buffer as it may without copies */
    uint32_t surfaces;         /* that are shown */
    uint32_t wire_version;
    uint32_t abandoned_threads; /* left behind in a decoder that does not return; set when closed */
    uint32_t paused;            /* 0 or 1 */
} tv_stats;

#define TV_STATS_INIT {sizeof(tv_stats), 0, 0, 0.0, 0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

typedef struct tv_frame_event {
    size_t size;
    uint32_t surface_id; /* the key for tv_receiver_lookup */
    uint32_t wl_surface; /* the application's id of the surface that was committed */
    uint64_t generation; /* rises by one with each commit of surface_id that is forwarded */
    int32_t video;       /* 1: a lookup gives a frame; 0: the BGRA pixels are current */
    uint32_t width;      /* pixels of the buffer */
    uint32_t height;
    uint32_t reserved;
} tv_frame_event;

/* Callbacks, all optional. They run one at a time for each receiver, except `log`, which may run on several
 * of its threads at once. They must not block: the connection waits for them. Inside one, tv_receiver_run,
 * _start, _wait, _stop, _pause and _destroy of the same receiver are refused with TV_ERROR_CALLBACK;
 * everything else may be called. None is called after tv_receiver_destroy() has returned TV_OK. */
typedef struct tv_callbacks {
    size_t size;
    void* user; /* handed to each of them */
    /* Any of the receiver's threads, and the caller's of any function. */
    void (*log)(void* user, tv_log_level level, const char* text);
    /* The thread that runs the receiver. */
    void (*state)(void* user, const tv_state_event* event);
    /* The same, about once a second while something goes on, and once at the end. */
    void (*stats)(void* user, const tv_stats* stats);
    /* The same, for each commit with pixels. The compositor cannot have seen the commit's successor, but may
     * have seen it. Only where `frames` is set in the configuration. */
    void (*frame)(void* user, const tv_frame_event* event);
} tv_callbacks;

#define TV_CALLBACKS_INIT {sizeof(tv_callbacks), NULL, NULL, NULL, NULL, NULL}

/* 0: the library's own limit. More than that is cut to it. */
typedef struct tv_limits {
    size_t size;
    uint64_t memory_bytes; /* written into files and images of one receiver */
    uint64_t video_pixels; /* of all its video streams together */
    uint32_t video_streams;
    uint32_t reserved;
} tv_limits;

#define TV_LIMITS_INIT {sizeof(tv_limits), 0, 0, 0, 0}

typedef struct tv_config {
    size_t size;
    /* The channel. Borrowed: duplicated by tv_receiver_create; the host may close its own at once. No flag of
     * the open file is changed: blocking descriptors are fine, and so are non-blocking ones. A connected
     * stream socket, or pipes. (On Apple's systems sockets get SO_NOSIGPIPE and larger buffers.) */
    int channel_read_fd;
    int channel_write_fd; /* -1: channel_read_fd serves both ways */
    /* The compositor: a connected socket, borrowed in the same way; or -1 and a path. What one duplicate
     * reads the other cannot: give it to one receiver only, and leave it alone until that has ended. */
    int display_fd;
    const char* display_path; /* of its socket, beginning with '/'; used when display_fd is -1, and to ask
                               * whether it takes surfaces (tv_surface_policy), with display_fd too */
    uint64_t compressions;    /* TV_COMPRESSION_...: which are taken; a remote side with another is refused */
    uint64_t codecs;          /* TV_CODEC_BIT: which video may be decoded; others are not shown */
    tv_video_policy video;
    uint32_t threads; /* for decompression (0: half of the processors) and for video (0: all of them) */
    tv_qos qos;       /* of the threads that the receiver starts */
    tv_log_level log_level;
    int32_t offer_gpu; /* 0: applications are not offered dmabufs, so they draw on the remote CPU */
    int32_t frames; /* 1: tv_receiver_lookup and the frame callback work; costs a picture for each buffer */
    int32_t zero_pass;    /* 1, with frames: video is not converted into the buffers that the compositor has,
                           * because the host shows frames itself; tv_receiver_force_pass does it on demand */
    int32_t same_process; /* 1: the compositor runs in this process. Apple: IOSurfaces are then private to it;
                           * else every process of the user's can find them by their IDs */
    const char* title_prefix; /* before every window title; null: none; at most 128 bytes */
    tv_limits limits;
    tv_surface_policy surfaces; /* ON is UNSUPPORTED where there are no IOSurfaces */
    uint32_t reserved;
} tv_config;

/* The defaults: no descriptors, everything allowed, no frames. */
TV_API void tv_config_init(tv_config* config, size_t size);
#define TV_CONFIG_INIT                                                                                       \
    {sizeof(tv_config),                                                                                      \
     -1,                                                                                                     \
     -1,                                                                                                     \
     -1,                                                                                                     \
     NULL,                                                                                                   \
     TV_COMPRESSIONS_ALL,                                                                                    \
     TV_CODECS_ALL,                                                                                          \
     TV_VIDEO_AUTO,                                                                                          \
     0,                                                                                                      \
     TV_QOS_INHERIT,                                                                                         \
     TV_LOG_INFO,                                                                                            \
     1,                                                                                                      \
     0,                                                                                                      \
     0,                                                                                                      \
     0,                                                                                                      \
     NULL,                                                                                                   \
     TV_LIMITS_INIT,                                                                                         \
     TV_SURFACES_AUTO,                                                                                       \
     0}

/* --- a receiver's life --------------------------------------------------------------------------------- */

/* Duplicates the descriptors, connects to display_path if that is used (which blocks as connect() on a local
 * socket does). `callbacks` may be null. On success *receiver is set, else it is null.
 * ARGUMENT, COMPOSITOR, IO, MEMORY, UNSUPPORTED. */
TV_API tv_result tv_receiver_create_abi_0(const tv_config* config, const tv_callbacks* callbacks,
                                          tv_receiver* receiver);
#define tv_receiver_create tv_receiver_create_abi_0

/* Serves the connection on the caller's thread until it ends; both ends have been told why when it returns.
 * A receiver runs once. OK: the application closed it, or the host stopped it. COMPOSITOR, PEER, LIMIT,
 * UNSUPPORTED, IO, MEMORY: the state callback has said more. STATE: it runs or has run. CALLBACK. */
TV_API tv_result tv_receiver_run(tv_receiver receiver);

/* The same on a thread of the library's; returns at once. How it went, tv_receiver_wait tells. STATE, MEMORY.
 */
TV_API tv_result tv_receiver_start(tv_receiver receiver);

/* Blocks until it has ended, for at most so many milliseconds; then gives what tv_receiver_run would return.
 * TIMEOUT: it goes on. STATE: it was never begun. CALLBACK. */
TV_API tv_result tv_receiver_wait(tv_receiver receiver, uint32_t timeout_ms);

/* What stop() takes where nothing better is known: below the 2 seconds that launchers wait. */
#define TV_STOP_TIMEOUT_MS 1500

/* Ends it, from any thread, as often as wanted. Blocks until nothing of it runs any more: at most a second,
 * also when the remote side, a decoder or the compositor hangs; a thread that sits in a decoder is left
 * behind and counted (tv_stats, TV_STATE_CLOSED). Before run() or start() it makes those return at once.
 * TIMEOUT: only when a callback does not return, or the time is too short; it goes on ending. CALLBACK. */
TV_API tv_result tv_receiver_stop(tv_receiver receiver, uint32_t timeout_ms);

/* iOS: before the app goes into the background. Until resume no decoding, conversion or GPU work begins and
 * the channel is not read, so that the remote side waits; events still reach the application. Blocks until
 * what was under way is done, in the system's decoder and on the GPU, too; a picture that a decoder withholds
 * until later packets come is no work, and is given up waiting for after half a second. TIMEOUT: something
 * still is; paused all the same. STATE: it does not run. CALLBACK. */
TV_API tv_result tv_receiver_pause(tv_receiver receiver, uint32_t timeout_ms);
/* Goes on where pause stopped; the time between counts for no decoder as lateness. Does not block. STATE: it
 * does not run. */
TV_API tv_result tv_receiver_resume(tv_receiver receiver);

/* Gives back what is kept only to be quick (spare buffers, surfaces that wait for another use); soon, on the
 * receiver's thread. Does not block. */
TV_API tv_result tv_receiver_memory_pressure(tv_receiver receiver);

/* A copy of the latest numbers, about a second old at most while something goes on. Does not block; also when
 * it has ended. */
TV_API tv_result tv_receiver_stats(tv_receiver receiver, tv_stats* stats);

/* Stops it (with TV_STOP_TIMEOUT_MS) and frees it; null is fine. TIMEOUT: a callback has not returned; the
 * handle is gone all the same, and what is left frees itself when it returns. CALLBACK: refused, the handle
 * stays. */
TV_API tv_result tv_receiver_destroy(tv_receiver receiver);

/* --- frames -------------------------------------------------------------------------------------------- */
/* UNSTABLE: this part may change before 1.0 without a new TV_ABI.
 *
 * With `frames` set, the decoded picture behind a buffer can be had without the conversion to BGRA. The key
 * is the number of the buffer's surface: on Apple's systems the IOSurfaceID that the compositor gets;
 * elsewhere a number of the receiver's, told by the frame callback. A frame is to be found from the moment
 * its commit goes to the compositor, never before, and a compositor that has read the commit finds it or a
 * later one.
 *
 * How many of one buffer may be held: the displayed one and two more. Nothing is revoked from a host that
 * holds more, but newer frames of that buffer are copies then, so that the decoder's pool is not used up
 * (frames_copied). */

typedef enum tv_frame_kind {
    TV_FRAME_VIDEO = 1,        /* *frame is set */
    TV_FRAME_BGRA_CURRENT = 2, /* no picture: the compositor's own buffer has what is current */
    TV_FRAME_FORCE_INT = 0x7fffffff
} tv_frame_kind;

typedef enum tv_pixel_layout {
    TV_LAYOUT_I420 = 0, /* planes Y, Cb, Cr */
    TV_LAYOUT_NV12 = 1, /* planes Y, CbCr interleaved */
    TV_LAYOUT_FORCE_INT = 0x7fffffff
} tv_pixel_layout;

typedef enum tv_matrix { TV_MATRIX_BT601 = 0, TV_MATRIX_FORCE_INT = 0x7fffffff } tv_matrix;
typedef enum tv_range { TV_RANGE_LIMITED = 0, TV_RANGE_FORCE_INT = 0x7fffffff } tv_range;

typedef struct tv_plane {
    const uint8_t* data; /* null: only `native` has the pixels */
    size_t stride;       /* bytes from row to row */
    size_t bytes;        /* that may be read from data on */
} tv_plane;

typedef struct tv_frame_info {
    size_t size;
    uint32_t surface_id;
    int32_t flipped;        /* 1: the picture's first row is the lowest on the screen */
    uint64_t generation;    /* the one that the lookup told */
    tv_pixel_layout layout; /* 8 bit, 4:2:0 */
    tv_matrix matrix;
    tv_range range;
    int32_t copied; /* 1: a copy, because too many were held */
    uint32_t width; /* of the picture; chroma planes have half, rounded up */
    uint32_t height;
    uint32_t crop_width; /* of the buffer: what is to be shown, from the top left */
    uint32_t crop_height;
    tv_plane planes[3];
    void* native; /* Apple: an NV12 CVPixelBufferRef, for Metal, whatever decoded the picture; valid while the
                   * frame is; else null */
    /* Steady nanoseconds (CLOCK_MONOTONIC; Apple: CLOCK_UPTIME_RAW): its packet had arrived, the decoder had
     * given it, the first commit that shows it was forwarded. */
    int64_t received_ns;
    int64_t decoded_ns;
    int64_t forwarded_ns;
} tv_frame_info;

#define TV_FRAME_INFO_INIT                                                                                   \
    {sizeof(tv_frame_info),                                                                                  \
     0,                                                                                                      \
     0,                                                                                                      \
     0,                                                                                                      \
     TV_LAYOUT_I420,                                                                                         \
     TV_MATRIX_BT601,                                                                                        \
     TV_RANGE_LIMITED,                                                                                       \
     0,                                                                                                      \
     0,                                                                                                      \
     0,                                                                                                      \
     0,                                                                                                      \
     0,                                                                                                      \
     {{NULL, 0, 0}, {NULL, 0, 0}, {NULL, 0, 0}},                                                             \
     NULL,                                                                                                   \
     0,                                                                                                      \
     0,                                                                                                      \
     0}

/* What is committed of that surface. On TV_FRAME_VIDEO *frame is yours to release, else null. *generation,
 * where it is not null, says which commit that is. Waits at most as long as a local send() takes;
 * on Apple's systems the first one of a picture that software decoded copies it into a CVPixelBuffer.
 * NOT_FOUND: nothing of that number, or nothing committed. STATE: `frames` is not set. MEMORY. */
TV_API tv_result tv_receiver_lookup(tv_receiver receiver, uint32_t surface_id, tv_frame_kind* kind,
                                    tv_frame* frame, uint64_t* generation);

/* Converts what is committed of that surface into the buffer that the compositor has. Blocks until it is
 * there, at most so many milliseconds; several at once wait for each other. For sessions with zero_pass (OK
 * and nothing to do without). STATE: `frames` is not set, or the receiver is paused. NOT_FOUND, TIMEOUT: it
 * goes on. */
TV_API tv_result tv_receiver_force_pass(tv_receiver receiver, uint32_t surface_id, uint32_t timeout_ms);

/* Pointers in *info are valid until the frame is released. */
TV_API tv_result tv_frame_get_info(tv_frame frame, tv_frame_info* info);

/* The pixels of the crop as rows of B, G, R, 255, `stride` bytes from row to row (at least 4 x crop_width),
 * converted on the caller's thread by the library's own arithmetic. UNSUPPORTED: a form that it cannot
 * convert. */
TV_API tv_result tv_frame_copy_bgra(tv_frame frame, uint8_t* pixels, size_t bytes, size_t stride);

/* Apple's systems only, UNSUPPORTED elsewhere: Metal's textures of a frame, with nothing copied. Objects are
 * passed as void*, (__bridge void*)object where ARC is on. A maker belongs to one id<MTLDevice>, which it
 * retains; any thread. Drawing: limited range BT.601, see tv_frame_info. */
typedef struct tv_texture_maker_s* tv_texture_maker;
typedef struct tv_textures_s* tv_textures;

/* UNSUPPORTED: no Metal, or no texture cache of that device. MEMORY. */
TV_API tv_result tv_texture_maker_create(void* device, tv_texture_maker* maker);
/* What it made stays; null is fine. */
TV_API void tv_texture_maker_destroy(tv_texture_maker maker);

/* *luma (R8Unorm) and *chroma (RG8Unorm, Cb and Cr, half as large) are id<MTLTexture>s, borrowed: valid until
 * tv_textures_release(), which must not come before the GPU is done with them (a completed handler's place).
 * They hold the picture; the frame itself may be released at once. UNSUPPORTED: that device makes none.
 * MEMORY. */
TV_API tv_result tv_frame_make_textures(tv_frame frame, tv_texture_maker maker, void** luma, void** chroma,
                                        tv_textures* textures);
/* Any thread; null is fine. */
TV_API void tv_textures_release(tv_textures textures);

/* Gives the frame back; any thread, also after the receiver is gone; null is fine. */
TV_API void tv_frame_release(tv_frame frame);

#ifdef __cplusplus
}
#endif

#endif
