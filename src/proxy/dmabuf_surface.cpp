#include "proxy/dmabuf_surface.h"

#include <algorithm>

#include <fcntl.h>

#include "proxy/dmabuf.h"
#include "proxy/dmabuf_gate.h"
#include "proxy/foreign_file.h"
#include "proxy/image_format.h"
#include "proxy/surface_content.h"
#include "surface/store.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

using surface::kIOSurfaceModifier;

constexpr InterfaceId kParams = InterfaceId::zwp_linux_buffer_params_v1;
constexpr InterfaceId kFeedback = InterfaceId::zwp_linux_dmabuf_feedback_v1;
constexpr std::size_t kTableEntry = 16; // u32 format, u32 padding, u64 modifier
// A table of every format with a dozen modifiers is far below.
constexpr std::size_t kMaxTable = 1 * limits::kMiB;

// One of the application's binds.
struct SurfaceBind final : wayland::ObjectData {
    std::vector<std::uint32_t> told; // formats
};

// True when it is new.
bool add_format(Proxy& proxy, std::uint32_t format) {
    if (!surface_format(format) || std::ranges::count(proxy.dmabuf.formats, format) != 0) return false;
    proxy.dmabuf.formats.push_back(format);
    return true;
}

// modifier(format, high, low)
Status modifier(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    const std::uint32_t format = arguments.u();
    const std::uint64_t high = arguments.u();
    const std::uint64_t value = high << 32 | arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::Compositor, "malformed zwp_linux_dmabuf_v1.modifier");
    if ((value & kIOSurfaceModifier) == 0 || !surface_format(format)) return {};
    if (add_format(proxy, format)) log_gate_offer(proxy, format, value);
    auto* bind = data_of<SurfaceBind>(call.object);
    // The same family of modifiers may be announced more than once.
    if (bind == nullptr || std::ranges::count(bind->told, format) != 0) return {};
    bind->told.push_back(format);
    send_dmabuf_format(proxy, call.header.object, call.object->version, format);
    return {};
}

// format(format): only binds below version 3 go by it.
Status format(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    const std::uint32_t format = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::Compositor, "malformed zwp_linux_dmabuf_v1.format");
    if (!surface_format(format)) return {};
    add_format(proxy, format);
    return proxy.pass_event(call);
}

// format_table(fd, size)
Status format_table(Proxy& proxy, Call& call) {
    TV_ASSIGN(UniqueFd file, take_event_fd(proxy));
    const std::uint32_t size = call.arguments().u();
    if (size > kMaxTable)
        return fail(ErrorCategory::Compositor, "format table without end", static_cast<std::int64_t>(size));
    TV_ASSIGN(auto table, read_foreign_file(file, size));
    for (std::size_t at = 0; at + kTableEntry <= table.size(); at += kTableEntry) {
        const std::uint32_t format = load_u32(Bytes(table), at);
        const auto modifier = load_le<std::uint64_t>(Bytes(table), at + 8);
        if ((modifier & kIOSurfaceModifier) == 0) continue;
        if (add_format(proxy, format)) log_gate_offer(proxy, format, modifier);
    }
    return {};
}

// Devices, tranches and flags of the compositor's are not for the other machine.
Status swallow(Proxy&, Call&) {
    return {};
}

Status feedback_done(Proxy& proxy, Call& call) {
    log_gate(proxy, "feedback");
    return send_dmabuf_feedback(proxy, call.header.object);
}

// created(buffer): the id is the compositor's, and the same on the other side.
Status created(Proxy& proxy, Call& call) {
    const std::uint32_t buffer_id = call.arguments().u();
    auto* params = data_of<ParamsData>(call.object);
    auto image = params != nullptr ? std::move(params->awaited) : nullptr;
    TV_TRY(proxy.pass_event(call));
    wayland::Object* buffer = proxy.objects.find(buffer_id);
    if (buffer == nullptr || !image) return {};
    log_gate(proxy, "import", *image);
    attach_image(*buffer, std::move(image)).import_told = true;
    return {};
}

// The compositor refuses what we have checked. With create_immed it may even end the connection.
Status failed(Proxy& proxy, Call& call) {
    auto* params = data_of<ParamsData>(call.object);
    if (params != nullptr && params->asked) {
        const AskedSurface& asked = *params->asked;
        proxy.log.warning("the compositor refuses an IOSurface: id {}, {}x{}, stride {}, format {:#x}, "
                          "modifier {:#018x}; the next application gets no dmabufs",
                          asked.id, asked.width, asked.height, asked.stride, asked.format,
                          kIOSurfaceModifier | asked.id);
        params->asked.reset();
        params->awaited.reset();
        if (proxy.config.surfaces_refused) proxy.config.surfaces_refused();
    }
    return proxy.pass_event(call);
}

// Every descriptor is as good as another: the compositor closes it unread.
Status attach_null_file(Proxy& proxy) {
    if (!proxy.dmabuf.null_file.valid()) {
        proxy.dmabuf.null_file = UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!proxy.dmabuf.null_file.valid()) return fail_errno("open of /dev/null");
    }
    TV_ASSIGN(UniqueFd copy, proxy.dmabuf.null_file.duplicate());
    proxy.requests.attach_fd(std::move(copy));
    return {};
}

Status add_plane(Proxy& proxy, std::uint32_t params, const surface::Surface& surface) {
    TV_TRY(attach_null_file(proxy));
    MessageBuilder(proxy.requests.bytes(), params, request_opcode(kParams, "add"))
        .u(0)
        .u(0)
        .u(static_cast<std::uint32_t>(surface.stride()))
        .u(static_cast<std::uint32_t>(kIOSurfaceModifier >> 32))
        .u(surface.id());
    return {};
}

// Opaque black, so that the application's other requests still make sense.
Result<std::shared_ptr<mirror::Replica>> black_image(Proxy& proxy, const BufferRequest& request) {
    msg::Slice slice;
    slice.width = static_cast<std::uint32_t>(request.width);
    slice.height = static_cast<std::uint32_t>(request.height);
    slice.format = kXrgb8888;
    slice.strides[0] = slice.width * 4;
    TV_ASSIGN(mirror::ImageLayout layout, image_layout(slice));
    TV_ASSIGN(auto published, publish_image(proxy, layout));
    if (!published) return nullptr;
    return mirror::Replica::create_image(proxy.mirror, 0, layout, std::move(published));
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::zwp_linux_dmabuf_v1, "modifier", modifier),
    on_event(InterfaceId::zwp_linux_dmabuf_v1, "format", format),
    on_event(kFeedback, "format_table", format_table),
    on_event(kFeedback, "main_device", swallow),
    on_event(kFeedback, "tranche_target_device", swallow),
    on_event(kFeedback, "tranche_flags", swallow),
    on_event(kFeedback, "tranche_formats", swallow),
    on_event(kFeedback, "tranche_done", swallow),
    on_event(kFeedback, "done", feedback_done),
    on_event(kParams, "created", created),
    on_event(kParams, "failed", failed),
};

} // namespace

bool surface_format(std::uint32_t drm_format) {
    return drm_format == kArgb8888 || drm_format == kXrgb8888;
}

Result<std::shared_ptr<surface::Published>> publish_image(Proxy& proxy, mirror::ImageLayout& layout) {
    if (proxy.config.surfaces == nullptr || !surface_format(layout.format)) return nullptr;
    auto surface = proxy.config.surfaces->create(layout.width, layout.height);
    if (!surface && surface.error().category == ErrorCategory::Limit) return std::unexpected(surface.error());
    if (!surface) {
        proxy.log.warning("no surface of {}x{}: {}", layout.width, layout.height, describe(surface.error()));
        return nullptr;
    }
    layout.file_stride = (*surface)->stride();
    auto published = std::make_shared<surface::Published>();
    published->surface = std::move(*surface);
    return published;
}

Status bind_surface_dmabuf(Proxy& proxy, Call& call, std::uint32_t version, std::uint32_t id) {
    TV_ASSIGN(auto* object,
              proxy.new_object(id, InterfaceId::zwp_linux_dmabuf_v1, static_cast<std::uint8_t>(version)));
    object->data = std::make_unique<SurfaceBind>();
    proxy.dmabuf.bound = true;
    log_gate(proxy, "bind");
    proxy.append_request(call);
    return {};
}

Status create_surface_params(Proxy& proxy, Call& call, std::uint32_t id) {
    TV_ASSIGN(auto* object, proxy.new_object(id, kParams, call.object->version));
    object->data = std::make_unique<ParamsData>();
    proxy.append_request(call);
    return {};
}

Status create_surface_buffer(Proxy& proxy, Call& call, ParamsData& params, const BufferRequest& request,
                             std::uint32_t buffer_id) {
    const std::uint32_t id = call.header.object;
    auto image = showable_image(proxy, params, request);
    const bool taken = image != nullptr;
    params.planes = {};
    if (!image && buffer_id == 0) {
        send_params_failed(proxy, id);
        return {};
    }
    if (!image) {
        proxy.log.warning("a buffer of {}x{} pixels in format {:#x} cannot be shown; it stays black",
                          request.width, request.height, request.format);
        send_params_failed(proxy, id);
        TV_ASSIGN(image, black_image(proxy, request));
    }
    // What it would refuse must not reach the compositor: a refused create_immed can bring it down.
    const bool fit = image && image->published() && image->published()->surface->check();
    if (!fit && buffer_id == 0) {
        send_params_failed(proxy, id);
        return {};
    }
    if (!fit) return proxy.protocol_error(id, kInvalidBuffer, "no IOSurface can be made for this buffer");
    if (taken) TV_TRY(image->show((request.flags & kFlagYInvert) != 0));

    const mirror::ImageLayout& layout = *image->image();
    const surface::Surface& surface = *image->published()->surface;
    log_gate(proxy, "add_plane", *image);
    log_gate(proxy, buffer_id != 0 ? "create_immed" : "create", *image);
    TV_TRY(add_plane(proxy, id, surface));
    params.asked = AskedSurface{surface.id(), layout.width, layout.height, layout.format, surface.stride()};
    if (buffer_id == 0) {
        params.awaited = image;
        MessageBuilder(proxy.requests.bytes(), id, request_opcode(kParams, "create"))
            .u(layout.width)
            .u(layout.height)
            .u(layout.format)
            .u(0);
        return {};
    }
    TV_ASSIGN(auto* buffer, proxy.new_object(buffer_id, InterfaceId::wl_buffer, 1));
    MessageBuilder(proxy.requests.bytes(), id, request_opcode(kParams, "create_immed"))
        .u(buffer_id)
        .u(layout.width)
        .u(layout.height)
        .u(layout.format)
        .u(0);
    attach_image(*buffer, std::move(image));
    return {};
}

std::span<const Route> dmabuf_surface_routes() {
    return kRoutes;
}

} // namespace tv::proxy
