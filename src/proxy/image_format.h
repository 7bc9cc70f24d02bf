// The pixel formats that a remote dmabuf may have here.
#pragma once

#include <cstdint>
#include <optional>

#include "base/fourcc.h"
#include "base/result.h"
#include "channel/messages.h"
#include "mirror/replica.h"

namespace tv::proxy {

inline constexpr std::uint32_t kArgb8888 = fourcc("AR24");
inline constexpr std::uint32_t kXrgb8888 = fourcc("XR24");

// Bytes per pixel of the single-plane formats that waypipe peers replicate; nullopt for all others.
[[nodiscard]] std::optional<std::uint32_t> bytes_per_pixel(std::uint32_t drm_format);

// wl_shm numbers two formats in its own way and the rest like DRM.
[[nodiscard]] std::uint32_t drm_from_shm(std::uint32_t shm_format);
[[nodiscard]] std::uint32_t shm_from_drm(std::uint32_t drm_format);

// Where the pixels of the image that `slice` describes will be. PeerViolation when the numbers contradict
// each other, Limit beyond limits::kMaxImageSide. A format that we do not know gets a layout of the slice's
// stride: its updates are taken, it is never shown.
[[nodiscard]] Result<mirror::ImageLayout> image_layout(const msg::Slice& slice);

} // namespace tv::proxy
