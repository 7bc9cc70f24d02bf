// Windows: names, title prefix, icons.
#include "proxy/buffers.h"
#include "proxy/proxy.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

// Cuts at a character's border: what is cut off a title of 4 KiB is not to be seen anyway.
std::string_view shortened(std::string_view utf8, std::size_t most) {
    if (utf8.size() <= most) return utf8;
    while (most > 0 && (static_cast<unsigned char>(utf8[most]) & 0xc0) == 0x80) --most;
    return utf8.substr(0, most);
}

// What statistics keep of a title or app id.
constexpr std::size_t kNameRoom = 80;

// get_xdg_surface(id, surface), get_toplevel(id): the role knows its surface, so that titles find it.
Status pass_role(Proxy& proxy, Call& call, std::uint32_t id, std::shared_ptr<SurfaceName> surface) {
    TV_TRY(proxy.pass_request(call));
    wayland::Object* role = surface ? proxy.objects.find(id) : nullptr;
    if (role == nullptr) return {};
    auto data = std::make_unique<RoleData>();
    data->surface = std::move(surface);
    role->data = std::move(data);
    return {};
}

Status get_xdg_surface(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    return pass_role(proxy, call, id, surface_name(proxy, arguments.u()));
}

Status get_toplevel(Proxy& proxy, Call& call) {
    auto* data = data_of<RoleData>(call.object);
    return pass_role(proxy, call, call.arguments().u(), data != nullptr ? data->surface : nullptr);
}

void note_name(Proxy& proxy, Call& call, std::string SurfaceName::* name) {
    auto* data = data_of<RoleData>(call.object);
    if (data == nullptr) return;
    auto arguments = call.arguments();
    auto text = arguments.s();
    if (!arguments.ok() || !text) return;
    (*data->surface).*name = shortened(*text, kNameRoom);
    if (proxy.config.frame_watch != nullptr) proxy.config.frame_watch->named(*data->surface);
}

Status set_app_id(Proxy& proxy, Call& call) {
    note_name(proxy, call, &SurfaceName::app_id);
    return proxy.pass_request(call);
}

Status set_title(Proxy& proxy, Call& call) {
    note_name(proxy, call, &SurfaceName::title);
    const std::string& prefix = proxy.config.title_prefix;
    if (prefix.empty()) return proxy.pass_request(call);
    auto arguments = call.arguments();
    auto title = arguments.s();
    if (!arguments.ok() || !title)
        return fail(ErrorCategory::PeerViolation, "malformed xdg_toplevel.set_title");
    constexpr std::size_t kRoom = limits::kMaxWaylandMessage - wayland::kHeaderSize - 4 - 4;
    wayland::MessageBuilder(proxy.requests.bytes(), call.header.object, call.header.opcode)
        .s(std::string(shortened(prefix + std::string(*title), kRoom)));
    return {};
}

// The icon's pixels are sent for it alone.
Status add_buffer(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    if (auto* buffer = data_of<BufferData>(proxy.objects.find(arguments.u()));
        buffer != nullptr && buffer->file) {
        TV_TRY(buffer->count_shown());
        proxy.requests.gate(buffer->file, true);
    }
    return proxy.pass_request(call);
}

constexpr Route kRoutes[] = {
    on_request(InterfaceId::xdg_wm_base, "get_xdg_surface", get_xdg_surface),
    on_request(InterfaceId::xdg_surface, "get_toplevel", get_toplevel),
    on_request(InterfaceId::xdg_toplevel, "set_title", set_title),
    on_request(InterfaceId::xdg_toplevel, "set_app_id", set_app_id),
    on_request(InterfaceId::xdg_toplevel_icon_v1, "add_buffer", add_buffer),
};

} // namespace

std::span<const Route> toplevel_routes() {
    return kRoutes;
}

} // namespace tv::proxy
