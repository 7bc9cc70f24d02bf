// Virtual keyboards and input methods: both carry a keymap in a file descriptor.
#include <fmt/format.h>
#include <input-method-unstable-v2-server.h>
#include <virtual-keyboard-unstable-v1-server.h>

#include "dynamic.h"
#include "file_text.h"
#include "seat.h"

namespace tv::test {

namespace {

void take_keymap(Core& core, wl_resource* self, std::uint32_t format, int fd, std::uint32_t size) {
    const UniqueFd owned = UniqueFd::adopt(fd);
    std::string text = read_file(owned.get(), 0, size);
    core.note(self, fmt::format("keymap format={} size={} crc={:08x}", format, text.size(), crc32_of(text)));
    while (!text.empty() && text.back() == '\0') text.pop_back();
    if (!core.seat->use_keymap(text)) core.note(self, "keymap does not compile");
}

void add_virtual_keyboard(Core& core) {
    const RequestHandler keyboard = [&core](std::string_view request, wl_resource* self,
                                            const wl_argument* arguments) {
        if (request == "keymap") {
            take_keymap(core, self, arguments[0].u, arguments[1].h, arguments[2].u);
        } else if (request == "key") {
            core.seat->key(arguments[1].u, arguments[2].u != 0);
        } else if (request == "modifiers") {
            core.seat->modifiers(arguments[0].u, arguments[1].u, arguments[2].u, arguments[3].u);
        } else {
            return false;
        }
        return true;
    };
    add_dynamic_global(core, &zwp_virtual_keyboard_manager_v1_interface, 1,
                       [keyboard](std::string_view request, wl_resource* self, const wl_argument* arguments) {
                           if (request != "create_virtual_keyboard") return false;
                           create_dynamic_child(self, &zwp_virtual_keyboard_v1_interface, arguments[1],
                                                keyboard);
                           return true;
                       });
}

// An input method's hold on the keyboard, for as long as its object lives.
struct Grab : KeySink {
    WatchRef object;
    void key(std::uint32_t serial, std::uint32_t time, std::uint32_t code, bool pressed) override {
        if (object->get() != nullptr) {
            zwp_input_method_keyboard_grab_v2_send_key(object->get(), serial, time, code, pressed ? 1 : 0);
        }
    }
    void modifiers(std::uint32_t serial, std::uint32_t depressed, std::uint32_t latched, std::uint32_t locked,
                   std::uint32_t group) override {
        if (object->get() != nullptr) {
            zwp_input_method_keyboard_grab_v2_send_modifiers(object->get(), serial, depressed, latched,
                                                             locked, group);
        }
    }
};

void grab_keyboard(Core& core, wl_resource* method, const wl_argument& id) {
    auto grab = std::make_shared<Grab>();
    // The object's tag is what keeps the grab alive.
    wl_resource* object =
        create_dynamic_child(method, &zwp_input_method_keyboard_grab_v2_interface, id, {}, grab);
    if (object == nullptr) return;
    grab->object = watch(object);
    core.seat->set_grab(grab);
    zwp_input_method_keyboard_grab_v2_send_keymap(object, 1, core.seat->keymap_fd(),
                                                  core.seat->keymap_size());
    zwp_input_method_keyboard_grab_v2_send_repeat_info(object, 25, 600);
}

void add_input_method(Core& core) {
    add_dynamic_global(core, &zwp_input_method_manager_v2_interface, 1,
                       [&core](std::string_view request, wl_resource* self, const wl_argument* arguments) {
                           if (request != "get_input_method") return false;
                           wl_resource* method =
                               create_dynamic_child(self, &zwp_input_method_v2_interface, arguments[1],
                                                    [&core](std::string_view what, wl_resource* object,
                                                            const wl_argument* values) {
                                                        if (what != "grab_keyboard") return false;
                                                        grab_keyboard(core, object, values[0]);
                                                        return true;
                                                    });
                           if (method != nullptr) {
                               zwp_input_method_v2_send_activate(method);
                               zwp_input_method_v2_send_done(method);
                           }
                           return true;
                       });
}

} // namespace

void add_input_globals(Core& core) {
    add_virtual_keyboard(core);
    add_input_method(core);
}

} // namespace tv::test
