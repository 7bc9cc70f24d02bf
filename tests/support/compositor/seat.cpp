#include "seat.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/input-event-codes.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include "surface.h"

namespace tv::test {

namespace {

constexpr int kSeatVersion = 8;
// Keymaps count from X's lowest key code.
constexpr std::uint32_t kXkbOffset = 8;

std::uint32_t milliseconds_now() {
    return static_cast<std::uint32_t>(clock_ns(1) / 1'000'000);
}

void set_cursor(wl_client*, wl_resource*, std::uint32_t, wl_resource*, std::int32_t, std::int32_t) {}
const struct wl_pointer_interface kPointer{set_cursor, destroy_resource};
const struct wl_keyboard_interface kKeyboard{destroy_resource};
const struct wl_touch_interface kTouch{destroy_resource};

template <typename Implementation>
wl_resource* make(wl_client* client, wl_resource* seat, const wl_interface* interface, std::uint32_t id,
                  const Implementation* implementation) {
    return bind_plain(client, &core_of(seat), interface,
                      static_cast<std::uint32_t>(wl_resource_get_version(seat)), id, implementation);
}

void get_pointer(wl_client* client, wl_resource* resource, std::uint32_t id) {
    wl_resource* made = make(client, resource, &wl_pointer_interface, id, &kPointer);
    if (made != nullptr) core_of(resource).seat->add_pointer(made);
}
void get_keyboard(wl_client* client, wl_resource* resource, std::uint32_t id) {
    wl_resource* made = make(client, resource, &wl_keyboard_interface, id, &kKeyboard);
    if (made != nullptr) core_of(resource).seat->add_keyboard(made);
}
void get_touch(wl_client* client, wl_resource* resource, std::uint32_t id) {
    (void)make(client, resource, &wl_touch_interface, id, &kTouch);
}
const struct wl_seat_interface kSeat{get_pointer, get_keyboard, get_touch, destroy_resource};

void prune(std::vector<WatchRef>& list) {
    std::erase_if(list, [](const WatchRef& entry) { return entry->get() == nullptr; });
}

struct KeyForCharacter {
    std::uint32_t code;
    bool shift;
};

std::optional<KeyForCharacter> find_key(xkb_keymap* keymap, char character) {
    const xkb_keysym_t wanted = character == '\n'
                                    ? xkb_keysym_t{XKB_KEY_Return}
                                    : xkb_utf32_to_keysym(static_cast<unsigned char>(character));
    for (xkb_keycode_t code = xkb_keymap_min_keycode(keymap); code <= xkb_keymap_max_keycode(keymap);
         ++code) {
        for (xkb_level_index_t level = 0; level < 2; ++level) {
            const xkb_keysym_t* symbols = nullptr;
            if (xkb_keymap_key_get_syms_by_level(keymap, code, 0, level, &symbols) == 1 &&
                symbols[0] == wanted) {
                return KeyForCharacter{code - kXkbOffset, level == 1};
            }
        }
    }
    return std::nullopt;
}

} // namespace

Seat::Seat(Core& core) : core_(core), context_(xkb_context_new(XKB_CONTEXT_NO_FLAGS)) {
    xkb_rule_names names{};
    names.rules = "evdev";
    names.model = "pc105";
    names.layout = core.options().keymap_layout.c_str();
    xkb_keymap* keymap = xkb_keymap_new_from_names(context_, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
    if (keymap != nullptr && !load(keymap)) xkb_keymap_unref(keymap);
}

Seat::~Seat() {
    xkb_state_unref(state_);
    xkb_keymap_unref(keymap_);
    xkb_context_unref(context_);
}

bool Seat::load(xkb_keymap* keymap) {
    char* text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
    if (text == nullptr) return false;
    std::string copy = text;
    std::free(text);
    UniqueFd fd = UniqueFd::adopt(memfd_create("keymap", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid() || ftruncate(fd.get(), static_cast<off_t>(copy.size() + 1)) != 0 ||
        pwrite(fd.get(), copy.c_str(), copy.size() + 1, 0) != static_cast<ssize_t>(copy.size() + 1)) {
        return false;
    }
    fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    xkb_state_unref(state_);
    xkb_keymap_unref(keymap_);
    keymap_ = keymap;
    state_ = xkb_state_new(keymap);
    keymap_text_ = std::move(copy);
    keymap_fd_ = std::move(fd);
    return true;
}

bool Seat::use_keymap(const std::string& text) {
    xkb_keymap* keymap = xkb_keymap_new_from_string(context_, text.c_str(), XKB_KEYMAP_FORMAT_TEXT_V1,
                                                    XKB_KEYMAP_COMPILE_NO_FLAGS);
    if (keymap == nullptr) return false;
    if (!load(keymap)) {
        xkb_keymap_unref(keymap);
        return false;
    }
    prune(keyboards_);
    for (const WatchRef& keyboard : keyboards_) send_keymap(keyboard->get());
    return true;
}

void Seat::bind(wl_client* client, std::uint32_t version, std::uint32_t id) {
    wl_resource* resource = bind_plain(client, &core_, &wl_seat_interface, version, id, &kSeat);
    if (resource == nullptr) return;
    if (version >= WL_SEAT_NAME_SINCE_VERSION) wl_seat_send_name(resource, "seat0");
    wl_seat_send_capabilities(resource, WL_SEAT_CAPABILITY_KEYBOARD | WL_SEAT_CAPABILITY_POINTER);
}

template <typename Send>
void Seat::each(const std::vector<WatchRef>& list, Send send) const {
    const auto surface = focus_.lock();
    if (!surface || surface->resource == nullptr) return;
    wl_client* client = wl_resource_get_client(surface->resource);
    for (const WatchRef& entry : list) {
        if (entry->get() != nullptr && wl_resource_get_client(entry->get()) == client) send(entry->get());
    }
}

void Seat::send_keymap(wl_resource* keyboard) const {
    wl_keyboard_send_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, keymap_fd_.get(), keymap_size());
}

void Seat::add_keyboard(wl_resource* keyboard) {
    prune(keyboards_);
    keyboards_.push_back(watch(keyboard));
    send_keymap(keyboard);
    if (wl_resource_get_version(keyboard) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION) {
        wl_keyboard_send_repeat_info(keyboard, 0, 0);
    }
    const auto surface = focus_.lock();
    if (surface && surface->resource != nullptr &&
        wl_resource_get_client(surface->resource) == wl_resource_get_client(keyboard)) {
        send_enter(keyboard);
    }
}

void Seat::add_pointer(wl_resource* pointer) {
    prune(pointers_);
    pointers_.push_back(watch(pointer));
    const auto surface = focus_.lock();
    if (surface && surface->resource != nullptr &&
        wl_resource_get_client(surface->resource) == wl_resource_get_client(pointer)) {
        send_pointer_enter(pointer);
    }
}

void Seat::send_enter(wl_resource* keyboard) {
    wl_array keys{pressed_.size() * 4, 0, pressed_.data()};
    wl_keyboard_send_enter(keyboard, core_.next_serial(), focus_.lock()->resource, &keys);
    wl_keyboard_send_modifiers(keyboard, core_.next_serial(),
                               xkb_state_serialize_mods(state_, XKB_STATE_MODS_DEPRESSED),
                               xkb_state_serialize_mods(state_, XKB_STATE_MODS_LATCHED),
                               xkb_state_serialize_mods(state_, XKB_STATE_MODS_LOCKED),
                               xkb_state_serialize_layout(state_, XKB_STATE_LAYOUT_EFFECTIVE));
}

void Seat::send_pointer_enter(wl_resource* pointer) {
    wl_pointer_send_enter(pointer, core_.next_serial(), focus_.lock()->resource, wl_fixed_from_double(x_),
                          wl_fixed_from_double(y_));
    if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION) wl_pointer_send_frame(pointer);
}

void Seat::focus(const std::shared_ptr<Surface>& surface) {
    const auto before = focus_.lock();
    if (before == surface) return;
    prune(keyboards_);
    prune(pointers_);
    if (before && before->resource != nullptr) {
        each(keyboards_, [&](wl_resource* keyboard) {
            wl_keyboard_send_leave(keyboard, core_.next_serial(), before->resource);
        });
        each(pointers_, [&](wl_resource* pointer) {
            wl_pointer_send_leave(pointer, core_.next_serial(), before->resource);
            if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION)
                wl_pointer_send_frame(pointer);
        });
    }
    focus_ = surface;
    if (!surface) return;
    x_ = 10;
    y_ = 10;
    each(keyboards_, [&](wl_resource* keyboard) { send_enter(keyboard); });
    each(pointers_, [&](wl_resource* pointer) { send_pointer_enter(pointer); });
}

void Seat::send_modifiers() {
    const std::uint32_t depressed = xkb_state_serialize_mods(state_, XKB_STATE_MODS_DEPRESSED);
    const std::uint32_t latched = xkb_state_serialize_mods(state_, XKB_STATE_MODS_LATCHED);
    const std::uint32_t locked = xkb_state_serialize_mods(state_, XKB_STATE_MODS_LOCKED);
    const std::uint32_t group = xkb_state_serialize_layout(state_, XKB_STATE_LAYOUT_EFFECTIVE);
    const std::uint32_t serial = core_.next_serial();
    if (const auto sink = grab_.lock()) return sink->modifiers(serial, depressed, latched, locked, group);
    each(keyboards_, [&](wl_resource* keyboard) {
        wl_keyboard_send_modifiers(keyboard, serial, depressed, latched, locked, group);
    });
}

void Seat::modifiers(std::uint32_t depressed, std::uint32_t latched, std::uint32_t locked,
                     std::uint32_t group) {
    xkb_state_update_mask(state_, depressed, latched, locked, 0, 0, group);
    send_modifiers();
}

void Seat::key(std::uint32_t code, bool pressed) {
    std::erase(pressed_, code);
    if (pressed) pressed_.push_back(code);
    const auto changed = xkb_state_update_key(state_, code + kXkbOffset, pressed ? XKB_KEY_DOWN : XKB_KEY_UP);
    const std::uint32_t serial = core_.next_serial();
    if (const auto sink = grab_.lock()) {
        sink->key(serial, milliseconds_now(), code, pressed);
    } else {
        each(keyboards_, [&](wl_resource* keyboard) {
            wl_keyboard_send_key(keyboard, serial, milliseconds_now(), code,
                                 pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
        });
    }
    if (changed != 0) send_modifiers();
}

void Seat::type(const std::string& ascii) {
    for (const char character : ascii) {
        const auto found = find_key(keymap_, character);
        if (!found) continue;
        if (found->shift) key(KEY_LEFTSHIFT, true);
        key(found->code, true);
        key(found->code, false);
        if (found->shift) key(KEY_LEFTSHIFT, false);
    }
}

void Seat::motion(double x, double y) {
    x_ = x;
    y_ = y;
    each(pointers_, [&](wl_resource* pointer) {
        wl_pointer_send_motion(pointer, milliseconds_now(), wl_fixed_from_double(x), wl_fixed_from_double(y));
        if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION)
            wl_pointer_send_frame(pointer);
    });
}

void Seat::button(std::uint32_t code, bool pressed) {
    const std::uint32_t serial = core_.next_serial();
    each(pointers_, [&](wl_resource* pointer) {
        wl_pointer_send_button(pointer, serial, milliseconds_now(), code,
                               pressed ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
        if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION)
            wl_pointer_send_frame(pointer);
    });
}

void Seat::scroll(double value) {
    each(pointers_, [&](wl_resource* pointer) {
        wl_pointer_send_axis(pointer, milliseconds_now(), WL_POINTER_AXIS_VERTICAL_SCROLL,
                             wl_fixed_from_double(value));
        if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION)
            wl_pointer_send_frame(pointer);
    });
}

void add_seat_globals(Core& core) {
    core.seat = std::make_unique<Seat>(core);
    core.add_global(&wl_seat_interface, kSeatVersion,
                    [](wl_client* client, void* data, std::uint32_t version, std::uint32_t id) {
                        static_cast<Core*>(data)->seat->bind(client, version, id);
                    });
}

} // namespace tv::test
