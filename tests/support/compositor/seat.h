// One seat with a keyboard and a pointer, driven by the test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <xkbcommon/xkbcommon.h>

#include "base/fd.h"
#include "core.h"

namespace tv::test {

// Receives the keys instead of the focused client while it exists: an input method's grab.
class KeySink {
public:
    virtual ~KeySink() = default;
    virtual void key(std::uint32_t serial, std::uint32_t time, std::uint32_t code, bool pressed) = 0;
    virtual void modifiers(std::uint32_t serial, std::uint32_t depressed, std::uint32_t latched,
                           std::uint32_t locked, std::uint32_t group) = 0;
};

class Seat {
public:
    explicit Seat(Core& core);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();

    [[nodiscard]] bool ready() const { return state_ != nullptr; } // false: no keymap could be made
    void bind(wl_client* client, std::uint32_t version, std::uint32_t id);
    void add_keyboard(wl_resource* keyboard);
    void add_pointer(wl_resource* pointer);

    // Moves keyboard and pointer to a surface; null takes them away.
    void focus(const std::shared_ptr<Surface>& surface);
    [[nodiscard]] std::shared_ptr<Surface> focused() const { return focus_.lock(); }

    // Linux key codes (KEY_A = 30).
    void key(std::uint32_t code, bool pressed);
    // Presses and releases what the keymap has for each character; what it has not is left out.
    void type(const std::string& ascii);
    void motion(double x, double y); // surface coordinates
    void button(std::uint32_t code, bool pressed);
    void scroll(double value);

    // Another keymap for everybody, as compositors do when a virtual keyboard brings its own.
    // False when xkbcommon does not take it.
    [[nodiscard]] bool use_keymap(const std::string& text);
    void modifiers(std::uint32_t depressed, std::uint32_t latched, std::uint32_t locked, std::uint32_t group);

    [[nodiscard]] int keymap_fd() const { return keymap_fd_.get(); }
    [[nodiscard]] std::uint32_t keymap_size() const {
        return static_cast<std::uint32_t>(keymap_text_.size() + 1);
    }
    void set_grab(const std::weak_ptr<KeySink>& sink) { grab_ = sink; }

private:
    [[nodiscard]] bool load(xkb_keymap* keymap);
    void send_keymap(wl_resource* keyboard) const;
    void send_enter(wl_resource* keyboard);
    void send_pointer_enter(wl_resource* pointer);
    void send_modifiers();
    template <typename Send>
    void each(const std::vector<WatchRef>& list, Send send) const;

    Core& core_;
    xkb_context* context_;
    xkb_keymap* keymap_ = nullptr;
    xkb_state* state_ = nullptr;
    std::string keymap_text_;
    UniqueFd keymap_fd_;
    std::vector<WatchRef> keyboards_;
    std::vector<WatchRef> pointers_;
    std::weak_ptr<Surface> focus_;
    std::weak_ptr<KeySink> grab_;
    std::vector<std::uint32_t> pressed_;
    double x_ = 0, y_ = 0;
};

} // namespace tv::test
