// Windows: title prefix, icons.
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

Status set_title(Proxy& proxy, Call& call) {
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
    on_request(InterfaceId::xdg_toplevel, "set_title", set_title),
    on_request(InterfaceId::xdg_toplevel_icon_v1, "add_buffer", add_buffer),
};

} // namespace

std::span<const Route> toplevel_routes() {
    return kRoutes;
}

} // namespace tv::proxy
