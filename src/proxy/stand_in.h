// Objects that live only here while every id must exist at the compositor in turn.
//
// `wl_display.sync(id)` fills an id at the compositor without a descriptor; the callback's `done` and
// delete_id are swallowed. As long as delete_id is withheld from the application, the id stays this side's,
// and may be used for other short-lived objects: each use adds one delete_id to wait for (Object::backings).
#pragma once

#include "proxy/proxy.h"

namespace tv::proxy {

// What an object that is not the compositor's own does with events of what the compositor holds in its place.
struct BackingData : wayland::ObjectData {
    [[nodiscard]] virtual Status backing_event(Proxy& proxy, const wayland::Header& header,
                                               Bytes message) = 0;
};

// Makes `id` an object of ours. It is reserved: filled by a callback when the next id is needed
// (Proxy::new_object), or by the caller with fill().
[[nodiscard]] Result<wayland::Object*> reserve_stand_in(Proxy& proxy, std::uint32_t id,
                                                        wayland::InterfaceId interface, std::uint8_t version);
// Makes `id` an object of ours with a callback in its place at the compositor, at once.
[[nodiscard]] Result<wayland::Object*> make_stand_in(Proxy& proxy, std::uint32_t id,
                                                     wayland::InterfaceId interface, std::uint8_t version);
// Puts a callback in the place of the reserved id, if there is one.
void fill_reserved(Proxy& proxy);
// The caller is about to create another object under the stand-in's id at the compositor, short-lived: what
// follows in the queue waits until the id is free there. Adds one delete_id to expect.
void reuse_stand_in(Proxy& proxy, std::uint32_t id);

// The application destroyed a stand-in (other requests on it are swallowed): delete_id follows once the
// compositor has given the id back too.
[[nodiscard]] Status retire_stand_in(Proxy& proxy, Call& call);

// An event on an id that holds something else at the compositor.
[[nodiscard]] Status backing_event(Proxy& proxy, wayland::Object& object, const wayland::Header& header,
                                   Bytes message);
// The compositor's delete_id. True when it was for something of ours and the application must not see it.
[[nodiscard]] bool swallow_delete_id(Proxy& proxy, std::uint32_t id);

} // namespace tv::proxy
