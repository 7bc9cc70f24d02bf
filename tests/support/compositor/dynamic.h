// Objects whose requests are told apart by name: for protocols where a table of functions says no more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <wayland-server-core.h>

#include "core.h"

namespace tv::test {

// Handles a request, given its name and arguments; false leaves it to the default: destructors (as far as
// they are called "destroy" or "release") destroy the object, new objects that nobody made become inert ones,
// and descriptors are closed. A handler that returns true has dealt with new ids and descriptors itself.
using RequestHandler =
    std::function<bool(std::string_view request, wl_resource* self, const wl_argument* arguments)>;

// `tag` is for the maker's own use, see dynamic_tag(). Null when there is no memory.
wl_resource* create_dynamic(wl_client* client, const wl_interface* interface, int version, std::uint32_t id,
                            RequestHandler handler, std::shared_ptr<void> tag = nullptr);
// For an object that a request of `parent` makes: same client, same version.
wl_resource* create_dynamic_child(wl_resource* parent, const wl_interface* interface, const wl_argument& id,
                                  RequestHandler handler, std::shared_ptr<void> tag = nullptr);
// What create_dynamic() was given. Only for resources that it made.
[[nodiscard]] std::shared_ptr<void> dynamic_tag(wl_resource* resource);

// A global whose objects are dynamic; `greet` sends the first events.
void add_dynamic_global(Core& core, const wl_interface* interface, int newest, const RequestHandler& handler,
                        std::function<void(wl_resource*)> greet = {});

// The resource in an argument of type object; null when it is nil.
[[nodiscard]] inline wl_resource* resource_in(const wl_argument& argument) {
    // libwayland's resources begin with their wl_object.
    return reinterpret_cast<wl_resource*>(argument.o);
}

} // namespace tv::test
