// zwp_linux_dmabuf_v1 on compositors that show surfaces (surface/surface.h): IOSurfaces by their IDs.
//
// Here the objects are the compositor's own, one for each of the application's. What it says of formats is
// translated: it has a modifier of its own, whose low bits are a surface's ID; the application sees
// DRM_FORMAT_MOD_LINEAR and _INVALID. And what the application says of planes is replaced: the plane is the
// surface that its image lives in, named by modifier, beside a descriptor that nobody reads.
#pragma once

#include "proxy/dmabuf_params.h"

namespace tv::proxy {

// Whether an image of that format can live in a surface: the two that compositors take.
[[nodiscard]] bool surface_format(std::uint32_t drm_format);

// A surface for an image, which gets its stride; null when the system gives none that the compositor would
// take.
[[nodiscard]] Result<std::shared_ptr<surface::Published>> publish_image(Proxy& proxy,
                                                                        mirror::ImageLayout& layout);

// A bind of the compositor's global; the arguments have been checked.
[[nodiscard]] Status bind_surface_dmabuf(Proxy& proxy, Call& call, std::uint32_t version, std::uint32_t id);
[[nodiscard]] Status create_surface_params(Proxy& proxy, Call& call, std::uint32_t id);
// `create` (buffer_id 0) or `create_immed`; the request was checked. Uses the planes up.
[[nodiscard]] Status create_surface_buffer(Proxy& proxy, Call& call, ParamsData& params,
                                           const BufferRequest& request, std::uint32_t buffer_id);

} // namespace tv::proxy
