// Clipboard, primary selection, drag and drop, data control: the bytes go through pipes.
//
// `receive` requests need no handler: their descriptor is a pipe that the remote side announced. `send`
// events bring a write end of the compositor's; the remote application's bytes come to it over the channel.
#include "proxy/proxy.h"

namespace tv::proxy {
namespace {

using wayland::InterfaceId;

Status send(Proxy& proxy, Call& call) {
    TV_ASSIGN(UniqueFd write_end, take_event_fd(proxy));
    Rid rid = proxy.channel.new_rid();
    TV_TRY(proxy.rids.open_sink(rid, std::move(write_end)));
    proxy.channel.send(msg::OpenIRPipe{rid});
    ByteQueue& out = proxy.channel.event_with(rid, call.message.size());
    out.append(call.message);
    store_u32(out.recent(call.message.size()), 4,
              wayland::pack_word(call.header.size, call.header.opcode, 1));
    return {};
}

constexpr Route kRoutes[] = {
    on_event(InterfaceId::wl_data_source, "send", send),
    on_event(InterfaceId::zwp_primary_selection_source_v1, "send", send),
    on_event(InterfaceId::gtk_primary_selection_source, "send", send),
    on_event(InterfaceId::ext_data_control_source_v1, "send", send),
    on_event(InterfaceId::zwlr_data_control_source_v1, "send", send),
};

} // namespace

std::span<const Route> data_transfer_routes() {
    return kRoutes;
}

} // namespace tv::proxy
