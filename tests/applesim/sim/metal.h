// The simulation's own view of Metal: what tests set, inject and count. Plain C++.
//
// One simulated GPU executes command buffers in order on a thread of its own, late; textures are read when it
// does, not when they are encoded. Completion handlers run on that thread, which has no autorelease pool.
//
// The rules, each the end of the process where it is broken:
//   - commands are encoded in order: pipeline, textures and bytes, dispatch, endEncoding, handler, commit
//   once
//   - the kernel touches nothing outside its textures, and textures only as their usage allows
//   - a surface's texture has the surface's size, format and the device's storage mode
//   - a texture of a decoded picture has its plane's size and format
//   - objects of one device are not given to another
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tv::sim {

struct GpuDevice {
    std::string name = "Simulated GPU";
    bool low_power = false;
    bool removable = false;
    bool unified_memory = true;
    std::size_t linear_alignment = 16; // rows of another alignment make no texture
};

// From now on; the first is the system's default. The default is one.
void set_gpus(std::vector<GpuDevice> devices);

// While held, the GPU executes nothing.
void hold_gpu(bool held);
// Waits until everything that was committed is done and its handlers have returned.
void drain_gpu();
// After `skip` more, the next `times` command buffers fail with this code, some having written a part.
void fail_gpu(unsigned skip, unsigned times, long code);
// Every device made so far is gone; those made afterwards work.
void lose_gpus();

enum class GpuFault : std::uint8_t {
    None,
    NoDevice,
    Compile,
    Function,
    Pipeline,
    Cache,
    SurfaceTexture,
    PictureTexture,
    CommandBuffer,
};
// The next so many of these fail.
void inject(GpuFault fault, unsigned times);

struct GpuCounts {
    std::uint64_t devices = 0;
    std::uint64_t libraries = 0; // compilations
    std::uint64_t pipelines = 0;
    std::uint64_t queues = 0;
    std::uint64_t caches = 0;
    std::uint64_t surface_textures = 0;
    std::uint64_t picture_textures = 0;
    std::uint64_t flushes = 0;
    std::uint64_t commits = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::size_t cached = 0; // textures that caches keep, used or not
    std::string last_device;
};
GpuCounts gpu_counts();
// Devices, injections and counts as at the start.
void reset_gpu();

} // namespace tv::sim
