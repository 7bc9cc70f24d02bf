// What the families remember about pools, buffers and surfaces.
#pragma once

#include <memory>

#include "mirror/replica.h"
#include "proxy/frame_watch.h"
#include "proxy/surface_content.h"
#include "wayland/object_table.h"

namespace tv::proxy {

class Proxy;

struct PoolData final : wayland::ObjectData {
    std::shared_ptr<mirror::Replica> file; // outlives the pool in its buffers
};

// A wl_buffer whose pixels are replicated.
struct BufferData final : wayland::ObjectData {
    std::shared_ptr<mirror::Replica> file;
    std::size_t offset = 0; // of the pixels in the file
    std::size_t length = 0; // stride x height
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool counted = false;           // among the bytes written or shown
    std::shared_ptr<BufferUse> use; // null: its pixels are in a file

    // Call before the compositor may read the pixels.
    [[nodiscard]] Status count_shown() {
        if (!counted && file) TV_TRY(file->note_written(offset, length));
        counted = true;
        return {};
    }
};

struct SurfaceData final : wayland::ObjectData {
    std::weak_ptr<mirror::Replica>
        attached; // of the last attach; a destroyed buffer's file is not kept for it
    // With surfaces only: what it shows, and what the last attach since the last commit named.
    std::shared_ptr<SurfaceContent> content;
    std::vector<std::shared_ptr<ShowAction>> actions; // of its commits in the queue, and those to use again
    std::shared_ptr<BufferUse> next;
    bool attach_pending = false;
    // With statistics only.
    std::shared_ptr<SurfaceName> name;
    std::uint32_t width = 0; // of the buffer
    std::uint32_t height = 0;
    bool fresh = false; // attached since the last commit
};

// xdg_surface and xdg_toplevel, with statistics only.
struct RoleData final : wayland::ObjectData {
    std::shared_ptr<SurfaceName> surface;
};

// nullptr: no such surface, or nobody wants statistics.
[[nodiscard]] std::shared_ptr<SurfaceName> surface_name(Proxy& proxy, std::uint32_t id);

// nullptr when the object has no such data (another interface, destroyed, untracked).
template <typename Data>
[[nodiscard]] Data* data_of(wayland::Object* object) {
    return object != nullptr ? dynamic_cast<Data*>(object->data.get()) : nullptr;
}

} // namespace tv::proxy
