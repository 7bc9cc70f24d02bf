#include "peer.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "wayland/interface.h"
#include "wayland/message.h"

namespace tv::test {
namespace {

using wayland::InterfaceId;

constexpr std::uint32_t kNewest = ~0u;

// Milliseconds of one poll, alone and with others to look after.
constexpr int kLongTurn = 50;
constexpr int kTurn = 2;

std::int64_t milliseconds_now() {
    return system_clock().steady() / 1'000'000;
}

} // namespace

bool Peer::raw(Bytes bytes) {
    const std::int64_t deadline = milliseconds_now() + kPatience.count();
    while (!bytes.empty() && socket_.valid()) {
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
            continue;
        }
        if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (milliseconds_now() > deadline) return false;
        if (meanwhile) meanwhile();
        pollfd entry{socket_.get(), static_cast<short>(POLLOUT | (end_ ? 0 : POLLIN)), 0};
        (void)::poll(&entry, 1, meanwhile ? kTurn : kLongTurn);
        if ((entry.revents & POLLIN) != 0) (void)receive();
        if ((entry.revents & POLLERR) != 0) return false;
    }
    return socket_.valid();
}

std::size_t Peer::push(Bytes bytes, std::chrono::milliseconds patience) {
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        pollfd entry{socket_.get(), POLLOUT, 0};
        if (::poll(&entry, 1, static_cast<int>(patience.count())) <= 0) break;
        const Bytes rest = bytes.subspan(taken);
        const ssize_t count = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) taken += static_cast<std::size_t>(count);
        if (count < 0 && errno != EAGAIN && errno != EINTR) break;
    }
    return taken;
}

bool Peer::header(CompressionKind compression, unsigned version) {
    ConnectionHeader header;
    header.version = version;
    header.compression = compression;
    std::array<std::byte, kConnectionHeaderSize> bytes{};
    encode(header, bytes);
    return raw(bytes);
}

bool Peer::inject(std::initializer_list<Rid> rids) {
    ByteVector bytes;
    for (Rid rid : rids) append_u32(bytes, static_cast<std::uint32_t>(rid));
    return send(msg::InjectRids{bytes});
}

bool Peer::pool(std::uint32_t id, Rid rid, std::uint32_t size) {
    return send(msg::OpenFile{rid, size}) && inject({rid}) &&
           protocol(
               Words(kShm, wayland::request_opcode(InterfaceId::wl_shm, "create_pool"), 1).u(id).u(size));
}

bool Peer::frame_word(std::uint32_t size, unsigned type) {
    ByteVector word;
    append_u32(word, size << 5 | type);
    return raw(word);
}

bool Peer::open_desktop() {
    if (!protocol(
            Words(kDisplay, wayland::request_opcode(InterfaceId::wl_display, "get_registry")).u(kRegistry)))
        return false;
    auto offered = [&](std::string_view interface) {
        return std::ranges::any_of(globals_,
                                   [&](const Global& global) { return global.interface == interface; });
    };
    return wait_for([&] { return offered("wl_compositor") && offered("wl_shm"); }) &&
           bind("wl_compositor", kCompositor) != 0 && bind("wl_shm", kShm) != 0;
}

std::uint32_t Peer::bind(const std::string& interface, std::uint32_t id, std::uint32_t version) {
    const auto global = std::ranges::find(globals_, interface, &Global::interface);
    if (global == globals_.end()) return 0;
    const std::uint32_t asked = version == kNewest ? global->version : version;
    Words bind(kRegistry, wayland::request_opcode(InterfaceId::wl_registry, "bind"));
    return protocol(bind.u(global->name).s(interface).u(asked).u(id)) ? asked : 0;
}

bool Peer::round_trip(std::uint32_t id) {
    auto answers = [&] { return std::ranges::count(events_, id, &Event::object); };
    const auto before = answers();
    if (!protocol(Words(kDisplay, wayland::request_opcode(InterfaceId::wl_display, "sync")).u(id)))
        return false;
    return wait_for([&] { return answers() > before; });
}

bool Peer::wait_for(const std::function<bool()>& condition, std::chrono::milliseconds time) {
    const std::int64_t deadline = milliseconds_now() + time.count();
    while (!condition()) {
        const std::int64_t left = deadline - milliseconds_now();
        if (end_ || left <= 0 || !socket_.valid()) return false;
        if (meanwhile) meanwhile();
        pollfd entry{socket_.get(), POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, meanwhile ? kTurn : kLongTurn))) >
            0)
            (void)receive();
    }
    return true;
}

std::optional<std::string> Peer::wait_for_refusal(std::chrono::milliseconds time) {
    (void)wait_for([&] { return close_message_; }, time);
    return close_message_ ? error_ : std::nullopt;
}

bool Peer::wait_for_end(std::chrono::milliseconds time) {
    return wait_for([&] { return end_; }, time);
}

void Peer::stop_sending() {
    (void)::shutdown(socket_.get(), SHUT_WR);
}

bool Peer::receive() {
    MutableBytes room = incoming_.spare(64 * 1024);
    const ssize_t count = ::recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (count > 0) {
        incoming_.commit(static_cast<std::size_t>(count));
        take_messages();
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        end_ = true;
    }
    return !end_;
}

void Peer::take_messages() {
    while (incoming_.size() >= kFrameWordSize) {
        const std::uint32_t word = load_u32(incoming_.bytes(), 0);
        const std::size_t size = word >> 5;
        const unsigned type = word & 31;
        if (size < kFrameWordSize || type >= kMessageTypeCount) {
            end_ = true; // nothing of ours would say this
            return;
        }
        if (incoming_.size() < padded4(size)) return;
        ++seen_[type];
        const Bytes message = incoming_.bytes().first(size);
        if (type == static_cast<unsigned>(MessageType::Protocol)) take_events(message.subspan(4));
        if (type == static_cast<unsigned>(MessageType::Close)) close_message_ = true;
        if (type == static_cast<unsigned>(MessageType::PipeTransfer)) pipe_bytes_ += size - 8;
        incoming_.consume(padded4(size));
    }
}

void Peer::take_events(Bytes messages) {
    while (messages.size() >= 8) {
        const std::uint32_t word = load_u32(messages, 4);
        const std::size_t size = word >> 16;
        if (size < 8 || size > messages.size()) return;
        const Bytes arguments = messages.first(size).subspan(8);
        take_event(
            {load_u32(messages, 0), word & 0x7ff, word >> 11 & 31, {arguments.begin(), arguments.end()}});
        messages = messages.subspan(size);
    }
}

void Peer::take_event(Event event) {
    ByteReader reader(event.arguments);
    auto text = [&reader] {
        const std::size_t length = reader.u32();
        const Bytes bytes = reader.bytes(padded4(length));
        if (!reader.ok() || length == 0) return std::string();
        return std::string(reinterpret_cast<const char*>(bytes.data()), length - 1);
    };
    if (event.object == kRegistry && event.opcode == 0) {
        Global global;
        global.name = reader.u32();
        global.interface = text();
        global.version = reader.u32();
        globals_.push_back(std::move(global));
    }
    if (event.object == kDisplay && event.opcode == 0) {
        (void)reader.u32(); // object
        (void)reader.u32(); // code
        error_ = text();
    }
    events_.push_back(std::move(event));
}

} // namespace tv::test
