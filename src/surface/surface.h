// The seam to memory that a compositor shows without copying it: one surface for each remote buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace tv::surface {

// Rows of 4-byte pixels, blue first in memory, at a fixed place that the compositor knows by `id`. Its
// geometry never changes. The compositor may go on showing it for as long as in_use() says so, whoever else
// still holds this object.
class Surface {
public:
    virtual ~Surface() = default;

    // Not 0. Names the surface system-wide while it lives.
    [[nodiscard]] virtual std::uint32_t id() const = 0;
    [[nodiscard]] virtual std::size_t stride() const = 0; // bytes from row to row
    // Whether everything that the compositor is going to check is as it was asked for.
    [[nodiscard]] virtual Status check() const = 0;
    // Any process shows it or is about to. Any thread.
    [[nodiscard]] virtual bool in_use() const = 0;

    // The pixels for the CPU, stride() x height bytes, until end_write(). One writer at a time, any thread.
    [[nodiscard]] virtual Result<MutableBytes> begin_write() = 0;
    virtual void end_write() = 0;
};

// begin_write() and end_write() as a scope. The surface outlives it.
class Writing {
public:
    [[nodiscard]] static Result<Writing> begin(Surface& surface) {
        TV_ASSIGN(MutableBytes bytes, surface.begin_write());
        return Writing(surface, bytes);
    }
    Writing(Writing&& other) noexcept
        : surface_(std::exchange(other.surface_, nullptr)), bytes_(other.bytes_) {}
    Writing& operator=(Writing&&) = delete;
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() {
        if (surface_ != nullptr) surface_->end_write();
    }
    [[nodiscard]] MutableBytes bytes() const { return bytes_; }

private:
    Writing(Surface& surface, MutableBytes bytes) : surface_(&surface), bytes_(bytes) {}
    Surface* surface_;
    MutableBytes bytes_;
};

struct StoreCounts {
    std::uint64_t created = 0;  // made by the system
    std::uint64_t recycled = 0; // taken from the free list instead
    std::size_t live = 0;       // in somebody's hands
    std::size_t free = 0;       // on the free list
    std::size_t bytes = 0;      // of all of them
};

// Where surfaces come from. Thread-safe; the surfaces outlive it if need be.
class SurfaceStore {
public:
    virtual ~SurfaceStore() = default;
    // A surface of exactly that size, all bytes zero, checked. Limit beyond limits::kMaxImageSide or
    // kMaxSurfaceBytes; Unsupported when the system gives none that the compositor would take.
    [[nodiscard]] virtual Result<std::shared_ptr<Surface>> create(std::uint32_t width,
                                                                  std::uint32_t height) = 0;
    // Lets go of what has been on the free list for long enough. When to call again; nullopt: nothing waits.
    // `now`: Clock::steady().
    virtual std::optional<std::int64_t> service(std::int64_t now) = 0;
    // Lets go of everything on the free list.
    virtual void release_free() = 0;
    [[nodiscard]] virtual StoreCounts counts() const = 0;
};

} // namespace tv::surface
