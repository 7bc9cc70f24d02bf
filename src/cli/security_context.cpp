#include "cli/security_context.h"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "wayland/client.h"

namespace tv::cli {
namespace {

using wayland::Client;
using wayland::event_opcode;
using wayland::InterfaceId;
using wayland::request_opcode;

constexpr std::string_view kInterface = "wp_security_context_manager_v1";
constexpr InterfaceId kManager = InterfaceId::wp_security_context_manager_v1;
constexpr InterfaceId kContext = InterfaceId::wp_security_context_v1;
// What upstream says, so that compositors' rules for it apply here too.
constexpr std::string_view kEngine = "waypipe";
constexpr int kBacklog = 128;
constexpr int kAnswerTimeoutMs = 5000;

Failure explain(const Error& error, const Client& client) {
    if (!client.refusal().empty())
        return Failure{fmt::format("--secctx: the compositor refused: {}", client.refusal())};
    return Failure{fmt::format("--secctx: {}", describe(error))};
}

// The registry's name of the manager, 0 without one.
Result<std::uint32_t> find_manager(Client& client, std::uint32_t registry) {
    std::uint32_t name = 0;
    client.request(wayland::kDisplayId, request_opcode(InterfaceId::wl_display, "get_registry")).u(registry);
    TV_TRY(client.until_synced([&](const Client::Event& event) {
        if (event.header.object != registry ||
            event.header.opcode != event_opcode(InterfaceId::wl_registry, "global"))
            return;
        auto arguments = event.arguments();
        const std::uint32_t global = arguments.u();
        if (arguments.s() == kInterface) name = global;
    }));
    return name;
}

struct ContextWords {
    std::string application_id;
    std::string instance_id;
};

// `listening` and `watched` are the compositor's from here on; both stay ours too.
Status make_context(Client& client, std::uint32_t registry, std::uint32_t manager_name, int listening,
                    int watched, const ContextWords& words) {
    const std::uint32_t manager = client.new_id();
    const std::uint32_t context = client.new_id();
    client.request(registry, request_opcode(InterfaceId::wl_registry, "bind"))
        .u(manager_name)
        .s(kInterface)
        .u(1)
        .u(manager);
    client.attach_fd(listening);
    client.attach_fd(watched);
    client.request(manager, request_opcode(kManager, "create_listener")).u(context);
    client.request(context, request_opcode(kContext, "set_sandbox_engine")).s(kEngine);
    client.request(context, request_opcode(kContext, "set_app_id")).s(words.application_id);
    client.request(context, request_opcode(kContext, "set_instance_id")).s(words.instance_id);
    (void)client.request(context, request_opcode(kContext, "commit")); // no arguments
    return client.until_synced([](const Client::Event&) {});
}

} // namespace

Outcome<SecurityContext> SecurityContext::create(const CompositorPlace& place,
                                                 const WaylandEnvironment& environment,
                                                 const std::string& application_id) {
    if (place.connection.valid())
        return failure("--secctx cannot work with WAYLAND_SOCKET; unset it to use WAYLAND_DISPLAY");
    if (!environment.runtime_dir) return failure("--secctx needs XDG_RUNTIME_DIR, the folder for its socket");
    TV_ASSIGN(UniqueFd socket, connect_compositor(place.path));
    Client client(std::move(socket), kAnswerTimeoutMs);
    const std::uint32_t registry = client.new_id();
    const auto manager = find_manager(client, registry);
    if (!manager) return std::unexpected(explain(manager.error(), client));
    if (*manager == 0)
        return failure(
            fmt::format("--secctx: this compositor has no {}; leave the option out or use another compositor",
                        kInterface));

    const std::string instance = fmt::format("{}", ::getpid());
    TV_ASSIGN(UnixListener listener,
              UnixListener::bind(fmt::format("{}/tunnelview-secctx-{}", *environment.runtime_dir, instance),
                                 kBacklog));
    int ends[2];
    if (::pipe(ends) != 0) return failure(fmt::format("--secctx: pipe: {}", errno_text(errno)));
    UniqueFd watched = UniqueFd::adopt(ends[0]);
    UniqueFd kept = UniqueFd::adopt(ends[1]);
    for (int end : ends) (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
    if (const auto made = make_context(client, registry, *manager, listener.fd(), watched.get(),
                                       {application_id, instance});
        !made)
        return std::unexpected(explain(made.error(), client));
    return SecurityContext(std::move(listener), std::move(kept));
}

} // namespace tv::cli
