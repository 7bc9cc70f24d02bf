// Objects that live only here while every id must exist at the compositor in turn.
//
// `wl_display.sync(id)` fills an id at the compositor without a descriptor; the callback's `done` and
// delete_id are swallowed. As long as delete_id is withheld from the application, the id stays this side's.
#pragma once

#include "proxy/proxy.h"

namespace tv::proxy {

// Creates `id` as an object of ours with a callback in its place at the compositor.
[[nodiscard]] Status make_stand_in(Proxy& proxy, std::uint32_t id, wayland::InterfaceId interface,
                                   std::uint8_t version);

// The application destroyed a stand-in (other requests on it are swallowed): delete_id follows once the
// compositor has given the id back too.
[[nodiscard]] Status retire_stand_in(Proxy& proxy, Call& call);

// The compositor's delete_id. True when it was for something of ours and the application must not see it.
[[nodiscard]] bool swallow_delete_id(Proxy& proxy, std::uint32_t id);

} // namespace tv::proxy
