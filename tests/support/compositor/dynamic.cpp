#include "dynamic.h"

#include <string>
#include <utility>

#include <unistd.h>

namespace tv::test {

namespace {

struct Dynamic {
    RequestHandler handler;
    std::shared_ptr<void> tag;
};

void do_default(wl_resource* self, const wl_message& message, const wl_argument* arguments) {
    int index = 0;
    for (const char* type = message.signature; *type != '\0'; ++type) {
        if (*type == '?' || (*type >= '0' && *type <= '9')) continue;
        if (*type == 'h') close(arguments[index].h);
        if (*type == 'n' && message.types[index] != nullptr) {
            create_dynamic_child(self, message.types[index], arguments[index], {});
        }
        ++index;
    }
    const std::string_view name = message.name;
    if (name == "destroy" || name == "release") wl_resource_destroy(self);
}

int dispatch(const void*, void* target, std::uint32_t, const wl_message* message, wl_argument* arguments) {
    auto* self = static_cast<wl_resource*>(target);
    // Copied, since the handler may destroy its own object.
    const RequestHandler handler = object_of<Dynamic>(self)->handler;
    if (!handler || !handler(message->name, self, arguments)) do_default(self, *message, arguments);
    return 0;
}

void gone(wl_resource* resource) {
    delete &object_of<Dynamic>(resource);
}

} // namespace

wl_resource* create_dynamic(wl_client* client, const wl_interface* interface, int version, std::uint32_t id,
                            RequestHandler handler, std::shared_ptr<void> tag) {
    wl_resource* resource = wl_resource_create(client, interface, version, id);
    if (resource == nullptr) {
        wl_client_post_no_memory(client);
        return nullptr;
    }
    auto* holder =
        new std::shared_ptr<Dynamic>(std::make_shared<Dynamic>(Dynamic{std::move(handler), std::move(tag)}));
    wl_resource_set_dispatcher(resource, dispatch, nullptr, holder, gone);
    return resource;
}

wl_resource* create_dynamic_child(wl_resource* parent, const wl_interface* interface, const wl_argument& id,
                                  RequestHandler handler, std::shared_ptr<void> tag) {
    return create_dynamic(wl_resource_get_client(parent), interface, wl_resource_get_version(parent), id.n,
                          std::move(handler), std::move(tag));
}

std::shared_ptr<void> dynamic_tag(wl_resource* resource) {
    return resource == nullptr ? nullptr : object_of<Dynamic>(resource)->tag;
}

void add_dynamic_global(Core& core, const wl_interface* interface, int newest, const RequestHandler& handler,
                        std::function<void(wl_resource*)> greet) {
    struct Recipe {
        const wl_interface* interface;
        RequestHandler handler;
        std::function<void(wl_resource*)> greet;
    };
    // Lives as long as the display does.
    auto recipe = std::make_shared<Recipe>(Recipe{interface, handler, std::move(greet)});
    core.keep_alive(recipe);
    core.add_global(
        interface, newest,
        [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
            const auto& made = *static_cast<Recipe*>(data);
            wl_resource* resource =
                create_dynamic(client, made.interface, static_cast<int>(version), id, made.handler);
            if (resource != nullptr && made.greet) made.greet(resource);
        },
        recipe.get());
}

} // namespace tv::test
