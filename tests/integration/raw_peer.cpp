#include "raw_peer.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mirror/diff.h"
#include "wayland/message.h"

namespace tv::test {

using wayland::InterfaceId;

namespace {

// For what no test provokes: the peer cannot go on.
void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "raw peer: %s\n", what);
    std::abort();
}

std::optional<std::uint16_t> find_opcode(std::span<const wayland::Message> messages, std::string_view name) {
    for (std::size_t index = 0; index < messages.size(); ++index) {
        if (messages[index].name == name) return static_cast<std::uint16_t>(index);
    }
    return std::nullopt;
}

void append_u32(std::vector<std::byte>& out, std::uint32_t value) {
    out.resize(out.size() + 4);
    store_u32(out, out.size() - 4, value);
}

void append_string(std::vector<std::byte>& out, std::string_view text) {
    append_u32(out, static_cast<std::uint32_t>(text.size() + 1));
    const std::size_t at = out.size();
    out.resize(at + padded4(text.size() + 1));
    std::memcpy(out.data() + at, text.data(), text.size());
}

} // namespace

RawPeer::RawPeer(UniqueFd channel, unsigned version, CompressionKind compression, VideoKind video)
    : channel_(std::move(channel)), compression_(compression) {
    objects_[1] = InterfaceId::wl_display;
    ConnectionHeader header;
    header.version = version;
    header.compression = compression;
    header.video = video;
    std::array<std::byte, kConnectionHeaderSize> bytes{};
    encode(header, bytes);
    send_bytes(bytes);
}

// --- the channel
// ---------------------------------------------------------------------------------------------

void RawPeer::send_bytes(Bytes bytes) {
    outgoing_.append(bytes);
    while (!outgoing_.empty() && !ended && channel_.valid()) pump(1000, true);
}

void RawPeer::finish_writing() {
    (void)shutdown(channel_.get(), SHUT_WR);
}

void RawPeer::pump(int timeout_ms, bool want_to_write) {
    pollfd watched{channel_.get(), static_cast<short>(want_to_write ? POLLIN | POLLOUT : POLLIN), 0};
    if (poll(&watched, 1, timeout_ms) <= 0) return;
    if ((watched.revents & POLLOUT) != 0) {
        const ssize_t sent =
            ::send(channel_.get(), outgoing_.bytes().data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) outgoing_.consume(static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            outgoing_.consume(outgoing_.size()); // nobody reads any more
    }
    if ((watched.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return;
    MutableBytes room = incoming_.spare(65536);
    const ssize_t got = recv(channel_.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) incoming_.commit(static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) ended = true;
    take_messages();
}

void RawPeer::take_messages() {
    while (incoming_.size() >= kFrameWordSize) {
        const auto frame = peek_frame(incoming_.bytes());
        require(frame.has_value(), "not a frame");
        if (incoming_.size() < frame->padded_size()) return;
        const Bytes bytes = incoming_.bytes().first(frame->size);
        messages.push_back({frame->type, {bytes.begin(), bytes.end()}});
        if (frame->type == MessageType::Protocol) {
            take_events(bytes.subspan(msg::Protocol::kHeadSize));
        } else if (frame->type == MessageType::InjectRids) {
            const auto inject = *decode<msg::InjectRids>(bytes);
            for (std::size_t index = 0; index < inject.count(); ++index) event_rids_.push_back(inject[index]);
        } else if (frame->type == MessageType::OpenFile) {
            const auto open = *decode<msg::OpenFile>(bytes);
            files_[open.rid].assign(open.size, std::byte{});
        } else if (frame->type == MessageType::BufferFill) {
            const auto fill = *decode<msg::BufferFill>(bytes);
            const auto plain = decompressed(fill.data, fill.uncompressed_size());
            auto& target = files_[fill.rid];
            if (target.size() < fill.end) target.resize(fill.end);
            std::copy(plain.begin(), plain.end(), target.begin() + fill.start);
        } else if (frame->type == MessageType::BufferDiff) {
            const auto diff = *decode<msg::BufferDiff>(bytes);
            // What comes for a file of the application's own is for the test to look at.
            if (const auto target = files_.find(diff.rid); target != files_.end()) {
                const auto plain = decompressed(diff.data, diff.uncompressed_size());
                require(apply_diff(plain, diff.diff_size, target->second).has_value(),
                        "a diff that does not apply");
            }
        } else if (frame->type == MessageType::PipeTransfer) {
            const auto transfer = *decode<msg::PipeTransfer>(bytes);
            pipes_[transfer.rid].append(reinterpret_cast<const char*>(transfer.data.data()),
                                        transfer.data.size());
        }
        incoming_.consume(frame->padded_size());
    }
}

void RawPeer::take_events(Bytes data) {
    while (data.size() >= 8) {
        const std::uint32_t word = load_u32(data, 4);
        const std::size_t size = word >> 16;
        require(size >= 8 && size <= data.size(), "an event that does not end in its message");
        take_event(load_u32(data, 0), static_cast<std::uint16_t>(word & 0x7ff), fd_tag(word),
                   data.first(size));
        data = data.subspan(size);
    }
    event_rids_.clear();
}

void RawPeer::take_event(std::uint32_t object, std::uint16_t opcode, unsigned tag, Bytes message) {
    ReceivedEvent event{object, "?", tag, {}, {}, {}};
    for (unsigned index = 0; index < tag && !event_rids_.empty(); ++index) {
        event.rids.push_back(event_rids_.front());
        event_rids_.erase(event_rids_.begin());
    }
    const auto known = objects_.find(object);
    if (known != objects_.end() && known->second != InterfaceId::none) {
        const wayland::Interface& interface = wayland::interface(known->second);
        const wayland::Message& description = interface.events[opcode];
        event.name = std::string(interface.name) + "." + std::string(description.name);
        wayland::ArgumentReader reader(message);
        for (const char letter : description.signature) {
            if (letter == 's') {
                event.strings.emplace_back(reader.s().value_or(std::string_view()));
            } else if (letter == 'a') {
                const Bytes array = reader.a();
                event.strings.emplace_back(reinterpret_cast<const char*>(array.data()), array.size());
            } else if (letter != 'h' && letter != '?') {
                event.numbers.push_back(reader.u());
                if (letter == 'n') objects_[event.numbers.back()] = description.creates;
            }
        }
        require(reader.ok() && reader.remaining() == 0, "an event that does not fit its signature");
    }
    events.push_back(std::move(event));
}

// --- files
// ---------------------------------------------------------------------------------------------------

std::vector<std::byte> RawPeer::compressed(Bytes bytes) {
    std::vector<std::byte> out;
    (void)compressor_.compress(compression_, bytes, out);
    return out;
}

std::vector<std::byte> RawPeer::decompressed(Bytes bytes, std::size_t size) {
    std::vector<std::byte> out(size);
    auto done = decompressor_.decompress(compression_, bytes, out);
    require(done.has_value(), "data that does not decompress");
    return out;
}

RemoteFile RawPeer::open_file(std::size_t size) {
    RemoteFile file{new_rid(), std::vector<std::byte>(size)};
    send(msg::OpenFile{file.rid, static_cast<std::uint32_t>(size)});
    return file;
}

void RawPeer::extend(RemoteFile& file, std::size_t size) {
    file.bytes.resize(size);
    send(msg::ExtendFile{file.rid, static_cast<std::uint32_t>(size)});
}

void RawPeer::fill(RemoteFile& file, std::size_t offset, Bytes bytes) {
    std::copy(bytes.begin(), bytes.end(), file.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    const auto data = compressed(bytes);
    send(msg::BufferFill{file.rid, static_cast<std::uint32_t>(offset),
                         static_cast<std::uint32_t>(offset + bytes.size()), data});
}

void RawPeer::diff(RemoteFile& file, std::size_t offset, Bytes bytes) {
    const std::vector<std::byte> before = file.bytes;
    std::copy(bytes.begin(), bytes.end(), file.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    const ByteRange range{offset, offset + bytes.size()};
    std::vector<std::byte> plain;
    const DiffSize size = build_diff(before, file.bytes, std::span(&range, 1), plain);
    if (size.empty()) return;
    const auto data = compressed(plain);
    send(msg::BufferDiff{file.rid, static_cast<std::uint32_t>(size.diff_size),
                         static_cast<std::uint32_t>(size.ntrailing), data});
}

// --- Wayland
// -------------------------------------------------------------------------------------------------

std::uint32_t RawPeer::request(std::uint32_t object, std::string_view name,
                               std::initializer_list<RequestArgument> arguments) {
    const wayland::Interface& interface = wayland::interface(objects_.at(object));
    const auto opcode = find_opcode(interface.requests, name);
    require(opcode.has_value(), "no such request");
    const wayland::Message& description = interface.requests[*opcode];
    std::vector<std::byte> message(8);
    std::uint32_t created = 0;
    unsigned fds = 0;
    const RequestArgument* next = arguments.begin();
    for (const char letter : description.signature) {
        if (letter == '?') continue;
        if (letter == 'n') {
            created = ++last_id_;
            objects_[created] = description.creates;
            append_u32(message, created);
            continue;
        }
        require(next != arguments.end(), "too few arguments");
        if (letter == 'h') {
            request_rids_.push_back(std::get<FdOf>(*next).rid);
            ++fds;
        } else if (letter == 's') {
            append_string(message, std::get<std::string>(*next));
        } else {
            append_u32(message, std::get<std::uint32_t>(*next));
        }
        ++next;
    }
    require(next == arguments.end(), "too many arguments");
    store_u32(message, 0, object);
    store_u32(message, 4, wayland::pack_word(static_cast<std::uint16_t>(message.size()), *opcode, fds));
    requests_.insert(requests_.end(), message.begin(), message.end());
    if (!batching_) send_requests();
    return created;
}

void RawPeer::send_requests() {
    std::vector<std::byte> rids(request_rids_.size() * sizeof(Rid));
    for (std::size_t index = 0; index < request_rids_.size(); ++index)
        store_u32(rids, index * sizeof(Rid), static_cast<std::uint32_t>(request_rids_[index]));
    if (!rids.empty()) send(msg::InjectRids{rids});
    send(msg::Protocol{requests_});
    requests_.clear();
    request_rids_.clear();
}

void RawPeer::end_batch() {
    batching_ = false;
    send_requests();
}

std::uint32_t RawPeer::bind_name(std::uint32_t name, const std::string& interface, std::uint32_t version) {
    const std::uint32_t id = ++last_id_;
    const wayland::Interface* known = wayland::find_interface(interface);
    objects_[id] = known != nullptr ? known->id : InterfaceId::none;
    std::vector<std::byte> message(8);
    append_u32(message, name);
    append_string(message, interface);
    append_u32(message, version);
    append_u32(message, id);
    store_u32(message, 0, 2); // the registry
    store_u32(message, 4, wayland::pack_word(static_cast<std::uint16_t>(message.size()), 0));
    requests_.insert(requests_.end(), message.begin(), message.end());
    if (!batching_) send_requests();
    return id;
}

std::uint32_t RawPeer::bind(const std::string& interface, std::uint32_t version) {
    const auto all = globals();
    const auto found = all.find(interface);
    if (found == all.end()) return 0;
    return bind_name(found->second.first, interface, std::min(version, found->second.second));
}

bool RawPeer::read_registry() {
    require(request(1, "get_registry") == 2, "the registry is not the first object");
    return roundtrip();
}

std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> RawPeer::globals() const {
    std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> all;
    for (const ReceivedEvent& event : events) {
        if (event.name == "wl_registry.global")
            all.try_emplace(event.strings[0], event.numbers[0], event.numbers[1]);
    }
    return all;
}

bool RawPeer::roundtrip(Milliseconds timeout) {
    const std::uint32_t callback = request(1, "sync");
    return wait(
        [&] {
            return std::ranges::any_of(events, [&](const ReceivedEvent& event) {
                return event.object == callback && event.name == "wl_callback.done";
            });
        },
        timeout);
}

RawPeer::Window RawPeer::open_window(const std::string& title) {
    if (compositor == 0) {
        if (globals().empty() && !read_registry()) return {};
        compositor = bind("wl_compositor", 5);
        shm = bind("wl_shm", 1);
        shell = bind("xdg_wm_base", 3);
    }
    Window window;
    window.surface = request(compositor, "create_surface");
    window.shell_surface = request(shell, "get_xdg_surface", {window.surface});
    window.toplevel = request(window.shell_surface, "get_toplevel");
    request(window.toplevel, "set_title", {title});
    request(window.surface, "commit");
    const auto configured = [&]() -> const ReceivedEvent* {
        for (const ReceivedEvent& event : events) {
            if (event.object == window.shell_surface && event.name == "xdg_surface.configure") return &event;
        }
        return nullptr;
    };
    if (!wait([&] { return configured() != nullptr; })) return {};
    request(window.shell_surface, "ack_configure", {configured()->numbers[0]});
    return window;
}

// --- what came back
// ------------------------------------------------------------------------------------------

bool RawPeer::wait(const std::function<bool()>& condition, Milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        const auto left =
            std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (ended || left <= 0) return condition();
        if (idle) idle();
        pump(static_cast<int>(idle ? std::min<std::int64_t>(left, 2) : left), false);
    }
    return true;
}

bool RawPeer::wait_for_event(std::string_view name, std::size_t wanted, Milliseconds timeout) {
    return wait([&] { return count(name) >= wanted; }, timeout);
}

bool RawPeer::wait_for_end(Milliseconds timeout) {
    return wait([&] { return ended; }, timeout);
}

std::size_t RawPeer::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(events, name, &ReceivedEvent::name));
}

std::size_t RawPeer::count(MessageType type) const {
    return static_cast<std::size_t>(std::ranges::count(messages, type, &ReceivedMessage::type));
}

const ReceivedEvent* RawPeer::event(std::string_view name, std::size_t nth) const {
    for (const ReceivedEvent& event : events) {
        if (event.name == name && nth-- == 0) return &event;
    }
    return nullptr;
}

const std::vector<std::byte>* RawPeer::file(Rid rid) const {
    const auto found = files_.find(rid);
    return found == files_.end() ? nullptr : &found->second;
}

std::string RawPeer::pipe_data(Rid rid) const {
    const auto found = pipes_.find(rid);
    return found == pipes_.end() ? std::string() : found->second;
}

} // namespace tv::test
