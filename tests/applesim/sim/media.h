// The simulation's own view of CoreMedia's and CoreVideo's objects.
#pragma once

#include <CoreMedia/CoreMedia.h>
#include <CoreVideo/CoreVideo.h>
#include <IOSurface/IOSurfaceRef.h>

#include <memory>
#include <mutex>
#include <vector>

#include "object.h"

// NOLINTBEGIN(bugprone-reserved-identifier): Apple's tag names.
struct opaqueCMFormatDescription : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    opaqueCMFormatDescription() : Object(kType) {}
    CMVideoCodecType codec = 0;
    int width = 0, height = 0;
    std::vector<std::vector<std::uint8_t>> sets; // H.264, HEVC
    std::vector<std::uint8_t> atom;              // VP9, AV1
    bool promises_order = false;                 // its SPS says that nothing is reordered
};

struct OpaqueCMBlockBuffer : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    OpaqueCMBlockBuffer() : Object(kType) {}
    void dispose() override;
    [[nodiscard]] std::uint64_t checksum() const;
    std::uint8_t* memory = nullptr;
    std::size_t size = 0;
    bool frees = true; // false: kCFAllocatorNull
};

struct opaqueCMSampleBuffer : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    opaqueCMSampleBuffer() : Object(kType) {}
    void dispose() override;
    OpaqueCMBlockBuffer* block = nullptr;
    opaqueCMFormatDescription* format = nullptr;
};

namespace tv::sim {

// A surface's memory: bytes that the product reads only while they are locked, and that the simulation
// writes.
class Pixels {
public:
    explicit Pixels(std::size_t size);
    ~Pixels();
    Pixels(const Pixels&) = delete;
    Pixels& operator=(const Pixels&) = delete;
    void poison();
    [[nodiscard]] IOSurfaceRef surface() const { return surface_; }
    [[nodiscard]] std::uint8_t* own() const { return own_; }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::size_t size_;
    IOSurfaceRef surface_ = nullptr;
    std::uint8_t* own_ = nullptr;
};

struct PlaneGeometry {
    std::size_t width = 0; // samples; of CbCr pairs
    std::size_t height = 0;
    std::size_t offset = 0;
    std::size_t stride = 0;
    std::size_t sample_bytes = 1;
};

// A decoder's pool: what comes back is poisoned at once and used again. Buffers may outlive it.
class PixelPool {
public:
    std::shared_ptr<Pixels> take(std::size_t size);
    void give_back(std::shared_ptr<Pixels> pixels);
    [[nodiscard]] std::size_t allocated() const { return allocated_; }
    [[nodiscard]] std::size_t in_use();

private:
    std::mutex lock_;
    std::vector<std::shared_ptr<Pixels>> free_;
    std::size_t allocated_ = 0;
};

} // namespace tv::sim

struct __CVBuffer : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    __CVBuffer() : Object(kType) {}
    void dispose() override;
    OSType format = 0;
    std::size_t width = 0, height = 0;
    CGRect clean{};
    std::vector<tv::sim::PlaneGeometry> planes;
    bool in_surface = false;     // backed by an IOSurface
    bool metal_mappable = false; // with MetalCompatibility
    bool written_by_decoder = true;
    std::shared_ptr<tv::sim::Pixels> pixels;
    std::shared_ptr<tv::sim::PixelPool> pool;
    std::mutex lock;
    std::vector<CVPixelBufferLockFlags> locks;
};
// NOLINTEND(bugprone-reserved-identifier)

namespace tv::sim {

// An NV12 buffer with strides padded at random; retain count 1.
__CVBuffer* make_nv12(std::shared_ptr<PixelPool> pool, OSType format, std::size_t width, std::size_t height);

} // namespace tv::sim
