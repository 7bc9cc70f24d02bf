// Parts of an image's linear view, written to where its rows lie in a surface.
#pragma once

#include "base/bytes.h"
#include "mirror/image_layout.h"

namespace tv::mirror {

// Bytes [offset, offset + data.size()) of the view become what `data` says; what is padding there is dropped.
// `pixels` is the whole surface, file_stride x height bytes. `opaque`: 4-byte pixels whose last byte is not
// the sender's to say; it becomes 0xff.
void write_view(MutableBytes pixels, const ImageLayout& layout, bool opaque, std::size_t offset, Bytes data);

// All bytes zero; opaque black where the last byte of each pixel is not the sender's to say.
void clear_rows(MutableBytes pixels, bool opaque);

// The first row becomes the last one.
void flip_rows(MutableBytes pixels, const ImageLayout& layout);

} // namespace tv::mirror
