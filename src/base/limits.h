// Every limit that bounds what a hostile remote side can make us do, with its reason. One connection each,
// unless a line says otherwise. Exceeding one ends that connection with an error that names the limit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tv::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;
inline constexpr std::size_t kGiB = 1024 * kMiB;

// Fuzz targets are built with limits that an input of a few KiB can reach: what lies behind a limit of many
// megabytes would never be tried.
#ifdef TV_FUZZ_LIMITS
consteval std::size_t limit(std::size_t, std::size_t for_fuzzing) {
    return for_fuzzing;
}
#else
consteval std::size_t limit(std::size_t real, std::size_t) {
    return real;
}
#endif

// --- channel -----------------------------------------------------------------------------------------------
// The frame word has 27 bits for the size.
inline constexpr std::size_t kFrameSizeBits = 27;
// Senders cut updates at 256 KiB and Wayland at 8 KiB; a whole 8K ARGB frame in one message is 127 MiB. So
// what is longer is not a message that anybody means to send.
inline constexpr std::size_t kMaxMessageBytes = (std::size_t{1} << kFrameSizeBits) - 1;
// Wayland payload of one Protocol message: C senders go up to 8 KiB, nobody needs more than this.
inline constexpr std::size_t kMaxProtocolBytes = 1 * kMiB;
// Requests behind one whose file comes after it (proxy/keyboard.cpp). That takes C senders one turn of their
// loop, in which they read 4 KiB from the application.
inline constexpr std::size_t kMaxParkedRequestBytes = limit(1 * kMiB, 256);
// Uncompressed bytes of one fill or diff: data of a whole 8K ARGB buffer plus its span headers.
inline constexpr std::size_t kMaxUpdateBytes = limit(256 * kMiB, 4 * kMiB);
// lz4 cannot expand by more than 255; zstd can, by four orders of magnitude. Text and flat colour reach 3,000
// with zstd at 256 KiB chunks; a message that claims more is a bomb, unless it is small anyway.
inline constexpr std::size_t kMaxExpansion = 8192;
inline constexpr std::size_t kExpansionFreeBytes = 512 * kKiB;
// zstd window: senders compress at most a few hundred KiB a message; level 19 asks for 8 MiB.
inline constexpr unsigned kMaxZstdWindowLog = 24;
// RIDs announced for one Protocol message.
inline constexpr std::size_t kMaxInjectedRids = limit(1024, 40);

// --- replicated objects ------------------------------------------------------------------------------------
// foot maps pools of 512 MiB and uses a few percent of them, so the address space is counted apart from the
// memory that is really written.
inline constexpr std::size_t kMaxFileBytes = 1 * kGiB;
inline constexpr std::size_t kMaxMappedBytes = limit(64 * kGiB, 2 * kGiB);
inline constexpr std::size_t kMaxWrittenBytes = limit(2 * kGiB, 8 * kMiB);
// What was set aside to tell afterwards what a screen capture has changed: an 8K screen has 127 MiB.
inline constexpr std::size_t kMaxSnapshotBytes = limit(256 * kMiB, 1 * kMiB);
// Keymaps, ICC profiles, gamma tables: largest seen is a 4 MiB ICC profile.
inline constexpr std::size_t kMaxFixedFileBytes = limit(32 * kMiB, 128 * kKiB);
// A pool per buffer (Qt, Chromium) and hundreds of icons.
inline constexpr std::size_t kMaxFiles = limit(4096, 8);
// Two descriptors each at most; a paste uses one.
inline constexpr std::size_t kMaxPipes = limit(128, 4);
// Data waiting for a pipe whose reader does not drain, all pipes of a connection together.
inline constexpr std::size_t kMaxPipeBytes = limit(64 * kMiB, 4 * kKiB);

// Width or height of a dmabuf: what GPUs can render into at the most.
inline constexpr std::uint32_t kMaxImageSide = 16'384;
// Memory of all surfaces that a compositor shows without copying, those on the free list included: as much as
// kMaxWrittenBytes allows to files, 20 windows of 4K with three buffers each.
inline constexpr std::size_t kMaxSurfaceBytes = limit(2 * kGiB, 8 * kMiB);
// Free surfaces of one size: an application that makes its buffers anew at every resize has three or four.
inline constexpr std::size_t kMaxFreeSurfaces = 4;

// --- Wayland -----------------------------------------------------------------------------------------------
// libwayland's own limit; longer messages could not be delivered.
inline constexpr std::size_t kMaxWaylandMessage = 4096;
// Live ids of one application. The busiest toolkits stay under a thousand.
inline constexpr std::size_t kMaxObjects = limit(10'000, 200);
// Descriptors in one sendmsg: libwayland's MAX_FDS_OUT.
inline constexpr std::size_t kMaxDescriptorsPerSend = 28;

// --- video -------------------------------------------------------------------------------------------------
// Larger than any level of H.264, HEVC, VP9 or AV1 that a screen needs (8K is 8192x4320).
inline constexpr std::uint32_t kMaxVideoDimension = 16384;
// Pixels by which a stream may exceed its buffer in either direction: encoders round up to 16, 32 or 64 and
// may add 2. More would only make us decode, and allocate, what nobody sees.
inline constexpr std::uint32_t kMaxVideoExcess = 128;
// A parameter set without its emulation prevention; those of encoders in use have under 100 bytes.
inline constexpr std::size_t kMaxParameterSetBytes = 4 * kKiB;
// Packets that one stream keeps since its last key frame, so that another decoder can take over: 250 frames
// at the senders' default rate are 3 MB. Above it that stream's log is given up until the next key frame.
inline constexpr std::size_t kMaxDecoderLogBytes = 64 * kMiB;
// The same over all streams of a connection: a peer may open thousands.
inline constexpr std::size_t kMaxDecoderLogTotal = 512 * kMiB;
// Memory of packets that are gone, kept for the next ones: what one stream's log lets go of at a key frame.
inline constexpr std::size_t kMaxSparePacketBytes = 4 * kMiB;
// Streams, one for each buffer that the application has: 80 windows of three buffers.
inline constexpr std::size_t kMaxVideoStreams = limit(240, 3);
// Pixels of all streams: a decoder may keep up to 17 pictures of 1.5 bytes each. Five windows of 4K with
// three buffers.
inline constexpr std::uint64_t kMaxVideoPixels = limit(128 * kMiB, 64 * kKiB);
// Packets that wait because nothing was made of their image yet: senders make the buffer right behind the
// first.
inline constexpr std::size_t kMaxUnshownVideoBytes = limit(16 * kMiB, 4 * kKiB);
// Packets of one stream in the decoder or decoded and not yet shown: a 4K picture is 12 MB.
inline constexpr std::size_t kMaxPicturesInFlight = 4;

// --- queues ------------------------------------------------------------------------------------------------
// Requests and updates that wait for an unfinished commit. At the first the channel is no longer read, so a
// remote side is slowed down, never dropped, by it.
inline constexpr std::size_t kPauseChannelBytes = limit(64 * kMiB, 16 * kKiB);
// Descriptors that wait with those requests pause it, too: a process has 1024 by default.
inline constexpr std::size_t kPauseDescriptors = limit(256, 4);
// Bytes waiting for the channel (events, pipe data). Compositors drop clients that do not read, so reading
// goes on for long before it pauses.
inline constexpr std::size_t kPauseCompositorBytes = limit(16 * kMiB, 8 * kKiB);
inline constexpr std::size_t kPausePipesBytes = limit(1 * kMiB, 1 * kKiB);

// --- recordings --------------------------------------------------------------------------------------------
// Bytes of one record. A read of the channel brings a few hundred KiB; longer ones are cut.
inline constexpr std::size_t kMaxRecordBytes = limit(1 * kMiB, 4 * kKiB);
// Recorded bytes that wait for the disk. A disk that is further behind than this ends the recording, not the
// session.
inline constexpr std::size_t kMaxRecordingBacklog = 64 * kMiB;

} // namespace tv::limits
