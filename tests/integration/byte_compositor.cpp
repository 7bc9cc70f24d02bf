#include "byte_compositor.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <poll.h>

#include "wayland/message.h"

namespace tv::test {

using wayland::InterfaceId;

namespace {

// For what no test provokes: nothing sensible can follow.
void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "byte compositor: %s\n", what);
    std::abort();
}

} // namespace

void ByteCompositor::event(std::uint32_t object, std::string_view name,
                           std::initializer_list<Argument> arguments, std::initializer_list<int> fds) {
    const std::size_t dot = name.find('.');
    const wayland::Interface* interface = wayland::find_interface(name.substr(0, dot));
    require(interface != nullptr, "no such interface");
    const auto events = interface->events;
    const auto found = std::ranges::find(events, name.substr(dot + 1), &wayland::Message::name);
    require(found != events.end(), "no such event");
    // What the event makes is the application's to talk to.
    const Argument* next = arguments.begin();
    for (const char letter : found->signature) {
        if (letter == '?' || letter == 'h') continue;
        require(next != arguments.end(), "too few arguments");
        if (letter == 'n') objects_[std::get<std::uint32_t>(*next)] = found->creates;
        ++next;
    }
    ByteQueue out;
    {
        wayland::MessageBuilder builder(out, object, static_cast<std::uint16_t>(found - events.begin()));
        for (const Argument& argument : arguments) {
            if (const auto* number = std::get_if<std::uint32_t>(&argument)) {
                builder.u(*number);
            } else {
                builder.s(std::get<std::string>(argument));
            }
        }
    }
    send_bytes(out.bytes(), std::span(fds.begin(), fds.size()));
}

void ByteCompositor::send_bytes(Bytes bytes, std::span<const int> fds) {
    while (!bytes.empty()) {
        auto sent = send_some(socket_.get(), bytes, fds);
        if (!sent && sent.error().category == ErrorCategory::TryAgain) {
            pump(100);
            continue;
        }
        if (!sent) return;
        bytes = bytes.subspan(*sent);
        fds = {};
    }
}

void ByteCompositor::pump(int timeout_ms) {
    pollfd watched{socket_.get(), POLLIN, 0};
    if (poll(&watched, 1, timeout_ms) <= 0) return;
    MutableBytes room = incoming_.spare(65536);
    iovec part{room.data(), room.size()};
    auto got = receive_some(socket_.get(), std::span(&part, 1), &incoming_fds_);
    if (!got && got.error().category == ErrorCategory::TryAgain) return;
    if (!got || *got == 0) {
        ended = true;
        return;
    }
    incoming_.commit(*got);
    take_requests();
}

void ByteCompositor::take_requests() {
    while (incoming_.size() >= 8) {
        const std::uint32_t word = load_u32(incoming_.bytes(), 4);
        const std::size_t size = word >> 16;
        require(size >= 8 && (word & 0xffff) < 0x800, "a request with an impossible header");
        if (incoming_.size() < size) return;
        take_request(load_u32(incoming_.bytes(), 0), static_cast<std::uint16_t>(word & 0xffff),
                     incoming_.bytes().first(size));
        incoming_.consume(size);
    }
}

void ByteCompositor::take_request(std::uint32_t object, std::uint16_t opcode, Bytes message) {
    const auto known = objects_.find(object);
    ReceivedRequest request{object, "?", {}, {}, {}};
    if (known == objects_.end() || known->second == InterfaceId::none) {
        requests.push_back(std::move(request));
        return;
    }
    const wayland::Interface& interface = wayland::interface(known->second);
    require(opcode < interface.requests.size(), "a request with an unknown opcode");
    const wayland::Message& description = interface.requests[opcode];
    request.name = std::string(interface.name) + "." + std::string(description.name);
    wayland::ArgumentReader reader(message);
    for (const char letter : description.signature) {
        if (letter == '?') continue;
        if (letter == 's') {
            request.strings.emplace_back(reader.s().value_or(std::string_view()));
        } else if (letter == 'a') {
            (void)reader.a();
        } else if (letter == 'h') {
            require(!incoming_fds_.empty(), "a request whose descriptor did not come with it");
            fds_.push_back(incoming_fds_.pop());
            request.fds.push_back(fds_.back().get());
        } else {
            request.numbers.push_back(reader.u());
            if (letter == 'n') objects_[request.numbers.back()] = description.creates;
        }
    }
    require(reader.ok() && reader.remaining() == 0, "a request that does not fit its signature");
    const ReceivedRequest taken = request;
    requests.push_back(std::move(request));
    if (taken.name == "wl_registry.bind") {
        const wayland::Interface* bound = wayland::find_interface(taken.strings[0]);
        objects_[taken.numbers.back()] = bound != nullptr ? bound->id : InterfaceId::none;
    } else if (taken.name == "wl_display.sync") {
        event(taken.numbers[0], "wl_callback.done", {0U});
    } else if (taken.name == "wl_display.get_registry") {
        std::uint32_t next = 0;
        for (const auto& [name, version] : globals_)
            event(taken.numbers[0], "wl_registry.global", {++next, name, version});
    }
}

bool ByteCompositor::wait(const std::function<bool()>& condition, Milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        const auto left =
            std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (ended || left <= 0) return condition();
        pump(static_cast<int>(left));
    }
    return true;
}

bool ByteCompositor::wait_for(std::string_view name, std::size_t wanted, Milliseconds timeout) {
    return wait([&] { return count(name) >= wanted; }, timeout);
}

bool ByteCompositor::wait_for_end(Milliseconds timeout) {
    return wait([&] { return ended; }, timeout);
}

const ReceivedRequest* ByteCompositor::request(std::string_view name, std::size_t nth) const {
    for (const ReceivedRequest& request : requests) {
        if (request.name == name && nth-- == 0) return &request;
    }
    return nullptr;
}

std::size_t ByteCompositor::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(requests, name, &ReceivedRequest::name));
}

UniqueFd ByteCompositor::take_fd(int fd) {
    for (UniqueFd& owned : fds_) {
        if (owned.get() == fd) return std::move(owned);
    }
    return {};
}

} // namespace tv::test
