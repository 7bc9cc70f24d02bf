// The scripted client's connection: prints every event under a stable name and hands it to a handler.
// Single-threaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <wayland-client-core.h>
#include <wayland-client-protocol.h>

namespace tv::test {

// Gets an event's name and arguments. Descriptors among them belong to the handler.
using EventHandler = std::function<void(std::string_view event, const wl_argument* arguments)>;

struct Global {
    std::uint32_t name = 0;
    std::uint32_t version = 0;
};

class Connection {
public:
    // $WAYLAND_SOCKET or $WAYLAND_DISPLAY; null when nobody listens. Reads the globals.
    [[nodiscard]] static std::unique_ptr<Connection> open();
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] wl_display* display() const { return display_; }
    [[nodiscard]] bool has(const std::string& interface) const { return globals_.contains(interface); }
    [[nodiscard]] const std::multimap<std::string, Global>& globals() const { return globals_; }

    // Binds a global at most at the given version and listens to it; null when it is not announced.
    // `nth` picks among several, e.g. outputs.
    template <typename Proxy>
    [[nodiscard]] Proxy* bind(const wl_interface& interface, std::uint32_t newest, EventHandler handler = {},
                              int nth = 0) {
        return reinterpret_cast<Proxy*>(bind_any(interface, newest, std::move(handler), nth));
    }
    // Gives an object its name, "interface#N" in the order of these calls, and a handler. Every object that
    // can have events goes through here once. Returns its argument.
    template <typename Proxy>
    Proxy* listen(Proxy* object, EventHandler handler = {}) {
        listen_any(reinterpret_cast<wl_proxy*>(object), std::move(handler));
        return object;
    }
    [[nodiscard]] std::string name_of(wl_proxy* object) const;
    // To be called before the object is destroyed.
    template <typename Proxy>
    void forget(Proxy* object) {
        forget_any(reinterpret_cast<wl_proxy*>(object));
    }

    // A sync and everything before its answer. False on a dead connection.
    [[nodiscard]] bool roundtrip();
    // Dispatches until the condition holds; false at the timeout or on a dead connection.
    [[nodiscard]] bool wait(const std::function<bool()>& condition,
                            std::chrono::milliseconds timeout = std::chrono::seconds(20));
    void flush();

    // One line of output.
    void say(const std::string& line);
    void be_quiet(bool quiet) { quiet_ = quiet; }
    // "protocol error 3 on wl_surface" or "connection lost"; empty while all is well.
    [[nodiscard]] std::string trouble() const;

private:
    struct Tracked;
    Connection() = default;
    wl_proxy* bind_any(const wl_interface& interface, std::uint32_t newest, EventHandler handler, int nth);
    void listen_any(wl_proxy* object, EventHandler handler);
    void forget_any(wl_proxy* object);
    static int dispatch(const void* implementation, void* target, std::uint32_t opcode,
                        const wl_message* message, wl_argument* arguments);
    [[nodiscard]] std::string describe(const std::string& name, const wl_message& message,
                                       const wl_argument* arguments) const;

    wl_display* display_ = nullptr;
    wl_registry* registry_ = nullptr;
    std::multimap<std::string, Global> globals_;
    std::map<std::string, int> counts_;
    std::map<wl_proxy*, std::unique_ptr<Tracked>> tracked_;
    std::vector<std::unique_ptr<Tracked>> forgotten_; // a handler may forget its own object
    bool quiet_ = false;
};

} // namespace tv::test
