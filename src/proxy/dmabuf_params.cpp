// zwp_linux_buffer_params_v1: buffers made of images. Everything is judged here before the compositor hears
// of it, because one request that it refuses would end the application's connection.
#include "proxy/dmabuf_params.h"

#include <algorithm>

#include "proxy/dmabuf.h"
#include "proxy/dmabuf_surface.h"
#include "proxy/image_format.h"

namespace tv::proxy {
namespace {

using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

constexpr InterfaceId kParams = InterfaceId::zwp_linux_buffer_params_v1;

Status create_params(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::PeerViolation, "malformed create_params");
    std::uint8_t version = call.object->version;
    if (proxy.dmabuf.real) return create_surface_params(proxy, call, id);
    TV_ASSIGN(auto* object, reserve_stand_in(proxy, id, kParams, version));
    object->data = std::make_unique<ParamsData>();
    return {};
}

// add(fd, plane_idx, offset, stride, modifier_hi, modifier_lo). C peers tell the application's own numbers;
// only the image's slice counts.
Status add(Proxy& proxy, Call& call) {
    TV_ASSIGN(auto handed, proxy.take_injected());
    auto arguments = call.arguments();
    std::uint32_t index = arguments.u();
    std::uint32_t offset = arguments.u();
    std::uint32_t stride = arguments.u();
    auto* params = data_of<ParamsData>(call.object);
    if (!arguments.ok() || params == nullptr)
        return fail(ErrorCategory::PeerViolation, "malformed params.add");
    if (!handed.file || handed.file->image() == nullptr)
        return fail(ErrorCategory::PeerViolation, "dmabuf plane that is not an image");
    std::uint32_t id = call.header.object;
    if (params->used) return proxy.protocol_error(id, kAlreadyUsed, "params were used already");
    if (index >= kMaxPlanes) return proxy.protocol_error(id, kPlaneIndex, "plane index out of range");
    if (params->set[index]) return proxy.protocol_error(id, kPlaneSet, "plane set twice");
    params->set.set(index);
    params->planes[index] = {std::move(handed.file), offset, stride};
    return {};
}

// create_pool, create_buffer and the pool's destruction under the id of the params.
Status make_buffer(Proxy& proxy, std::uint32_t params_id, std::uint32_t buffer_id,
                   std::shared_ptr<mirror::Replica> image, std::uint32_t format) {
    const mirror::ImageLayout layout = *image->image();
    reuse_stand_in(proxy, params_id);
    TV_ASSIGN(auto* buffer, proxy.new_object(buffer_id, InterfaceId::wl_buffer, 1));
    ByteQueue& out = proxy.requests.bytes();
    TV_TRY(proxy.attach_file(*image));
    MessageBuilder(out, proxy.dmabuf.shm, request_opcode(InterfaceId::wl_shm, "create_pool"))
        .u(params_id)
        .u(static_cast<std::uint32_t>(layout.file_size()));
    MessageBuilder(out, params_id, request_opcode(InterfaceId::wl_shm_pool, "create_buffer"))
        .u(buffer_id)
        .u(0)
        .u(layout.width)
        .u(layout.height)
        .u(static_cast<std::uint32_t>(layout.file_stride))
        .u(shm_from_drm(format));
    const MessageBuilder destroy_pool(out, params_id, request_opcode(InterfaceId::wl_shm_pool, "destroy"));
    auto data = std::make_unique<BufferData>();
    data->file = std::move(image);
    data->length = layout.file_size();
    data->width = layout.width;
    data->height = layout.height;
    buffer->data = std::move(data);
    return {};
}

// Opaque black of the size that was asked for, so that the application's other requests still make sense.
Status make_black_buffer(Proxy& proxy, std::uint32_t params_id, std::uint32_t buffer_id,
                         const BufferRequest& request) {
    msg::Slice slice;
    slice.width = static_cast<std::uint32_t>(request.width);
    slice.height = static_cast<std::uint32_t>(request.height);
    slice.format = kXrgb8888;
    slice.strides[0] = slice.width * 4;
    TV_ASSIGN(mirror::ImageLayout layout, image_layout(slice));
    TV_ASSIGN(auto image, mirror::Replica::create_image(proxy.mirror, 0, layout));
    return make_buffer(proxy, params_id, buffer_id, std::move(image), kXrgb8888);
}

Status create_immed(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t buffer_id = arguments.u();
    TV_ASSIGN(BufferRequest request, read_buffer_request(arguments));
    std::uint32_t id = call.header.object;
    auto* params = data_of<ParamsData>(call.object);
    if (params == nullptr) return fail(ErrorCategory::PeerViolation, "create_immed on destroyed params", id);
    TV_TRY(check_buffer_request(proxy, id, *params, request));
    params->used = true;
    if (proxy.dmabuf.real) return create_surface_buffer(proxy, call, *params, request, buffer_id);
    auto image = showable_image(proxy, *params, request);
    params->planes = {};
    if (!image) {
        proxy.log.warning("a buffer of {}x{} pixels in format {:#x} cannot be shown; it stays black",
                          request.width, request.height, request.format);
        send_params_failed(proxy, id);
        return make_black_buffer(proxy, id, buffer_id, request);
    }
    TV_TRY(image->show((request.flags & kFlagYInvert) != 0));
    return make_buffer(proxy, id, buffer_id, std::move(image), request.format);
}

// The buffer's id would be the compositor's to give: an id in its range cannot be made up here.
Status create(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    TV_ASSIGN(BufferRequest request, read_buffer_request(arguments));
    auto* params = data_of<ParamsData>(call.object);
    if (params == nullptr) return fail(ErrorCategory::PeerViolation, "create on destroyed params");
    TV_TRY(check_buffer_request(proxy, call.header.object, *params, request));
    params->used = true;
    if (proxy.dmabuf.real) return create_surface_buffer(proxy, call, *params, request, 0);
    params->planes = {};
    send_params_failed(proxy, call.header.object);
    return {};
}

// The compositor's `failed` may still be on its way: most applications destroy their params right after
// create_immed.
Status destroy(Proxy& proxy, Call& call) {
    if (!proxy.dmabuf.real) return retire_stand_in(proxy, call);
    auto* params = data_of<ParamsData>(call.object);
    if (params == nullptr || !params->asked) return proxy.pass_request(call);
    params->awaited.reset();
    auto kept = std::move(call.object->data);
    TV_TRY(proxy.pass_request(call));
    call.object->data = std::move(kept); // until delete_id
    return {};
}

constexpr Route kRoutes[] = {
    on_request(InterfaceId::zwp_linux_dmabuf_v1, "create_params", create_params),
    on_request(kParams, "add", add),
    on_request(kParams, "create", create),
    on_request(kParams, "create_immed", create_immed),
    on_request(kParams, "destroy", destroy),
};

} // namespace

Proxy::BlamedObject blame_stand_in(std::uint32_t id, InterfaceId interface, std::uint32_t shm_error) {
    if (interface != kParams) return {};
    constexpr std::uint32_t kShmInvalidFormat = 0, kShmInvalidStride = 1; // wl_shm.error, a pool's as well
    if (shm_error == kShmInvalidFormat) return {id, kInvalidFormat};
    return {id, shm_error == kShmInvalidStride ? kOutOfBounds : kInvalidBuffer};
}

Status check_buffer_request(Proxy& proxy, std::uint32_t id, const ParamsData& params,
                            const BufferRequest& request) {
    if (params.used) return proxy.protocol_error(id, kAlreadyUsed, "params were used already");
    std::size_t planes = params.set.count();
    if (planes == 0 || !params.set[planes - 1] || !params.set[0])
        return proxy.protocol_error(id, kIncomplete, "planes are missing");
    if (request.width <= 0 || request.height <= 0)
        return proxy.protocol_error(id, kInvalidDimensions, "buffer without pixels");
    for (std::size_t i = 0; i < planes; ++i) {
        std::uint64_t end =
            std::uint64_t{params.planes[i].stride} * static_cast<std::uint32_t>(request.height);
        if (params.planes[i].offset + end > UINT32_MAX)
            return proxy.protocol_error(id, kOutOfBounds, "plane beyond 4 GiB");
    }
    return {};
}

std::shared_ptr<mirror::Replica> showable_image(const Proxy& proxy, const ParamsData& params,
                                                const BufferRequest& request) {
    if (params.set.count() != 1 || (request.flags & ~kFlagYInvert) != 0) return nullptr;
    auto image = params.planes[0].image;
    const mirror::ImageLayout& layout = *image->image();
    bool same = layout.width == static_cast<std::uint32_t>(request.width) &&
                layout.height == static_cast<std::uint32_t>(request.height) &&
                layout.format == request.format;
    bool offered = std::ranges::count(proxy.dmabuf.formats, request.format) != 0;
    return same && offered ? image : nullptr;
}

void send_params_failed(Proxy& proxy, std::uint32_t id) {
    MessageBuilder(proxy.channel.event(wayland::kHeaderSize), id, event_opcode(kParams, "failed"));
}

Result<BufferRequest> read_buffer_request(wayland::ArgumentReader& arguments) {
    BufferRequest request{arguments.i(), arguments.i(), arguments.u(), arguments.u()};
    if (!arguments.ok() || arguments.remaining() != 0)
        return fail(ErrorCategory::PeerViolation, "malformed dmabuf create request");
    return request;
}

std::span<const Route> dmabuf_params_routes() {
    return kRoutes;
}

} // namespace tv::proxy
