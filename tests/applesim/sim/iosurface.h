// The simulation's own view of IOSurface: a machine whose surfaces live in files that several processes map,
// and what tests count and inject.
//
// A process belongs to the machine in the folder that TV_APPLESIM_MACHINE names; without it, to one of its
// own. Surfaces of a machine are found by ID from its other processes if they are global. A process that ends
// takes its references and uses along.
//
// The rules, each the end of the process where it is broken:
//   - pixels may be touched only while locked, and written only while locked for writing (mprotect)
//   - locks and unlocks balance, with the same options; nothing is released while locked
//   - no lock for writing while the GPU is at the surface, and no GPU work while it is locked for writing
#pragma once

#include <IOSurface/IOSurfaceRef.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace tv::sim {

// From now on; this process must have no surface. Empty: a new machine of its own.
void use_machine(const std::string& folder);

// Surfaces of the whole machine that somebody still refers to.
std::size_t surfaces_alive();

// Use counts: what a wrapper (CVPixelBuffer) holds for as long as it lives, and a compositor's layer while it
// shows the surface. Per process; the machine counts processes.
void add_use(IOSurfaceRef surface);
void remove_use(IOSurfaceRef surface);

// Rises with every end of a write lock and every GPU pass.
std::uint32_t seed_of(IOSurfaceRef surface);

// The GPU's view of the memory, which locks do not guard. From begin to end a pass is in flight.
void* gpu_begin(IOSurfaceRef surface);
void gpu_end(IOSurfaceRef surface, bool wrote);

// What happened in this process so far.
struct SurfaceCalls {
    std::uint64_t creates = 0;
    std::uint64_t lookups = 0;
    std::uint64_t write_locks = 0;
    std::uint64_t in_use = 0; // questions
    std::size_t locked = 0;   // surfaces, now
};
SurfaceCalls surface_calls();

// The next so many creations fail, or give what was not asked for.
enum class SurfaceFault { None, Null, Width, Height, Stride, PixelFormat, Id };
void inject(SurfaceFault fault, unsigned times);

} // namespace tv::sim
