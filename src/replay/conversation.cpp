#include "replay/conversation.h"

#include <algorithm>

#include <fmt/format.h>

#include "replay/serials.h"

namespace tv::replay {
namespace {

using wayland::InterfaceId;

// Beyond this a Protocol message is closed: receivers take at most limits::kMaxProtocolBytes.
constexpr std::size_t kFullMessage = 64 * limits::kKiB;

struct Argument {
    char letter = 0;
    std::size_t offset = 0; // in the message
};

// Nothing when the arguments do not fit the signature.
std::optional<std::vector<Argument>> arguments_of(Bytes message, const wayland::Message& description) {
    std::vector<Argument> arguments;
    wayland::ArgumentReader reader(message);
    for (const char letter : description.signature) {
        if (letter == '?') continue;
        arguments.push_back({letter, message.size() - reader.remaining()});
        if (letter == 's') {
            (void)reader.s();
        } else if (letter == 'a') {
            (void)reader.a();
        } else if (letter != 'h') {
            (void)reader.u();
        }
    }
    if (!reader.ok() || reader.remaining() != 0) return std::nullopt;
    return arguments;
}

template <typename Visitor>
void for_each_message(Bytes data, Visitor&& visit) {
    while (data.size() >= wayland::kHeaderSize) {
        const auto header = wayland::read_header(data, ErrorCategory::Corrupted);
        if (!header || header->size > data.size()) return;
        visit(*header, data.first(header->size));
        data = data.subspan(header->size);
    }
}

constexpr bool is(InterfaceId interface, std::uint16_t opcode, InterfaceId wanted, std::uint16_t request) {
    return interface == wanted && opcode == request;
}
#define TV_IS_REQUEST(request, wanted, name)                                                                 \
    is((request).object.interface, (request).header.opcode, InterfaceId::wanted,                             \
       wayland::request_opcode(InterfaceId::wanted, name))
#define TV_IS_EVENT(interface, opcode, wanted, name)                                                         \
    is(interface, opcode, InterfaceId::wanted, wayland::event_opcode(InterfaceId::wanted, name))

} // namespace

struct Conversation::Request {
    wayland::Header header;
    Object& object;
    const wayland::Message& description;
    Bytes message;
    std::span<const Rid> rids;
    std::vector<Argument> arguments;
    std::uint32_t made = 0;

    [[nodiscard]] std::uint32_t number(std::size_t index) const {
        return load_u32(message, arguments[index].offset);
    }
};

Conversation::Conversation(ConversationEnd& end, PlayObserver* observer) : end_(end), observer_(observer) {
    Object& display = objects_[wayland::kDisplayId];
    display.interface = InterfaceId::wl_display;
    display.today = wayland::kDisplayId;
    today_[wayland::kDisplayId] = {InterfaceId::wl_display, wayland::kDisplayId};
}

std::string Conversation::name_of(std::uint32_t recorded, const Object& object) const {
    return fmt::format("{} {}", wayland::interface(object.interface).name, recorded);
}

// --- requests of the recording
// -------------------------------------------------------------------------------

void Conversation::recorded_requests(Bytes data, std::span<const Rid> rids) {
    for_each_message(data, [&](const wayland::Header& header, Bytes message) {
        const auto mine = rids.first(std::min<std::size_t>(header.fds, rids.size()));
        rids = rids.subspan(mine.size());
        request(message, mine);
        if (outgoing_.size() >= kFullMessage || outgoing_rids_.size() >= kMaxFdTag) flush();
    });
}

void Conversation::request(Bytes message, std::span<const Rid> rids) {
    const wayland::Header header = *wayland::read_header(message, ErrorCategory::Corrupted);
    const auto found = objects_.find(header.object);
    if (found == objects_.end()) return;
    const wayland::Interface& interface = wayland::interface(found->second.interface);
    if (header.opcode >= interface.requests.size()) return;
    const wayland::Message& description = interface.requests[header.opcode];
    auto arguments = arguments_of(message, description);
    if (!arguments) return;
    if (interface.id == InterfaceId::wl_registry) return bind(message);
    if (description.destructor) await_children(header.object);

    Request request{header, found->second, description, message, rids, std::move(*arguments)};
    for (const Argument& argument : request.arguments) {
        if (argument.letter != 'n') continue;
        request.made = load_u32(message, argument.offset);
        make(request.made, description.creates, request.object.version);
    }
    const bool sensible = note(request);
    std::vector<std::byte> changed(message.begin(), message.end());
    if (!sensible || !rewrite(request, changed)) {
        // What cannot be destroyed today is forgotten.
        if (description.destructor && request.object.today != 0) {
            today_[request.object.today].recorded = 0;
            request.object.today = 0;
        }
        return;
    }
    outgoing_.append(changed);
    if (observer_ != nullptr)
        observer_->request({header.object, interface.id, header.opcode, request.made, message, request.rids});
    after(request);
}

// What has to be remembered of a request, sent or not. False: it is not to be sent.
bool Conversation::note(const Request& request) {
    Object& object = request.object;
    Object* made = request.made != 0 ? &objects_[request.made] : nullptr;
    const Rid rid = request.rids.empty() ? 0 : request.rids[0];
    if (TV_IS_REQUEST(request, wl_shm, "create_pool")) {
        made->rid = rid;
    } else if (TV_IS_REQUEST(request, wl_shm_pool, "create_buffer") ||
               TV_IS_REQUEST(request, zwp_linux_buffer_params_v1, "create_immed")) {
        made->rid = object.rid;
        buffers_[object.rid].insert(request.made);
    } else if (TV_IS_REQUEST(request, zwp_linux_buffer_params_v1, "add")) {
        if (object.rid == 0) object.rid = rid;
    } else if (TV_IS_REQUEST(request, wl_surface, "attach")) {
        object.attached = id_today(request.number(0)) != 0 ? request.number(0) : 0;
        object.attach_pending = object.attached != 0;
    }
    return serial_of_request(object.interface, request.header.opcode).use != SerialUse::Pong;
}

// Puts today's ids and serials in place. False: that cannot be said today.
bool Conversation::rewrite(const Request& request, std::vector<std::byte>& message) {
    // Before ids are looked at: what is waited for may change them.
    if (!rewrite_serial(request, message)) return false;
    Object& object = request.object;
    object.today = id_today(request.header.object);
    if (object.today == 0 || object.destroyed || object.version < request.description.since) return false;
    for (const Argument& argument : request.arguments) {
        const std::uint32_t recorded =
            argument.letter == 'o' ? load_u32(message, argument.offset) : std::uint32_t{0};
        if (recorded == 0) continue;
        const std::uint32_t id = id_today(recorded);
        if (id == 0) return false;
        store_u32(message, argument.offset, id);
    }
    std::vector<Rid> rids;
    for (const Rid recorded : request.rids) {
        const auto rid = rid_today(recorded);
        if (!rid) return false;
        rids.push_back(*rid);
    }
    if (rids.size() != request.header.fds) return false;
    for (const Argument& argument : request.arguments) {
        if (argument.letter != 'n') continue;
        Object& made = objects_[request.made];
        give_id(request.made, made);
        store_u32(message, argument.offset, made.today);
    }
    store_u32(message, 0, object.today);
    outgoing_rids_.insert(outgoing_rids_.end(), rids.begin(), rids.end());
    return true;
}

bool Conversation::rewrite_serial(const Request& request, std::vector<std::byte>& message) {
    const SerialArgument serial = serial_of_request(request.object.interface, request.header.opcode);
    if (serial.use == SerialUse::None) return true;
    const std::size_t offset = request.arguments[serial.index].offset;
    if (serial.use == SerialUse::Configure) return acknowledge(request, offset, message);
    const std::uint32_t today = serial.use == SerialUse::Pointer ? pointer_serial_ : input_serial_;
    if (today != 0) store_u32(message, offset, today);
    return true;
}

// Today's compositor may send fewer configure events, or more: the nth answers the nth, only the first has to
// be waited for, and none is acknowledged twice.
bool Conversation::acknowledge(const Request& request, std::size_t offset, std::vector<std::byte>& message) {
    Object& object = request.object;
    if (object.today == 0) return false;
    const auto come = [&object] { return object.serials.size() > object.acknowledged; };
    if (object.acknowledged == 0
            ? !end_.wait_for(fmt::format("a configure event for {}", name_of(request.header.object, object)),
                             come)
            : !come())
        return false;
    const auto recorded = std::ranges::find(object.recorded_serials, load_u32(message, offset));
    const auto nth = static_cast<std::size_t>(recorded - object.recorded_serials.begin());
    const std::size_t chosen = recorded == object.recorded_serials.end()
                                   ? object.acknowledged
                                   : std::clamp(nth, object.acknowledged, object.serials.size() - 1);
    store_u32(message, offset, object.serials[chosen]);
    object.acknowledged = chosen + 1;
    return true;
}

// A request has been sent.
void Conversation::after(const Request& request) {
    Object& object = request.object;
    if (request.description.destructor) {
        object.destroyed = true;
        object.busy = false;
        if (object.today >= wayland::kServerIdBase) object.today = 0;
    }
    if (TV_IS_REQUEST(request, wl_display, "get_registry")) {
        sync();
        registry_sync_ = syncs_;
    }
    if (!TV_IS_REQUEST(request, wl_surface, "commit") || !object.attach_pending) return;
    object.attach_pending = false;
    Object& buffer = objects_[object.attached];
    buffer.busy = buffer.recorded_busy = true;
    sync();
    shown_sync_[buffer.rid] = syncs_;
}

void Conversation::bind(Bytes message) {
    wayland::ArgumentReader reader(message);
    const std::uint32_t name = reader.u();
    const std::string interface(reader.s().value_or(std::string_view()));
    const std::uint32_t version = reader.u();
    const std::uint32_t id = reader.u();
    const Object& registry = objects_[load_u32(message, 0)];
    const wayland::Interface* known = wayland::find_interface(interface);
    Object& object = make(id, known != nullptr ? known->id : InterfaceId::none, version);
    end_.wait_for("the compositor's globals", [this] { return synced_ >= registry_sync_; });
    const auto all = globals_.find(interface);
    // Without its messages' shapes nothing could be said to it.
    if (known == nullptr || all == globals_.end() || registry.today == 0) return;
    // The second output of the recording is the second of today, if there is one.
    std::size_t nth = 0;
    for (const auto& [other, its_interface] : recorded_globals_) {
        if (other < name && its_interface == interface) ++nth;
    }
    const Global& global = all->second[nth < all->second.size() ? nth : 0];
    object.version = std::min(version, global.version);
    give_id(id, object);
    wayland::MessageBuilder(outgoing_, registry.today, 0)
        .u(global.name)
        .s(interface)
        .u(object.version)
        .u(object.today);
    if (observer_ != nullptr)
        observer_->request({load_u32(message, 0), InterfaceId::wl_registry, 0, id, message, {}});
}

// --- ids
// -----------------------------------------------------------------------------------------------------

Conversation::Object& Conversation::make(std::uint32_t recorded, InterfaceId interface,
                                         std::uint32_t version) {
    Object& object = objects_[recorded];
    // Ids of the compositor's are never announced as free.
    if (object.today != 0 && recorded < wayland::kServerIdBase)
        end_.wait_for(fmt::format("the delete_id of {}", name_of(recorded, object)),
                      [&object] { return object.today == 0; });
    if (object.today != 0) today_[object.today].recorded = 0;
    if (object.rid != 0 && object.interface == InterfaceId::wl_buffer) buffers_[object.rid].erase(recorded);
    object = Object();
    object.interface = interface;
    object.version = version;
    return object;
}

void Conversation::give_id(std::uint32_t recorded, Object& object) {
    if (free_ids_.empty()) free_ids_.push_back(++last_id_);
    object.today = free_ids_.back();
    free_ids_.pop_back();
    today_[object.today] = {object.interface, recorded};
}

// 0: none. An object that an event made is looked for among those that today's events have made.
std::uint32_t Conversation::id_today(std::uint32_t recorded) {
    const auto found = objects_.find(recorded);
    if (found == objects_.end()) return 0;
    Object& object = found->second;
    if (object.today != 0 || object.maker == 0) return object.today;
    const auto maker = objects_.find(std::exchange(object.maker, 0)); // asked for once
    if (maker == objects_.end() || maker->second.today == 0) return 0;
    Object& parent = maker->second;
    const auto come = [&] { return !parent.children.empty() || parent.childless; };
    if (!end_.wait_for(fmt::format("an event that makes {}", name_of(recorded, object)), come)) return 0;
    if (parent.children.empty()) return 0;
    object.today = parent.children.front();
    parent.children.pop_front();
    today_[object.today].recorded = recorded;
    return object.today;
}

// What events of an object have made outlives it, and is not found through it any more.
void Conversation::await_children(std::uint32_t maker) {
    for (const auto& [recorded, object] : objects_)
        if (object.maker == maker) (void)id_today(recorded);
}

void Conversation::give_back(std::uint32_t id) {
    const auto found = today_.find(id);
    if (found == today_.end() || id == wayland::kDisplayId || id >= wayland::kServerIdBase) return;
    if (Object& object = objects_[found->second.recorded]; object.today == id) object.today = 0;
    today_.erase(found);
    free_ids_.push_back(id);
}

void Conversation::sync() {
    Object callback;
    callback.interface = InterfaceId::wl_callback;
    give_id(0, callback);
    today_[callback.today].sync = true;
    wayland::MessageBuilder(outgoing_, wayland::kDisplayId,
                            wayland::request_opcode(InterfaceId::wl_display, "sync"))
        .u(callback.today);
    ++syncs_;
}

void Conversation::settle() {
    sync();
    end_.wait_for("the answer to the last sync", [this] { return synced_ >= syncs_; });
}

void Conversation::flush() {
    if (outgoing_.empty()) return;
    ByteQueue requests;
    std::vector<Rid> rids;
    std::swap(requests, outgoing_);
    std::swap(rids, outgoing_rids_);
    end_.send_requests(requests.bytes(), rids);
}

// --- contents
// ------------------------------------------------------------------------------------------------

void Conversation::before_update(Rid rid) {
    const auto shown = shown_sync_.find(rid);
    if (shown == shown_sync_.end()) return;
    const bool seen = end_.wait_for(fmt::format("the compositor to see buffer contents {}", rid),
                                    [&] { return synced_ >= shown->second; });
    if (!seen) shown_sync_.erase(shown);
    for (const std::uint32_t recorded : buffers_[rid]) {
        Object& buffer = objects_[recorded];
        if (!buffer.busy || buffer.recorded_busy) continue;
        end_.wait_for(fmt::format("the release of {}", name_of(recorded, buffer)),
                      [&buffer] { return !buffer.busy; });
        buffer.busy = false;
    }
}

std::optional<Rid> Conversation::rid_today(Rid recorded) {
    if (recorded > 0) return recorded;
    const auto found = std::ranges::find(recorded_pipes_, recorded);
    if (found == recorded_pipes_.end() || lost_pipes_.contains(recorded)) return std::nullopt;
    const auto nth = static_cast<std::size_t>(found - recorded_pipes_.begin());
    if (nth >= pipes_.size() && observer_ != nullptr) observer_->pipe_wanted();
    if (!end_.wait_for("somebody to ask for data", [&] { return pipes_.size() > nth; })) {
        lost_pipes_.insert(recorded);
        return std::nullopt;
    }
    return pipes_[nth];
}

// --- events
// --------------------------------------------------------------------------------------------------

void Conversation::recorded_events(Bytes data) {
    for_each_message(data, [&](const wayland::Header&, Bytes message) { recorded_event(message); });
}

void Conversation::recorded_event(Bytes message) {
    const wayland::Header header = *wayland::read_header(message, ErrorCategory::Corrupted);
    const auto found = objects_.find(header.object);
    if (found == objects_.end()) return;
    Object& object = found->second;
    const wayland::Interface& interface = wayland::interface(object.interface);
    if (header.opcode >= interface.events.size()) return;
    const wayland::Message& description = interface.events[header.opcode];
    const auto arguments = arguments_of(message, description);
    if (!arguments) return;
    wayland::ArgumentReader reader(message);
    if (TV_IS_EVENT(interface.id, header.opcode, wl_registry, "global")) {
        const std::uint32_t name = reader.u();
        recorded_globals_[name] = std::string(reader.s().value_or(std::string_view()));
    } else if (TV_IS_EVENT(interface.id, header.opcode, wl_buffer, "release")) {
        object.recorded_busy = false;
    } else if (serial_of_event(interface.id, header.opcode) == SerialUse::Configure) {
        object.recorded_serials.push_back(reader.u());
    }
    for (const Argument& argument : *arguments) {
        if (argument.letter != 'n') continue;
        const std::uint32_t made = load_u32(message, argument.offset);
        if (made < wayland::kServerIdBase) return;
        const Rid rid = object.rid;
        const std::uint32_t version = object.version;
        Object& child = make(made, description.creates, version);
        child.maker = header.object;
        child.rid = rid;
        if (child.interface == InterfaceId::wl_buffer) buffers_[rid].insert(made);
    }
}

void Conversation::events(Bytes data) {
    for_each_message(data, [&](const wayland::Header&, Bytes message) { event(message); });
}

void Conversation::event(Bytes message) {
    const wayland::Header header = *wayland::read_header(message, ErrorCategory::Corrupted);
    const auto found = today_.find(header.object);
    if (found == today_.end()) return;
    const Today sender = found->second;
    const wayland::Interface& interface = wayland::interface(sender.interface);
    if (header.opcode >= interface.events.size()) return;
    const wayland::Message& description = interface.events[header.opcode];
    const auto arguments = arguments_of(message, description);
    if (!arguments) return;
    Object* object = sender.recorded != 0 ? &objects_[sender.recorded] : nullptr;
    wayland::ArgumentReader reader(message);

    if (TV_IS_EVENT(interface.id, header.opcode, wl_display, "delete_id")) {
        give_back(reader.u());
    } else if (TV_IS_EVENT(interface.id, header.opcode, wl_display, "error")) {
        (void)reader.u();
        const std::uint32_t code = reader.u();
        refusal_ = fmt::format("{} (error {})", reader.s().value_or("no reason given"), code);
    } else if (TV_IS_EVENT(interface.id, header.opcode, wl_registry, "global")) {
        const std::uint32_t name = reader.u();
        auto& all = globals_[std::string(reader.s().value_or(std::string_view()))];
        // A second registry announces the same globals again.
        if (std::ranges::find(all, name, &Global::name) == all.end()) all.push_back({name, reader.u()});
    } else if (TV_IS_EVENT(interface.id, header.opcode, wl_callback, "done")) {
        if (sender.sync) ++synced_;
    } else if (TV_IS_EVENT(interface.id, header.opcode, wl_buffer, "release")) {
        if (object != nullptr) object->busy = false;
    } else if (TV_IS_EVENT(interface.id, header.opcode, xdg_toplevel, "close")) {
        closed_ = true;
    } else if (TV_IS_EVENT(interface.id, header.opcode, zwp_linux_buffer_params_v1, "failed")) {
        if (object != nullptr) object->childless = true;
    }
    switch (serial_of_event(interface.id, header.opcode)) {
    case SerialUse::Configure:
        if (object != nullptr) object->serials.push_back(load_u32(message, arguments->front().offset));
        break;
    case SerialUse::Pong:
        answer_ping(header, interface.id, load_u32(message, arguments->front().offset));
        break;
    case SerialUse::Pointer:
        pointer_serial_ = input_serial_ = load_u32(message, arguments->front().offset);
        break;
    case SerialUse::Input:
        input_serial_ = load_u32(message, arguments->front().offset);
        break;
    case SerialUse::None:
        break;
    }
    for (const Argument& argument : *arguments) {
        if (argument.letter != 'n') continue;
        const std::uint32_t made = load_u32(message, argument.offset);
        today_[made] = {description.creates, 0};
        if (object != nullptr) object->children.push_back(made);
    }
}

void Conversation::answer_ping(const wayland::Header& header, InterfaceId interface, std::uint32_t serial) {
    const wayland::Interface& its = wayland::interface(interface);
    for (std::size_t opcode = 0; opcode < its.requests.size(); ++opcode) {
        if (its.requests[opcode].name == "pong")
            wayland::MessageBuilder(outgoing_, header.object, static_cast<std::uint16_t>(opcode)).u(serial);
    }
}

} // namespace tv::replay
