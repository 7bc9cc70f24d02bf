#include "proxy/stand_in.h"

#include <algorithm>

#include "proxy/buffers.h"

namespace tv::proxy {

using wayland::Holder;
using wayland::InterfaceId;
using wayland::Object;

namespace {

void put_callback(Proxy& proxy, std::uint32_t id) {
    wayland::MessageBuilder(proxy.requests.bytes(), wayland::kDisplayId,
                            wayland::request_opcode(InterfaceId::wl_display, "sync"))
        .u(id);
    ++proxy.objects.find(id)->backings;
}

} // namespace

Result<Object*> reserve_stand_in(Proxy& proxy, std::uint32_t id, InterfaceId interface,
                                 std::uint8_t version) {
    TV_ASSIGN(Object * object, proxy.new_object(id, interface, version));
    object->holder = Holder::StandIn;
    proxy.stand_ins.reserved = id;
    return object;
}

Result<Object*> make_stand_in(Proxy& proxy, std::uint32_t id, InterfaceId interface, std::uint8_t version) {
    TV_ASSIGN(Object * object, reserve_stand_in(proxy, id, interface, version));
    fill_reserved(proxy);
    return object;
}

void fill_reserved(Proxy& proxy) {
    if (std::uint32_t id = std::exchange(proxy.stand_ins.reserved, 0); id != 0) put_callback(proxy, id);
}

void reuse_stand_in(Proxy& proxy, std::uint32_t id) {
    Object* object = proxy.objects.find(id);
    if (proxy.stand_ins.reserved == id) {
        proxy.stand_ins.reserved = 0;
    } else if (object->backings != 0) {
        auto free = std::make_shared<bool>(false);
        proxy.stand_ins.awaited.push_back({id, free});
        proxy.requests.gate_until(std::move(free));
    }
    ++object->backings;
}

Status retire_stand_in(Proxy& proxy, Call& call) {
    if (!call.description->destructor) return {};
    std::uint32_t id = call.header.object;
    if (proxy.stand_ins.reserved == id) proxy.stand_ins.reserved = 0; // the compositor never heard of it
    if (call.object->backings == 0) {
        proxy.objects.remove(id);
        proxy.send_delete_id(id);
    } else {
        proxy.objects.destroy(id);
    }
    return {};
}

Status backing_event(Proxy& proxy, Object& object, const wayland::Header& header, Bytes message) {
    auto* data = data_of<BackingData>(&object);
    return data != nullptr ? data->backing_event(proxy, header, message) : Status{};
}

bool swallow_delete_id(Proxy& proxy, std::uint32_t id) {
    Object* object = proxy.objects.find(id);
    if (object == nullptr || object->holder == Holder::Theirs) return false;
    auto& awaited = proxy.stand_ins.awaited;
    auto waiting = std::ranges::find(awaited, id, &StandIns::Awaited::id);
    if (waiting != awaited.end()) {
        *waiting->free = true;
        awaited.erase(waiting);
    }
    if (object->backings > 0) --object->backings;
    // Once the application has destroyed it, the last of them frees the id at both ends.
    return !(object->zombie && object->backings == 0);
}

} // namespace tv::proxy
