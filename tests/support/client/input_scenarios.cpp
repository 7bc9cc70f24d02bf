// Keyboards real and virtual, input methods.
#include <cstring>

#include <fmt/format.h>
#include <input-method-unstable-v2-client.h>
#include <sys/mman.h>
#include <unistd.h>
#include <virtual-keyboard-unstable-v1-client.h>
#include <xkbcommon/xkbcommon.h>
#include <zlib.h>

#include "drawing.h"
#include "scenario.h"

namespace tv::test {

namespace {

// Maps a received keymap as toolkits do, and prints size and CRC.
bool say_keymap(Connection& connection, const wl_argument* values) {
    const UniqueFd fd = UniqueFd::adopt(values[1].h);
    const std::size_t size = values[2].u;
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapped == MAP_FAILED) {
        connection.say(fmt::format("keymap cannot be mapped: {}", std::strerror(errno)));
        return false;
    }
    connection.say(
        fmt::format("keymap size={} crc={:08x}", size, crc32_z(0, static_cast<const Bytef*>(mapped), size)));
    munmap(mapped, size);
    return true;
}

// A window with a keyboard and a pointer. Prints the keymap and what is typed; stays until that many keys
// were pressed (none: only until the keyboard is entered).
bool keymap(Connection& connection, const Arguments& arguments) {
    Basics basics(connection);
    auto* seat = connection.bind<wl_seat>(wl_seat_interface, 7);
    if (!basics.complete() || seat == nullptr || !connection.roundtrip()) return false;
    const int wanted = arguments.number(0, 0);
    int pressed = 0;
    bool entered = false;
    bool mapped = false;
    connection.listen(wl_seat_get_keyboard(seat), [&](std::string_view event, const wl_argument* values) {
        if (event == "keymap") mapped = say_keymap(connection, values);
        if (event == "enter") entered = true;
        if (event == "key" && values[3].u == WL_KEYBOARD_KEY_STATE_PRESSED) ++pressed;
    });
    connection.listen(wl_seat_get_pointer(seat));
    Window window(basics, "keymap");
    if (!window.open()) return false;
    const auto pool = Pool::create(basics.shm, 100UL * 100 * 4);
    if (!pool) return false;
    Buffer buffer(connection, *pool, 0, 100, 100);
    buffer.fill(Pattern::Gradient, 0);
    if (!window.show(buffer)) return false;
    if (!connection.wait([&] { return entered && mapped; })) return false;
    connection.say("listening");
    return connection.wait([&] { return pressed >= wanted; }) && connection.roundtrip();
}

std::string make_keymap(const char* layout) {
    xkb_context* context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
    xkb_rule_names names{};
    names.layout = layout;
    xkb_keymap* map = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
    char* text = map == nullptr ? nullptr : xkb_keymap_get_as_string(map, XKB_KEYMAP_FORMAT_TEXT_V1);
    std::string copy = text == nullptr ? "" : text;
    std::free(text);
    xkb_keymap_unref(map);
    xkb_context_unref(context);
    return copy;
}

// Sends a German keymap and types a few keys with it.
bool virtual_keyboard(Connection& connection, const Arguments&) {
    auto* seat = connection.bind<wl_seat>(wl_seat_interface, 5);
    auto* manager =
        connection.bind<zwp_virtual_keyboard_manager_v1>(zwp_virtual_keyboard_manager_v1_interface, 1);
    if (seat == nullptr || manager == nullptr) return false;
    const std::string text = make_keymap("de");
    if (text.empty()) return false;
    const std::size_t size = text.size() + 1;
    const UniqueFd fd = UniqueFd::adopt(memfd_create("keymap", MFD_CLOEXEC));
    if (write(fd.get(), text.c_str(), size) != static_cast<ssize_t>(size)) return false;
    auto* keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, seat);
    zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd.get(),
                                   static_cast<std::uint32_t>(size));
    connection.say(fmt::format("keymap size={} crc={:08x}", size,
                               crc32_z(0, reinterpret_cast<const Bytef*>(text.c_str()), size)));
    std::uint32_t time = 0;
    for (const std::uint32_t code : {30U, 48U, 46U}) {
        zwp_virtual_keyboard_v1_key(keyboard, ++time, code, WL_KEYBOARD_KEY_STATE_PRESSED);
        zwp_virtual_keyboard_v1_key(keyboard, ++time, code, WL_KEYBOARD_KEY_STATE_RELEASED);
    }
    zwp_virtual_keyboard_v1_modifiers(keyboard, 1, 0, 0, 0);
    zwp_virtual_keyboard_v1_modifiers(keyboard, 0, 0, 0, 0);
    if (!connection.roundtrip()) return false;
    zwp_virtual_keyboard_v1_destroy(keyboard);
    return connection.roundtrip();
}

// Grabs the keyboard, prints the keymap that comes with the grab, and waits for that many keys.
bool input_method(Connection& connection, const Arguments& arguments) {
    auto* seat = connection.bind<wl_seat>(wl_seat_interface, 5);
    auto* manager = connection.bind<zwp_input_method_manager_v2>(zwp_input_method_manager_v2_interface, 1);
    if (seat == nullptr || manager == nullptr) return false;
    auto* method = connection.listen(zwp_input_method_manager_v2_get_input_method(manager, seat));
    const int wanted = arguments.number(0, 0);
    int pressed = 0;
    bool mapped = false;
    auto* grab = connection.listen(zwp_input_method_v2_grab_keyboard(method),
                                   [&](std::string_view event, const wl_argument* values) {
                                       if (event == "keymap") mapped = say_keymap(connection, values);
                                       if (event == "key" && values[3].u == WL_KEYBOARD_KEY_STATE_PRESSED)
                                           ++pressed;
                                   });
    if (!connection.wait([&] { return mapped; })) return false;
    connection.say("listening");
    if (!connection.wait([&] { return pressed >= wanted; })) return false;
    zwp_input_method_v2_commit_string(method, "committed");
    zwp_input_method_v2_commit(method, 1);
    connection.forget(grab);
    zwp_input_method_keyboard_grab_v2_release(grab);
    return connection.roundtrip();
}

constexpr Scenario kScenarios[] = {
    {"keymap", "[KEYS]", "prints the keymap's CRC, then input until that many keys were pressed", keymap},
    {"virtual-keyboard", "", "sends a keymap and three keys", virtual_keyboard},
    {"input-method", "[KEYS]", "grabs the keyboard", input_method},
};

} // namespace

std::span<const Scenario> input_scenarios() {
    return kScenarios;
}

} // namespace tv::test
