// Owning C++ objects through wl_resources, and watching resources that somebody else owns.
// Everything here belongs to the compositor's thread.
#pragma once

#include <memory>
#include <utility>

#include <wayland-server-core.h>

namespace tv::test {

// A resource that may go away at any time: get() is null from then on.
class Watch {
public:
    explicit Watch(wl_resource* resource) : resource_(resource) {
        if (resource == nullptr) return;
        node_.self = this;
        node_.listener.notify = [](wl_listener* listener, void*) {
            // The listener is the first member of Node.
            reinterpret_cast<Node*>(listener)->self->forget();
        };
        wl_resource_add_destroy_listener(resource, &node_.listener);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
        if (resource_ != nullptr) forget();
    }
    [[nodiscard]] wl_resource* get() const { return resource_; }

private:
    struct Node {
        wl_listener listener{};
        Watch* self = nullptr;
    };
    void forget() {
        wl_list_remove(&node_.listener.link);
        resource_ = nullptr;
    }
    Node node_;
    wl_resource* resource_;
};
using WatchRef = std::shared_ptr<Watch>;
[[nodiscard]] inline WatchRef watch(wl_resource* resource) {
    return std::make_shared<Watch>(resource);
}

// The object behind a resource that create_object() made.
template <typename T>
[[nodiscard]] std::shared_ptr<T>& object_of(wl_resource* resource) {
    return *static_cast<std::shared_ptr<T>*>(wl_resource_get_user_data(resource));
}
template <typename T>
[[nodiscard]] std::shared_ptr<T> object_or_null(wl_resource* resource) {
    return resource == nullptr ? nullptr : object_of<T>(resource);
}

// Makes a resource that holds a reference to the object for as long as it lives. If T has a member
// `resource`, it is set, and null again once the resource is gone; if T has resource_gone(), that is called
// then. Returns null (and tells the client) when there is no memory or the id is bad.
template <typename T>
wl_resource* create_object(wl_client* client, const wl_interface* interface, int version, std::uint32_t id,
                           const void* implementation, std::shared_ptr<T> object) {
    wl_resource* resource = wl_resource_create(client, interface, version, id);
    if (resource == nullptr) {
        wl_client_post_no_memory(client);
        return nullptr;
    }
    if constexpr (requires { object->resource; }) object->resource = resource;
    auto* holder = new std::shared_ptr<T>(std::move(object));
    wl_resource_set_implementation(resource, implementation, holder, [](wl_resource* gone) {
        std::unique_ptr<std::shared_ptr<T>> last(&object_of<T>(gone));
        if constexpr (requires { (*last)->resource; }) (*last)->resource = nullptr;
        if constexpr (requires { (*last)->resource_gone(); }) (*last)->resource_gone();
    });
    return resource;
}

// For a destroy request that does nothing but destroy.
inline void destroy_resource(wl_client*, wl_resource* resource) {
    wl_resource_destroy(resource);
}

} // namespace tv::test
