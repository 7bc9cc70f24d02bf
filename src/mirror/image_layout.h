// How the pixels of an image lie in its linear view and in what the compositor maps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tv::mirror {

struct ImageLayout {
    std::uint32_t width = 0; // pixels
    std::uint32_t height = 0;
    std::uint32_t format = 0;    // DRM fourcc
    std::size_t row_bytes = 0;   // width x bytes per pixel
    std::size_t view_stride = 0; // of the linear view, at least row_bytes
    std::size_t file_stride = 0; // of what the compositor maps, at least row_bytes
    bool flipped = false;        // the view's first row is the file's last

    [[nodiscard]] bool same() const { return view_stride == file_stride && !flipped; }
    [[nodiscard]] std::size_t view_size() const { return view_stride * height; }
    [[nodiscard]] std::size_t file_size() const { return file_stride * height; }
};

} // namespace tv::mirror
