#include "proxy/proxy.h"

#include "proxy/dmabuf.h"
#include "proxy/dmabuf_gate.h"
#include "proxy/stand_in.h"

namespace tv::proxy {

using wayland::Holder;
using wayland::Object;

Proxy::Proxy(ProxyConfig proxy_config, mirror::MirrorState& mirror_state)
    : config(std::move(proxy_config)), log(config.log), clock(*config.clock), mirror(mirror_state),
      video(config.video), rids(mirror_state), requests(mirror_state), routes_(Routes::instance()) {
    requests.set_watch(config.frame_watch);
}

void Proxy::start(const ConnectionHeader& header) {
    unsigned version = std::min(header.version, kMaxWireVersion);
    wire_version = header.version;
    peer = peer_kind(version);
    mirror.compression = header.compression;
    channel.start(version, header.compression);
    video_sender = header.video != VideoKind::Unspecified && header.video != VideoKind::None;
    const bool offered = config.offer_gpu && !header.no_dmabuf && video.prepare(header.video, log);
    dmabuf.real = offered && config.surfaces != nullptr;
    dmabuf.enabled = offered && !dmabuf.real;
    if (config.surfaces != nullptr && !dmabuf.real) log_gate_fallback(*this);
    log.debug("remote waypipe speaks version {}, compression {}", header.version,
              compression_name(header.compression));
}

bool Proxy::congested() const {
    return requests.backlog() + mirror.private_bytes + video.queued_bytes() + channel.size() >
               limits::kPauseChannelBytes ||
           requests.descriptors() > limits::kPauseDescriptors;
}

// --- channel messages
// ----------------------------------------------------------------------------------------

Status Proxy::channel_message(MessageType type, Bytes message) {
    switch (type) {
    case MessageType::Protocol: {
        TV_ASSIGN(auto protocol, decode<msg::Protocol>(message));
        return parked_.empty() ? route_requests(protocol.data) : park_requests(protocol.data);
    }
    case MessageType::InjectRids:
        return inject(message);
    case MessageType::OpenFile: {
        TV_ASSIGN(auto open, decode<msg::OpenFile>(message));
        TV_TRY(rids.open_file(open.rid, open.size));
        return resume_requests();
    }
    case MessageType::ExtendFile:
    case MessageType::BufferFill:
    case MessageType::BufferDiff:
        TV_TRY(update_message(type, message));
        return resume_requests();
    case MessageType::OpenIRPipe:
    case MessageType::OpenIWPipe:
    case MessageType::OpenRWPipe:
    case MessageType::PipeTransfer:
    case MessageType::PipeShutdownR:
    case MessageType::PipeShutdownW:
        return pipe_message(type, message);
    case MessageType::AckNblocks:
        return {}; // nothing of ours is kept for a reconnection
    case MessageType::Close:
        peer_closed_ = true;
        return {};
    case MessageType::OpenDmabuf:
    case MessageType::OpenDmavidDst:
    case MessageType::OpenDmavidDstV2:
        return open_image(*this, type, message);
    case MessageType::SendDmavidPacket:
        return video_packet(*this, message);
    case MessageType::OpenDmavidSrc:
    case MessageType::OpenDmavidSrcV2:
        return fail(ErrorCategory::PeerViolation,
                    "asked to encode video although nothing to export was offered");
    case MessageType::OpenTimeline:
    case MessageType::SignalTimeline:
        return fail(ErrorCategory::PeerViolation, "timeline message although none was offered");
    case MessageType::Restart:
        return fail(ErrorCategory::Unsupported, "reconnection (start the remote waypipe without --control)");
    case MessageType::Version:
        return fail(ErrorCategory::PeerViolation, "Version message in the wrong direction");
    }
    return fail(ErrorCategory::PeerViolation, "unknown message type");
}

Status Proxy::inject(Bytes message) {
    TV_ASSIGN(auto inject, decode<msg::InjectRids>(message));
    if (!injected_.empty() && parked_.empty()) {
        log.debug("{} announced descriptors were never used", injected_.size());
        injected_.clear();
    }
    if (injected_.size() + inject.count() > limits::kMaxInjectedRids)
        return fail(ErrorCategory::Limit, "RIDs for one Protocol message (kMaxInjectedRids)",
                    static_cast<std::int64_t>(inject.count()));
    for (std::size_t i = 0; i < inject.count(); ++i) injected_.push(inject[i]);
    return {};
}

Status Proxy::update_message(MessageType type, Bytes message) {
    if (type == MessageType::ExtendFile) {
        TV_ASSIGN(auto extend, decode<msg::ExtendFile>(message));
        TV_ASSIGN(auto file, rids.find_file(extend.rid));
        return file ? file->extend(extend.size) : Status{};
    }
    using mirror::Update;
    if (type == MessageType::BufferFill) {
        TV_ASSIGN(auto fill, decode<msg::BufferFill>(message));
        TV_ASSIGN(auto file, rids.find_file(fill.rid));
        if (!file) return {};
        note_arrival(*file, message.size());
        return file->receive(Update{Update::Kind::Fill, fill.start, fill.end}, fill.data);
    }
    TV_ASSIGN(auto diff, decode<msg::BufferDiff>(message));
    TV_ASSIGN(auto file, rids.find_file(diff.rid));
    if (!file) return {};
    note_arrival(*file, message.size());
    return file->receive(Update{Update::Kind::Diff, diff.diff_size, diff.ntrailing}, diff.data);
}

Status Proxy::pipe_message(MessageType type, Bytes message) {
    switch (type) {
    case MessageType::OpenIRPipe: {
        TV_ASSIGN(auto open, decode<msg::OpenIRPipe>(message));
        return rids.open_pipe(open.rid, type);
    }
    case MessageType::OpenIWPipe: {
        TV_ASSIGN(auto open, decode<msg::OpenIWPipe>(message));
        return rids.open_pipe(open.rid, type);
    }
    case MessageType::OpenRWPipe: {
        TV_ASSIGN(auto open, decode<msg::OpenRWPipe>(message));
        return rids.open_pipe(open.rid, type);
    }
    case MessageType::PipeTransfer: {
        TV_ASSIGN(auto transfer, decode<msg::PipeTransfer>(message));
        TV_ASSIGN(mirror::Pipe * pipe, rids.find_pipe(transfer.rid));
        if (pipe == nullptr) return {};
        if (rids.pipe_bytes() + transfer.data.size() > limits::kMaxPipeBytes)
            return fail(ErrorCategory::Limit, "pipe data that nobody reads (kMaxPipeBytes)",
                        static_cast<std::int64_t>(limits::kMaxPipeBytes));
        pipe->queue(transfer.data);
        return {};
    }
    case MessageType::PipeShutdownR: {
        TV_ASSIGN(auto shutdown, decode<msg::PipeShutdownR>(message));
        TV_ASSIGN(mirror::Pipe * pipe, rids.find_pipe(shutdown.rid));
        if (pipe != nullptr) pipe->stop_reading();
        return {};
    }
    default: {
        TV_ASSIGN(auto shutdown, decode<msg::PipeShutdownW>(message));
        TV_ASSIGN(mirror::Pipe * pipe, rids.find_pipe(shutdown.rid));
        if (pipe != nullptr) pipe->finish_writing();
        return {};
    }
    }
}

// --- requests
// ------------------------------------------------------------------------------------------------

Status Proxy::route_requests(Bytes messages) {
    while (!messages.empty()) {
        if (messages.size() < wayland::kHeaderSize)
            return fail(ErrorCategory::PeerViolation, "Wayland message cut off in its header");
        TV_ASSIGN(wayland::Header header, wayland::read_header(messages, ErrorCategory::PeerViolation));
        if (header.size > messages.size())
            return fail(ErrorCategory::PeerViolation, "Wayland message cut off", header.size);
        auto routed = route_request(header, messages.first(header.size));
        if (!routed && routed.error().category == ErrorCategory::TryAgain) return park_requests(messages);
        TV_TRY(routed);
        messages = messages.subspan(header.size);
    }
    return {};
}

Status Proxy::park_requests(Bytes messages) {
    if (parked_.size() + messages.size() > limits::kMaxParkedRequestBytes)
        return fail(ErrorCategory::Limit, "requests that wait for a file (kMaxParkedRequestBytes)",
                    static_cast<std::int64_t>(limits::kMaxParkedRequestBytes));
    parked_.append(messages);
    return {};
}

Status Proxy::resume_requests() {
    if (parked_.empty() || !injected_file_arrived()) return {};
    ByteQueue waiting = std::exchange(parked_, {});
    return route_requests(waiting.bytes());
}

Status Proxy::route_request(const wayland::Header& header, Bytes message) {
    Object* object = objects.find(header.object);
    const Routes::Slot* slot = object ? routes_.request(object->interface, header.opcode) : nullptr;
    if (slot == nullptr) return pass_untracked_request(header, message);
    if (header.fds != slot->fds)
        return fail(ErrorCategory::PeerViolation, "descriptor count of a request does not match its protocol",
                    header.fds);
    Call call{header, object, slot->description, message, slot->fds, slot->creates};
    if (slot->handler != nullptr) return slot->handler(*this, call);
    if (object->holder == Holder::StandIn) return retire_stand_in(*this, call);
    return pass_request(call);
}

// An object of an interface that nobody here knows: the tag tells how many descriptors go along.
Status Proxy::pass_untracked_request(const wayland::Header& header, Bytes message) {
    if (header.fds > limits::kMaxDescriptorsPerSend)
        return fail(ErrorCategory::Limit, "descriptors of one request (kMaxDescriptorsPerSend)", header.fds);
    fill_reserved(*this); // it might create an object
    Call call{header, nullptr, nullptr, message, header.fds, false};
    return pass_request(call);
}

Status Proxy::pass_request(Call& call) {
    if (call.creates) {
        wayland::Tracked tracked = wayland::track_arguments(call.message, *call.description);
        if (!tracked.well_formed)
            return fail(ErrorCategory::PeerViolation, "request with malformed arguments", call.header.opcode);
        TV_TRY(new_object(tracked.new_id, call.description->creates, call.object->version));
        call.object = objects.find(call.header.object);
    }
    for (unsigned i = 0; i < call.fds; ++i) {
        TV_ASSIGN(auto handed, take_injected());
        if (handed.file) {
            TV_TRY(attach_file(*handed.file));
            requests.gate(std::move(handed.file), false);
        } else {
            requests.attach_fd(std::move(handed.pipe_end));
        }
    }
    append_request(call);
    if (call.description != nullptr && call.description->destructor) objects.destroy(call.header.object);
    return {};
}

bool Proxy::injected_file_arrived() {
    if (injected_.empty()) return true;
    if (!rids.opened_before(injected_.front())) return false;
    auto file = rids.find_file(injected_.front());
    if (!file || !*file) return true;
    // Senders cut what they send at this size.
    constexpr std::size_t kChunk = 256 * limits::kKiB;
    return (*file)->received() >= ((*file)->announced_size() + kChunk - 1) / kChunk;
}

Result<Object*> Proxy::new_object(std::uint32_t id, wayland::InterfaceId interface, std::uint8_t version) {
    fill_reserved(*this);
    return objects.create_client(id, interface, version);
}

std::unexpected<Error> Proxy::protocol_error(std::uint32_t object, std::uint32_t code, const char* what) {
    blamed_ = BlamedObject{object, code};
    return fail(ErrorCategory::PeerViolation, what);
}

Result<mirror::RidTable::Handed> Proxy::take_injected() {
    if (injected_.empty())
        return fail(ErrorCategory::PeerViolation, "request whose descriptor was not announced");
    return rids.hand_over(injected_.pop());
}

Status Proxy::attach_file(const mirror::Replica& file) {
    if (file.published()) return fail(ErrorCategory::PeerViolation, "image where a file belongs", file.rid());
    TV_ASSIGN(UniqueFd copy, file.descriptor().duplicate());
    requests.attach_fd(std::move(copy));
    return {};
}

void Proxy::append_request(Call& call) {
    ByteQueue& out = requests.bytes();
    out.append(call.message);
    if (call.header.fds != 0)
        store_u32(out.recent(call.message.size()), 4,
                  wayland::pack_word(call.header.size, call.header.opcode));
}

// --- events
// --------------------------------------------------------------------------------------------------

Status Proxy::compositor_events(ByteQueue& bytes, Fifo<UniqueFd>& fds) {
    event_fds_ = &fds;
    while (bytes.size() >= wayland::kHeaderSize) {
        TV_ASSIGN(wayland::Header header, wayland::read_header(bytes.bytes(), ErrorCategory::Compositor));
        if (header.size > bytes.size()) break;
        TV_TRY(route_event(header, bytes.bytes().first(header.size)));
        bytes.consume(header.size);
    }
    event_fds_ = nullptr;
    return {};
}

Status Proxy::route_event(const wayland::Header& header, Bytes message) {
    if (header.fds != 0)
        return fail(ErrorCategory::Compositor, "event with an impossible opcode", header.opcode);
    Object* object = objects.find(header.object);
    // What the compositor holds in the place of an object of ours does not concern the application.
    if (object != nullptr && object->holder != Holder::Theirs)
        return backing_event(*this, *object, header, message);
    const Routes::Slot* slot = object ? routes_.event(object->interface, header.opcode) : nullptr;
    Call call{header, object, nullptr, message, 0, false};
    if (slot != nullptr) {
        call.description = slot->description;
        call.fds = slot->fds;
        call.creates = slot->creates;
        if (slot->handler != nullptr) return slot->handler(*this, call);
    }
    return pass_event(call);
}

Status Proxy::pass_event(Call& call) {
    if (call.creates) {
        wayland::Tracked tracked = wayland::track_arguments(call.message, *call.description);
        if (!tracked.well_formed)
            return fail(ErrorCategory::Compositor, "event with malformed arguments", call.header.opcode);
        TV_TRY(objects.create_server(tracked.new_id, call.description->creates, call.object->version));
    }
    for (unsigned i = 0; i < call.fds; ++i) {
        // Only messages that some handler turns into RIDs may carry descriptors to the application.
        TV_ASSIGN(UniqueFd unused, take_event_fd(*this));
        log.debug("event {}.{} with a descriptor that nobody replicates was dropped",
                  wayland::interface(call.object->interface).name, call.description->name);
        return {};
    }
    channel.event(call.message.size()).append(call.message);
    if (call.description != nullptr && call.description->destructor) objects.remove(call.header.object);
    return {};
}

Result<UniqueFd> take_event_fd(Proxy& proxy) {
    if (proxy.event_fds_ == nullptr || proxy.event_fds_->empty())
        return fail(ErrorCategory::Compositor, "event without its descriptor");
    return proxy.event_fds_->pop();
}

void Proxy::send_delete_id(std::uint32_t id) {
    wayland::MessageBuilder(channel.event(12), wayland::kDisplayId,
                            wayland::event_opcode(wayland::InterfaceId::wl_display, "delete_id"))
        .u(id);
}

} // namespace tv::proxy
