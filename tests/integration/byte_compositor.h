// The compositor's end of a Wayland socket, driven by the test message by message: what it says and when,
// with which descriptors, is the test's own choice.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/byte_queue.h"
#include "base/fd.h"
#include "base/socket.h"
#include "wayland/interface.h"

namespace tv::test {

struct ReceivedRequest {
    std::uint32_t object = 0;
    std::string name;                   // "wl_surface.attach"
    std::vector<std::uint32_t> numbers; // all arguments but strings and descriptors, in order
    std::vector<std::string> strings;
    std::vector<int> fds; // owned by the compositor
};

// Single-threaded.
class ByteCompositor {
public:
    using Milliseconds = std::chrono::milliseconds;
    using Argument = std::variant<std::uint32_t, std::string>;

    // `globals`: interface and version, announced with names from 1 at get_registry. Syncs are answered by
    // themselves.
    ByteCompositor(UniqueFd socket, std::vector<std::pair<std::string, std::uint32_t>> globals)
        : socket_(std::move(socket)), globals_(std::move(globals)) {
        objects_[1] = wayland::InterfaceId::wl_display;
    }

    // "wl_keyboard.keymap" on an object; arguments as in its signature, descriptors apart.
    void event(std::uint32_t object, std::string_view name, std::initializer_list<Argument> arguments = {},
               std::initializer_list<int> fds = {});
    void send_bytes(Bytes bytes, std::span<const int> fds = {});

    // Reads until the condition holds.
    [[nodiscard]] bool wait(const std::function<bool()>& condition,
                            Milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] bool wait_for(std::string_view name, std::size_t count = 1,
                                Milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] bool wait_for_end(Milliseconds timeout = std::chrono::seconds(10));
    [[nodiscard]] const ReceivedRequest* request(std::string_view name, std::size_t nth = 0) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
    // Ours now.
    [[nodiscard]] UniqueFd take_fd(int fd);
    void hang_up() { socket_.reset(); }

    std::vector<ReceivedRequest> requests;
    bool ended = false;

    // Takes what has come.
    void pump(int timeout_ms);

private:
    void take_requests();
    void take_request(std::uint32_t object, std::uint16_t opcode, Bytes message);

    UniqueFd socket_;
    const std::vector<std::pair<std::string, std::uint32_t>> globals_;
    ByteQueue incoming_;
    Fifo<UniqueFd> incoming_fds_;
    std::vector<UniqueFd> fds_;
    std::map<std::uint32_t, wayland::InterfaceId> objects_;
};

} // namespace tv::test
