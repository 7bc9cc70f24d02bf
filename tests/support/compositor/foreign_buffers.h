// wl_buffers that are not wl_shm's: whoever makes them reads them. All on the compositor's thread.
#pragma once

#include <memory>

#include <wayland-server-core.h>

#include "picture.h"

namespace tv::test {

class Core;
struct Surface;

class ForeignBuffers {
public:
    virtual ~ForeignBuffers() = default;
    virtual void add_globals(Core& core) = 0;
    // A copy of the pixels as they are now; null: not one of these buffers.
    [[nodiscard]] virtual std::shared_ptr<const Picture> read(wl_resource* buffer) = 0;
    // The surface shows this buffer from now on (null: none, or not one of these).
    virtual void shown(Surface& surface, wl_resource* buffer) = 0;
    // The buffer's release goes out.
    virtual void released(wl_resource* buffer) = 0;
    virtual void surface_gone(Surface& surface) = 0;
};

} // namespace tv::test
