#include "connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace tv::test {

struct Connection::Tracked {
    Connection* connection = nullptr;
    std::string name;
    EventHandler handler;
};

namespace {

// Arguments that differ from run to run: serials, times, sequence numbers, sizes that depend on the machine.
const std::map<std::string_view, std::set<int>> kUnstable{
    {"wl_callback.done", {0}},
    {"xdg_surface.configure", {0}},
    {"xdg_wm_base.ping", {0}},
    {"wl_keyboard.enter", {0}},
    {"wl_keyboard.leave", {0}},
    {"wl_keyboard.key", {0, 1}},
    {"wl_keyboard.modifiers", {0}},
    {"wl_pointer.enter", {0}},
    {"wl_pointer.leave", {0}},
    {"wl_pointer.motion", {0}},
    {"wl_pointer.button", {0, 1}},
    {"wl_pointer.axis", {0}},
    {"wl_data_device.enter", {0}},
    {"wp_presentation_feedback.presented", {0, 1, 2, 4, 5}},
    {"wp_presentation.clock_id", {0}},
    {"zwp_input_method_keyboard_grab_v2.key", {0, 1}},
    {"zwp_input_method_keyboard_grab_v2.modifiers", {0}},
    {"zwlr_screencopy_frame_v1.ready", {0, 1, 2}},
    {"ext_image_copy_capture_frame_v1.presentation_time", {0, 1, 2}},
};

} // namespace

std::unique_ptr<Connection> Connection::open() {
    std::unique_ptr<Connection> self(new Connection());
    self->display_ = wl_display_connect(nullptr);
    if (self->display_ == nullptr) return nullptr;
    self->registry_ = wl_display_get_registry(self->display_);
    static const wl_registry_listener kListener{
        [](void* data, wl_registry*, std::uint32_t name, const char* interface, std::uint32_t version) {
            static_cast<Connection*>(data)->globals_.emplace(interface, Global{name, version});
        },
        [](void*, wl_registry*, std::uint32_t) {}};
    wl_registry_add_listener(self->registry_, &kListener, self.get());
    if (!self->roundtrip()) return nullptr;
    return self;
}

Connection::~Connection() {
    if (display_ == nullptr) return;
    for (auto& [proxy, tracked] : tracked_) wl_proxy_destroy(proxy);
    if (registry_ != nullptr) wl_registry_destroy(registry_);
    wl_display_disconnect(display_);
}

wl_proxy* Connection::bind_any(const wl_interface& interface, std::uint32_t newest, EventHandler handler,
                               int nth) {
    auto [first, last] = globals_.equal_range(interface.name);
    for (; nth > 0 && first != last; --nth) ++first;
    if (first == last) {
        say(fmt::format("no {}", interface.name));
        return nullptr;
    }
    const std::uint32_t version =
        std::min({newest, first->second.version, static_cast<std::uint32_t>(interface.version)});
    auto* bound =
        static_cast<wl_proxy*>(wl_registry_bind(registry_, first->second.name, &interface, version));
    return listen(bound, std::move(handler));
}

void Connection::listen_any(wl_proxy* object, EventHandler handler) {
    if (object == nullptr) return;
    const std::string interface = wl_proxy_get_class(object);
    auto tracked = std::make_unique<Tracked>();
    tracked->connection = this;
    tracked->name = fmt::format("{}#{}", interface, ++counts_[interface]);
    tracked->handler = std::move(handler);
    wl_proxy_add_dispatcher(object, &Connection::dispatch, tracked.get(), nullptr);
    tracked_[object] = std::move(tracked);
}

void Connection::forget_any(wl_proxy* object) {
    const auto found = tracked_.find(object);
    if (found == tracked_.end()) return;
    forgotten_.push_back(std::move(found->second));
    tracked_.erase(found);
}

std::string Connection::name_of(wl_proxy* object) const {
    if (object == nullptr) return "nil";
    const auto found = tracked_.find(object);
    return found == tracked_.end() ? wl_proxy_get_class(object) : found->second->name;
}

int Connection::dispatch(const void* implementation, void* target, std::uint32_t /*opcode*/,
                         const wl_message* message, wl_argument* arguments) {
    const auto& tracked = *static_cast<const Tracked*>(implementation);
    Connection& self = *tracked.connection;
    (void)target;
    if (!self.quiet_) self.say(self.describe(tracked.name, *message, arguments));
    if (tracked.handler) {
        tracked.handler(message->name, arguments);
    } else {
        // Nobody else would close what came along.
        int index = 0;
        for (const char* type = message->signature; *type != '\0'; ++type) {
            if (*type == '?' || (*type >= '0' && *type <= '9')) continue;
            if (*type == 'h') close(arguments[index].h);
            ++index;
        }
    }
    return 0;
}

std::string Connection::describe(const std::string& name, const wl_message& message,
                                 const wl_argument* arguments) const {
    const std::string key = name.substr(0, name.find('#')) + "." + message.name;
    const auto unstable = kUnstable.find(key);
    std::string text = name + "." + message.name + "(";
    int index = 0;
    for (const char* type = message.signature; *type != '\0'; ++type) {
        if (*type == '?' || (*type >= '0' && *type <= '9')) continue;
        const wl_argument& argument = arguments[index];
        if (index > 0) text += ", ";
        if (unstable != kUnstable.end() && unstable->second.contains(index)) {
            text += '_';
        } else {
            switch (*type) {
            case 'i':
                text += fmt::format("{}", argument.i);
                break;
            case 'u':
                text += fmt::format("{}", argument.u);
                break;
            case 'f':
                text += fmt::format("{:.2f}", wl_fixed_to_double(argument.f));
                break;
            case 's':
                text += argument.s == nullptr ? "nil" : fmt::format("\"{}\"", argument.s);
                break;
            case 'o':
                text += name_of(reinterpret_cast<wl_proxy*>(argument.o));
                break;
            case 'n':
                text += "new";
                break;
            case 'a':
                text += fmt::format("array[{}]", argument.a->size);
                break;
            default:
                text += "fd";
                break;
            }
        }
        ++index;
    }
    return text + ")";
}

bool Connection::roundtrip() {
    const bool alive = wl_display_roundtrip(display_) >= 0;
    forgotten_.clear();
    return alive;
}

bool Connection::wait(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        while (wl_display_prepare_read(display_) != 0) {
            if (wl_display_dispatch_pending(display_) < 0) return false;
            if (condition()) return true;
        }
        const bool full = wl_display_flush(display_) < 0 && errno == EAGAIN;
        const auto left = deadline - std::chrono::steady_clock::now();
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        pollfd watched{wl_display_get_fd(display_), static_cast<short>(full ? POLLIN | POLLOUT : POLLIN), 0};
        if (milliseconds <= 0 || poll(&watched, 1, static_cast<int>(milliseconds)) <= 0) {
            wl_display_cancel_read(display_);
            return false;
        }
        if ((watched.revents & ~POLLOUT) == 0) {
            wl_display_cancel_read(display_);
            continue;
        }
        if (wl_display_read_events(display_) < 0) return false;
        if (wl_display_dispatch_pending(display_) < 0) return false;
        forgotten_.clear();
    }
    return true;
}

void Connection::flush() {
    (void)wl_display_flush(display_);
}

void Connection::say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

std::string Connection::trouble() const {
    const int error = wl_display_get_error(display_);
    if (error == 0) return {};
    if (error != EPROTO) return fmt::format("connection lost: {}", std::strerror(error));
    const wl_interface* interface = nullptr;
    std::uint32_t id = 0;
    const std::uint32_t code = wl_display_get_protocol_error(display_, &interface, &id);
    return fmt::format("protocol error {} on {}", code, interface == nullptr ? "unknown" : interface->name);
}

} // namespace tv::test
