#include "surface/probe.h"

#include <algorithm>

#include <fcntl.h>

#include "base/fourcc.h"
#include "surface/store.h"
#include "wayland/client.h"

namespace tv::surface {
namespace {

using wayland::Client;
using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::request_opcode;

constexpr int kAnswerTimeoutMs = 5'000;
constexpr std::uint32_t kVersion =
    3; // of zwp_linux_dmabuf_v1: modifiers, and nothing that we would have to read
constexpr auto kParams = InterfaceId::zwp_linux_buffer_params_v1;

struct Size {
    std::uint32_t width, height;
};
constexpr Size kSizes[] = {{64, 64}, {333, 17}};

Result<std::uint32_t> bind_dmabuf(Client& client) {
    const std::uint32_t registry = client.new_id();
    std::uint32_t name = 0, version = 0;
    client.request(wayland::kDisplayId, request_opcode(InterfaceId::wl_display, "get_registry")).u(registry);
    TV_TRY(client.until_synced([&](const Client::Event& event) {
        if (event.header.object != registry ||
            event.header.opcode != event_opcode(InterfaceId::wl_registry, "global"))
            return;
        auto arguments = event.arguments();
        const std::uint32_t announced = arguments.u();
        if (arguments.s().value_or("") != "zwp_linux_dmabuf_v1") return;
        name = announced;
        version = arguments.u();
    }));
    if (version < kVersion) return fail(ErrorCategory::Unsupported, "no dmabuf global with modifiers");
    const std::uint32_t dmabuf = client.new_id();
    client.request(registry, request_opcode(InterfaceId::wl_registry, "bind"))
        .u(name)
        .s("zwp_linux_dmabuf_v1")
        .u(kVersion)
        .u(dmabuf);
    return dmabuf;
}

Status try_surface(Client& client, std::uint32_t dmabuf, const Size& size, SurfaceStore& store,
                   int null_file) {
    TV_ASSIGN(const auto surface, store.create(size.width, size.height));
    const std::uint32_t params = client.new_id();
    const std::uint64_t modifier = kIOSurfaceModifier | surface->id();
    client.request(dmabuf, request_opcode(InterfaceId::zwp_linux_dmabuf_v1, "create_params")).u(params);
    client.attach_fd(null_file);
    client.request(params, request_opcode(kParams, "add"))
        .u(0)
        .u(0)
        .u(static_cast<std::uint32_t>(surface->stride()))
        .u(static_cast<std::uint32_t>(modifier >> 32))
        .u(static_cast<std::uint32_t>(modifier));
    client.request(params, request_opcode(kParams, "create"))
        .u(size.width)
        .u(size.height)
        .u(fourcc("XR24"))
        .u(0);
    std::uint32_t buffer = 0;
    bool refused = false;
    TV_TRY(client.until_synced([&](const Client::Event& event) {
        if (event.header.object != params) return;
        if (event.header.opcode == event_opcode(kParams, "created")) buffer = event.arguments().u();
        if (event.header.opcode == event_opcode(kParams, "failed")) refused = true;
    }));
    if (refused) return fail(ErrorCategory::Unsupported, "a surface was refused, of width", size.width);
    if (buffer == 0)
        return fail(ErrorCategory::Unsupported, "a surface was not answered for, of width", size.width);
    (void)client.request(buffer, request_opcode(InterfaceId::wl_buffer, "destroy"));
    (void)client.request(params, request_opcode(kParams, "destroy"));
    return client.until_synced([](const Client::Event&) {});
}

} // namespace

Status probe_surfaces(UniqueFd connection, SurfaceStore& store) {
    Client client(std::move(connection), kAnswerTimeoutMs);
    const UniqueFd null_file = UniqueFd::adopt(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null_file.valid()) return fail_errno("open of /dev/null");
    TV_ASSIGN(const std::uint32_t dmabuf, bind_dmabuf(client));
    for (const Size& size : kSizes) TV_TRY(try_surface(client, dmabuf, size, store, null_file.get()));
    return {};
}

} // namespace tv::surface
