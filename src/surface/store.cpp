#include "surface/store.h"

#include <algorithm>

#include "wayland/client.h"

namespace tv::surface {
namespace {

using wayland::Client;
using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::request_opcode;

constexpr int kAnswerTimeoutMs = 5'000;      // a compositor that is busy starting up answers within this
constexpr std::uint32_t kModifierEvents = 3; // from 4 on, feedback replaces them

} // namespace

const char* store_name(StoreKind kind) {
    return kind == StoreKind::IOSurface ? "iosurface" : "shm";
}

Result<CompositorSurvey> survey_compositor(UniqueFd connection) {
    Client client(std::move(connection), kAnswerTimeoutMs);
    CompositorSurvey survey;
    std::uint32_t registry = client.new_id();
    std::uint32_t dmabuf_name = 0;
    client.request(wayland::kDisplayId, request_opcode(InterfaceId::wl_display, "get_registry")).u(registry);
    TV_TRY(client.until_synced([&](const Client::Event& event) {
        if (event.header.object != registry ||
            event.header.opcode != event_opcode(InterfaceId::wl_registry, "global"))
            return;
        auto arguments = event.arguments();
        std::uint32_t name = arguments.u();
        auto interface = arguments.s().value_or("");
        std::uint32_t version = arguments.u();
        if (interface == "wl_shm") survey.has_shm = true;
        if (interface != "zwp_linux_dmabuf_v1") return;
        dmabuf_name = name;
        survey.dmabuf_version = version;
    }));
    if (survey.dmabuf_version < kModifierEvents) return survey;

    std::uint32_t dmabuf = client.new_id();
    client.request(registry, request_opcode(InterfaceId::wl_registry, "bind"))
        .u(dmabuf_name)
        .s("zwp_linux_dmabuf_v1")
        .u(kModifierEvents)
        .u(dmabuf);
    TV_TRY(client.until_synced([&](const Client::Event& event) {
        if (event.header.object != dmabuf ||
            event.header.opcode != event_opcode(InterfaceId::zwp_linux_dmabuf_v1, "modifier"))
            return;
        auto arguments = event.arguments();
        std::uint32_t format = arguments.u();
        std::uint64_t high = arguments.u();
        survey.modifiers.push_back({format, high << 32 | arguments.u()});
    }));
    return survey;
}

StoreKind offered_store(const CompositorSurvey& survey) {
    bool takes_iosurfaces = std::ranges::any_of(
        survey.modifiers, [](const auto& offered) { return (offered.modifier & kIOSurfaceModifier) != 0; });
    return takes_iosurfaces ? StoreKind::IOSurface : StoreKind::Shm;
}

} // namespace tv::surface
