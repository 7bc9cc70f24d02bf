// What the families remember about pools, buffers and surfaces.
#pragma once

#include <memory>

#include "mirror/replica.h"
#include "wayland/object_table.h"

namespace tv::proxy {

struct PoolData final : wayland::ObjectData {
    std::shared_ptr<mirror::Replica> file; // outlives the pool in its buffers
};

// A wl_buffer whose pixels are replicated.
struct BufferData final : wayland::ObjectData {
    std::shared_ptr<mirror::Replica> file;
    std::size_t offset = 0; // of the pixels in the file
    std::size_t length = 0; // stride x height
    bool counted = false;   // among the bytes written or shown

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
};

// nullptr when the object has no such data (another interface, destroyed, untracked).
template <typename Data>
[[nodiscard]] Data* data_of(wayland::Object* object) {
    return object != nullptr ? dynamic_cast<Data*>(object->data.get()) : nullptr;
}

} // namespace tv::proxy
