#include "wayland/object_table.h"

#include "base/limits.h"

namespace tv::wayland {

ObjectTable::ObjectTable() : client_(kDisplayId + 1) {
    client_[kDisplayId].interface = InterfaceId::wl_display;
    client_[kDisplayId].version = 1;
    live_ = 1;
}

Object* ObjectTable::find(std::uint32_t id) {
    auto& range = id >= kServerIdBase ? server_ : client_;
    std::size_t index = id >= kServerIdBase ? id - kServerIdBase : id;
    if (index >= range.size() || !range[index].exists()) return nullptr;
    return &range[index];
}

Result<Object*> ObjectTable::create_client(std::uint32_t id, InterfaceId interface, std::uint8_t version) {
    if (id == 0 || id >= kServerIdBase)
        return fail(ErrorCategory::PeerViolation, "new object id outside of the client range", id);
    if (Object* taken = find(id))
        return fail(ErrorCategory::PeerViolation,
                    taken->zombie ? "object id reused before delete_id" : "new object id is already in use",
                    id);
    return create(client_, id, interface, version);
}

Result<Object*> ObjectTable::create_server(std::uint32_t id, InterfaceId interface, std::uint8_t version) {
    if (id < kServerIdBase)
        return fail(ErrorCategory::Compositor, "new object id outside of the server range", id);
    if (Object* taken = find(id)) {
        if (!taken->zombie) return fail(ErrorCategory::Compositor, "new object id is already in use", id);
        remove(id);
    }
    return create(server_, id - kServerIdBase, interface, version);
}

Result<Object*> ObjectTable::create(std::vector<Object>& range, std::size_t index, InterfaceId interface,
                                    std::uint8_t version) {
    // Ids are handed out lowest first, so an index beyond the limit means that many live objects, or a lie.
    if (index > limits::kMaxObjects || live_ >= limits::kMaxObjects)
        return fail(ErrorCategory::Limit, "objects of one application (kMaxObjects)",
                    static_cast<std::int64_t>(limits::kMaxObjects));
    if (index >= range.size()) range.resize(index + 1);
    Object& object = range[index];
    object.interface = interface;
    object.version = version;
    ++live_;
    return &object;
}

void ObjectTable::destroy(std::uint32_t id) {
    Object* object = find(id);
    if (object == nullptr) return;
    object->zombie = true;
    object->data.reset(); // what it held (files, say) goes with the application's word, not with delete_id
}

void ObjectTable::remove(std::uint32_t id) {
    Object* object = find(id);
    if (object == nullptr || id == kDisplayId) return;
    *object = Object{};
    --live_;
}

} // namespace tv::wayland
