#include "proxy/dmabuf.h"

#include <algorithm>
#include <array>

#include "proxy/dmabuf_surface.h"
#include "proxy/image_format.h"
#include "proxy/stand_in.h"

namespace tv::proxy {
namespace {

using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::MessageBuilder;
using wayland::request_opcode;

// Names count up from 1 in every compositor; ours comes from the other end.
constexpr std::uint32_t kGlobalName = 0xffff'fff0;
// makedev(226, 128), /dev/dri/renderD128 on Linux: behind a C server the application's Mesa opens exactly
// that.
constexpr std::uint64_t kMainDevice = 0xe280;
constexpr std::uint64_t kLinear = 0;
constexpr std::uint64_t kInvalid = 0x00ff'ffff'ffff'ffff;
constexpr std::array kModifiers = {kLinear, kInvalid};
constexpr std::size_t kTableEntry = 16; // u32 format, u32 padding, u64 modifier
// Modifier events came with version 3 and replaced format events; from 4 on, feedback replaces both.
constexpr std::uint32_t kModifierVersion = 3;
constexpr std::uint32_t kFeedbackVersion = 4;

// The first bind: what the compositor's wl_shm says is for us. Its format events come in one go after the
// bind, so before the answer to anything that the application asks later.
struct ShmBacking final : BackingData {
    std::uint32_t version = 0; // of the application's bind

    Status backing_event(Proxy& proxy, const wayland::Header& header, Bytes message) override {
        if (header.opcode != event_opcode(InterfaceId::wl_shm, "format")) return {};
        wayland::ArgumentReader arguments(message);
        std::uint32_t format = drm_from_shm(arguments.u());
        if (!arguments.ok()) return fail(ErrorCategory::Compositor, "malformed wl_shm.format");
        if (proxy.video_sender && unconvertible_video_format(format)) return {};
        if (!bytes_per_pixel(format) || std::ranges::count(proxy.dmabuf.formats, format) != 0) return {};
        proxy.dmabuf.formats.push_back(format);
        send_dmabuf_format(proxy, header.object, version, format);
        return {};
    }
};

// Further binds: the formats are known once the callback in their place is done.
struct LaterBind final : BackingData {
    std::uint32_t version = 0;

    Status backing_event(Proxy& proxy, const wayland::Header& header, Bytes) override {
        for (std::uint32_t format : proxy.dmabuf.formats)
            send_dmabuf_format(proxy, header.object, version, format);
        return {};
    }
};

MessageBuilder feedback_event(Proxy& proxy, std::uint32_t id, std::uint16_t opcode, std::size_t size) {
    return {proxy.channel.event(wayland::kHeaderSize + size), id, opcode};
}

Status send_table(Proxy& proxy, std::uint32_t id) {
    std::vector<std::byte> table(proxy.dmabuf.formats.size() * kModifiers.size() * kTableEntry);
    std::size_t at = 0;
    for (std::uint32_t format : proxy.dmabuf.formats) {
        for (std::uint64_t modifier : kModifiers) {
            store_u32(table, at, format);
            store_le(MutableBytes(table), at + 8, modifier);
            at += kTableEntry;
        }
    }
    Rid rid = proxy.channel.new_rid();
    TV_TRY(proxy.channel.send_file(rid, table));
    MessageBuilder(proxy.channel.event_with(rid, 12), id,
                   event_opcode(InterfaceId::zwp_linux_dmabuf_feedback_v1, "format_table"), 1)
        .u(static_cast<std::uint32_t>(table.size()));
    return {};
}

struct FeedbackData final : BackingData {
    Status backing_event(Proxy& proxy, const wayland::Header& header, Bytes) override {
        return send_dmabuf_feedback(proxy, header.object);
    }
};

// get_default_feedback(id), get_surface_feedback(id, surface): one answer for all surfaces.
Status get_feedback(Proxy& proxy, Call& call) {
    auto arguments = call.arguments();
    std::uint32_t id = arguments.u();
    if (!arguments.ok()) return fail(ErrorCategory::PeerViolation, "malformed request for dmabuf feedback");
    std::uint8_t version = call.object->version;
    if (proxy.dmabuf.real) return proxy.pass_request(call);
    TV_ASSIGN(auto* object, make_stand_in(proxy, id, InterfaceId::zwp_linux_dmabuf_feedback_v1, version));
    object->data = std::make_unique<FeedbackData>();
    return {};
}

// The id of the first bind stays the wl_shm's for as long as the connection lives, and is never given back.
Status destroy(Proxy& proxy, Call& call) {
    if (proxy.dmabuf.real) return proxy.pass_request(call);
    if (call.header.object != proxy.dmabuf.shm) return retire_stand_in(proxy, call);
    call.object->zombie = true; // its data goes on collecting formats
    return {};
}

std::uint32_t free_name(const Proxy& proxy) {
    std::uint32_t name = kGlobalName;
    auto taken = [&](const AnnouncedGlobal& global) { return global.name == name; };
    while (std::ranges::any_of(proxy.globals, taken)) --name;
    return name;
}

constexpr Route kRoutes[] = {
    on_request(InterfaceId::zwp_linux_dmabuf_v1, "destroy", destroy),
    on_request(InterfaceId::zwp_linux_dmabuf_v1, "get_default_feedback", get_feedback),
    on_request(InterfaceId::zwp_linux_dmabuf_v1, "get_surface_feedback", get_feedback),
};

} // namespace

// A format as the versions before feedback say it.
void send_dmabuf_format(Proxy& proxy, std::uint32_t id, std::uint32_t version, std::uint32_t format) {
    if (version >= kFeedbackVersion) return;
    if (version < kModifierVersion) {
        MessageBuilder(proxy.channel.event(12), id, event_opcode(InterfaceId::zwp_linux_dmabuf_v1, "format"))
            .u(format);
        return;
    }
    for (std::uint64_t modifier : kModifiers) {
        MessageBuilder(proxy.channel.event(20), id,
                       event_opcode(InterfaceId::zwp_linux_dmabuf_v1, "modifier"))
            .u(format)
            .u(static_cast<std::uint32_t>(modifier >> 32))
            .u(static_cast<std::uint32_t>(modifier));
    }
}

Status send_dmabuf_feedback(Proxy& proxy, std::uint32_t id) {
    using enum InterfaceId;
    constexpr InterfaceId kFeedback = zwp_linux_dmabuf_feedback_v1;
    TV_TRY(send_table(proxy, id));
    std::array<std::byte, sizeof kMainDevice> device;
    store_le(MutableBytes(device), 0, kMainDevice);
    std::vector<std::byte> indices(proxy.dmabuf.formats.size() * kModifiers.size() * sizeof(std::uint16_t));
    for (std::size_t i = 0; i * sizeof(std::uint16_t) < indices.size(); ++i)
        store_le(MutableBytes(indices), i * sizeof(std::uint16_t), static_cast<std::uint16_t>(i));

    feedback_event(proxy, id, event_opcode(kFeedback, "main_device"), 12).a(device);
    feedback_event(proxy, id, event_opcode(kFeedback, "tranche_target_device"), 12).a(device);
    feedback_event(proxy, id, event_opcode(kFeedback, "tranche_flags"), 4).u(0);
    feedback_event(proxy, id, event_opcode(kFeedback, "tranche_formats"), 4 + padded4(indices.size()))
        .a(indices);
    feedback_event(proxy, id, event_opcode(kFeedback, "tranche_done"), 0);
    feedback_event(proxy, id, event_opcode(kFeedback, "done"), 0);
    return {};
}

void announce_dmabuf(Proxy& proxy, std::uint32_t registry, std::uint32_t shm_name) {
    DmabufState& state = proxy.dmabuf;
    if (!state.enabled) return;
    if (state.shm_global != shm_name) {
        // A new wl_shm after the first went: a name is never used twice.
        state.shm_global = shm_name;
        state.global = free_name(proxy);
        proxy.globals.push_back({state.global, InterfaceId::zwp_linux_dmabuf_v1, kDmabufVersion});
    }
    MessageBuilder(proxy.channel.event(48), registry, event_opcode(InterfaceId::wl_registry, "global"))
        .u(state.global)
        .s("zwp_linux_dmabuf_v1")
        .u(kDmabufVersion);
}

bool gave_up_over_dmabufs(const Proxy& proxy) {
    return proxy.peer == PeerKind::Rust && proxy.dmabuf.global != 0 && !proxy.dmabuf.any_bound;
}

void withdraw_dmabuf(Proxy& proxy, std::uint32_t registry, std::uint32_t name) {
    if (proxy.dmabuf.global == 0 || name != proxy.dmabuf.shm_global) return;
    MessageBuilder(proxy.channel.event(12), registry, event_opcode(InterfaceId::wl_registry, "global_remove"))
        .u(proxy.dmabuf.global);
}

Status bind_dmabuf(Proxy& proxy, std::uint32_t registry, std::uint32_t version, std::uint32_t id) {
    auto object_version = static_cast<std::uint8_t>(version);
    proxy.dmabuf.bound = true;
    if (proxy.dmabuf.shm != 0) {
        TV_ASSIGN(auto* object, make_stand_in(proxy, id, InterfaceId::zwp_linux_dmabuf_v1, object_version));
        auto data = std::make_unique<LaterBind>();
        data->version = version;
        object->data = std::move(data);
        return {};
    }
    TV_ASSIGN(auto* object, proxy.new_object(id, InterfaceId::zwp_linux_dmabuf_v1, object_version));
    auto data = std::make_unique<ShmBacking>();
    data->version = version;
    object->data = std::move(data);
    object->holder = wayland::Holder::Ours;
    proxy.dmabuf.shm = id;
    MessageBuilder(proxy.requests.bytes(), registry, request_opcode(InterfaceId::wl_registry, "bind"))
        .u(proxy.dmabuf.shm_global)
        .s("wl_shm")
        .u(1)
        .u(id);
    return {};
}

Status open_image(Proxy& proxy, MessageType type, Bytes message) {
    if (proxy.dmabuf.global == 0)
        return fail(ErrorCategory::PeerViolation, "dmabuf opened although none was offered");
    if (type != MessageType::OpenDmabuf) return open_video(proxy, type, message);
    TV_ASSIGN(auto open, decode<msg::OpenDmabuf>(message));
    TV_ASSIGN(mirror::ImageLayout layout, image_layout(open.slice));
    TV_ASSIGN(auto published, publish_image(proxy, layout));
    return proxy.rids.open_image(open.rid, layout, std::move(published));
}

std::span<const Route> dmabuf_routes() {
    return kRoutes;
}

} // namespace tv::proxy
