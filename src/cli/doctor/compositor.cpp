// The compositor: reached, what it offers, and what is made of that.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/doctor/doctor.h"
#include "cli/unix_socket.h"
#include "surface/probe.h"
#include "surface/store.h"
#include "wayland/client.h"

namespace tv::cli {
namespace {

constexpr int kAnswerTimeoutMs = 5'000;

using Globals = std::map<std::string, std::uint32_t>; // interface, highest version

Result<Globals> list_globals(UniqueFd connection) {
    wayland::Client client(std::move(connection), kAnswerTimeoutMs);
    const std::uint32_t registry = client.new_id();
    client
        .request(wayland::kDisplayId,
                 wayland::request_opcode(wayland::InterfaceId::wl_display, "get_registry"))
        .u(registry);
    Globals globals;
    TV_TRY(client.until_synced([&](const wayland::Client::Event& event) {
        if (event.header.object != registry ||
            event.header.opcode != wayland::event_opcode(wayland::InterfaceId::wl_registry, "global"))
            return;
        auto arguments = event.arguments();
        (void)arguments.u();
        const std::string interface(arguments.s().value_or(""));
        std::uint32_t& version = globals[interface];
        version = std::max(version, arguments.u());
    }));
    return globals;
}

struct Wanted {
    const char* interface;
    bool required;
    const char* without; // what it means that it is not there
};
constexpr Wanted kWanted[] = {
    {"wl_compositor", true, "nothing can be shown"},
    {"wl_shm", true, "applications that draw into memory, which are most, show nothing"},
    {"xdg_wm_base", true, "applications have no windows"},
    {"wl_seat", false, "no keyboard and pointer"},
    {"wl_output", false, "some applications do not start without one"},
    {"wl_data_device_manager", false, "no clipboard, no drag and drop"},
    {"wl_subcompositor", false, "toolkits like GTK do not start without it"},
    {"wp_viewporter", false, "video players scale on the remote side"},
    {"wp_presentation", false, "no exact frame times"},
};

// Without the message's own advice.
std::string what_is_wrong(const Failure& failure) {
    return failure.message.substr(0, failure.message.find("; "));
}

void check_globals(Findings& findings, const Globals& globals) {
    std::string missing, required;
    for (const Wanted& wanted : kWanted) {
        if (globals.contains(wanted.interface)) continue;
        std::string& list = wanted.required ? required : missing;
        list += fmt::format("{}{} ({})", list.empty() ? "" : "; ", wanted.interface, wanted.without);
    }
    std::string offered;
    for (const auto& [interface, version] : globals)
        offered += fmt::format("{}{} {}", offered.empty() ? "" : ", ", interface, version);
    findings.ok("globals", fmt::format("{}: {}", globals.size(), offered));
    if (!required.empty())
        findings.problem("required globals", "missing: " + required, "use a compositor that has them");
    if (!missing.empty())
        findings.note("useful globals", "missing: " + missing,
                      "nothing to do unless an application needs one: then use a newer compositor");
}

void check_store(Findings& findings, const surface::CompositorSurvey& survey, const std::string& path,
                 surface::SurfaceStore* store) {
    if (survey.dmabuf_version == 0) {
        findings.ok("dmabuf modifiers", "the compositor has no dmabufs; tunnelview makes them of wl_shm");
    } else {
        constexpr std::uint64_t kTopBit = 0x8000'0000'0000'0000;
        const auto surfaces = std::ranges::count_if(
            survey.modifiers, [](const auto& offered) { return (offered.modifier & kTopBit) != 0; });
        findings.ok("dmabuf modifiers",
                    surfaces != 0
                        ? fmt::format("{} of {} name IOSurfaces", surfaces, survey.modifiers.size())
                        : fmt::format("{}, none of which names IOSurfaces", survey.modifiers.size()));
    }
    const bool surfaces_wanted = surface::offered_store(survey) == surface::StoreKind::IOSurface;
    if (!surfaces_wanted || store == nullptr) {
        findings.ok("buffers", "published by way of wl_shm");
        return;
    }
    auto connection = connect_compositor(path);
    const Status probed = connection ? surface::probe_surfaces(std::move(*connection), *store)
                                     : fail(ErrorCategory::Closed, "no connection");
    if (probed)
        findings.ok("buffers", "published as IOSurfaces: the compositor took two of them for a test");
    else
        findings.problem(
            "buffers",
            fmt::format("the compositor offers IOSurfaces and refused a test: {}", describe(probed.error())),
            "windows are shown by way of wl_shm, which costs a copy a frame; if either program runs "
            "in a sandbox, that may be why");
}

} // namespace

void check_compositor(Findings& findings, const WaylandEnvironment& environment,
                      surface::SurfaceStore* store) {
    if (environment.socket) {
        findings.note("compositor socket", "WAYLAND_SOCKET is an open connection, which is left alone",
                      "run doctor with WAYLAND_DISPLAY set instead to have the compositor looked at");
        return;
    }
    const auto place = find_compositor(environment);
    if (!place) {
        findings.problem("compositor socket", what_is_wrong(place.error()),
                         "start the compositor first; it says which WAYLAND_DISPLAY it serves");
        return;
    }
    auto connection = connect_compositor(place->path);
    if (!connection) {
        findings.problem("compositor socket", what_is_wrong(connection.error()),
                         "start the compositor, or set WAYLAND_DISPLAY to its socket's path");
        return;
    }
    const bool long_path = place->path.size() > max_socket_path();
    const std::string found = fmt::format("{} answers; its path has {} of {} bytes", place->path,
                                          place->path.size(), max_socket_path());
    if (long_path)
        findings.note("compositor socket", found,
                      "tunnelview copes, other Wayland clients do not: use a shorter XDG_RUNTIME_DIR");
    else
        findings.ok("compositor socket", found);

    const auto globals = list_globals(std::move(*connection));
    if (!globals) {
        findings.problem("globals", describe(globals.error()),
                         "the compositor hangs or is no compositor: restart it");
        return;
    }
    check_globals(findings, *globals);
    auto again = connect_compositor(place->path);
    if (!again) return;
    const auto survey = surface::survey_compositor(std::move(*again));
    if (survey)
        check_store(findings, *survey, place->path, store);
    else
        findings.problem("dmabuf modifiers", describe(survey.error()), "restart the compositor");
}

} // namespace tv::cli
