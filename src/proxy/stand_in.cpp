#include "proxy/stand_in.h"

namespace tv::proxy {

using wayland::Holder;
using wayland::InterfaceId;
using wayland::Object;

Status make_stand_in(Proxy& proxy, std::uint32_t id, InterfaceId interface, std::uint8_t version) {
    TV_ASSIGN(Object * object, proxy.objects.create_client(id, interface, version));
    object->holder = Holder::StandIn;
    wayland::MessageBuilder(proxy.requests.bytes(), wayland::kDisplayId,
                            wayland::request_opcode(InterfaceId::wl_display, "sync"))
        .u(id);
    return {};
}

Status retire_stand_in(Proxy& proxy, Call& call) {
    if (!call.description->destructor) return {};
    if (call.object->backing_gone) {
        proxy.objects.remove(call.header.object);
        proxy.send_delete_id(call.header.object);
    } else {
        proxy.objects.destroy(call.header.object);
    }
    return {};
}

bool swallow_delete_id(Proxy& proxy, std::uint32_t id) {
    Object* object = proxy.objects.find(id);
    if (object == nullptr || object->holder == Holder::Theirs) return false;
    if (!object->zombie) {
        object->backing_gone = true;
        return true;
    }
    return false; // the application has destroyed it: now the id is free at both ends
}

} // namespace tv::proxy
