// What the Metal tests stand on: pictures as a decoder gives them, in memory that it takes back.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <CoreVideo/CoreVideo.h>

#include "base/log.h"
#include "surface/iosurface/surface.h"
#include "video/decoder.h"
#include "video/executor.h"

namespace tv::test {

// NV12 in an IOSurface behind a CVPixelBuffer, with a picture that depends on the seed.
class PixelBuffer {
public:
    PixelBuffer(video::Size size, unsigned seed);
    // In memory of a pool's.
    PixelBuffer(video::Size size, unsigned seed, CVPixelBufferRef pooled);
    ~PixelBuffer();
    PixelBuffer(const PixelBuffer&) = delete;
    PixelBuffer& operator=(const PixelBuffer&) = delete;

    [[nodiscard]] video::Picture picture() const;
    [[nodiscard]] video::Picture planar() const; // the same without `native`
    // BGRA rows without padding, by the CPU's conversion of what the picture was at first.
    [[nodiscard]] std::vector<std::uint8_t> expected(video::Size size, bool bottom_up) const;

private:
    void fill(unsigned seed);
    video::Size size_;
    CVPixelBufferRef buffer_;
    std::vector<std::uint8_t> luma_, chroma_;
};

// A decoder's pool of one buffer.
class Pool {
public:
    explicit Pool(video::Size size);
    ~Pool();
    std::unique_ptr<PixelBuffer> take(unsigned seed);
    // Overwrites what nobody else holds; how many those are.
    std::size_t poison_free();

private:
    video::Size size_;
    CVPixelBufferRef buffer_;
};

// The surface's rows without padding.
std::vector<std::uint8_t> shown(surface::IOSurface& surface);

// Runs what was posted when asked to.
class QueuedExecutor final : public video::Executor {
public:
    Status post(video::Task task) override;
    void give_up_worker(std::thread::id) override {}
    void run();

private:
    std::mutex mutex_;
    std::deque<video::Task> tasks_;
};

class KeptLog {
public:
    Log log();

private:
    std::mutex mutex_;
    std::string text_;
};

} // namespace tv::test
