// Conversion of decoded pictures on a GPU, through Metal. Plain C++; what is behind it is Objective-C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "video/decoder.h"

// NOLINTBEGIN(bugprone-reserved-identifier): Apple's tag names.
struct __CVBuffer;
struct __IOSurface;
// NOLINTEND(bugprone-reserved-identifier)

namespace tv::metal {

struct DeviceInfo {
    std::string name; // "Apple M1", "Apple Paravirtual device"
    bool unified_memory = false;
    std::size_t linear_alignment = 1; // of a surface's rows, for a texture of it; a power of two
};

// A published surface as one device sees it. Made once a surface; holds the surface.
class Target {
public:
    virtual ~Target() = default;
};

// One device with its queue, its pipeline and its texture cache. Thread-safe. Lives until its last pass is
// done, whoever lets go of it before.
class Converter {
public:
    using Done = std::function<void(Status)>;

    virtual ~Converter() = default;

    [[nodiscard]] virtual const DeviceInfo& device() const = 0;
    // Unsupported when the device makes no texture of it.
    [[nodiscard]] virtual Result<std::shared_ptr<Target>> target(__IOSurface* surface, video::Size size) = 0;
    // Puts the picture's top left part into the whole target; returns at once. `done` is called exactly once,
    // on any thread, perhaps before this returns; then the target holds the picture, or an error says why
    // not: Unsupported, this picture cannot be taken; Closed, the device is gone; Io, the pass failed. Until
    // then the picture and the target are held here.
    virtual void convert(__CVBuffer* picture, const std::shared_ptr<Target>& target, bool bottom_up,
                         Done done) = 0;
};

// Chooses the device and compiles the kernel: 10 to 100 ms, on a worker. Unsupported: no usable GPU.
[[nodiscard]] Result<std::shared_ptr<Converter>> make_converter();

} // namespace tv::metal
