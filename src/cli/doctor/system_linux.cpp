#include <cstdlib>

#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/doctor/doctor.h"

namespace tv::cli {

void check_system(Findings& findings) {
    utsname system{};
    ::uname(&system);
    findings.ok("system", fmt::format("{} {} {}", system.sysname, system.release, system.machine));
    findings.ok("translation", "none: built for this processor");
    const char* sandbox = std::getenv("FLATPAK_ID") != nullptr        ? "Flatpak"
                          : std::getenv("SNAP") != nullptr            ? "Snap"
                          : ::access("/run/.containerenv", F_OK) == 0 ? "a container (Podman)"
                          : ::access("/.dockerenv", F_OK) == 0        ? "a container (Docker)"
                                                                      : nullptr;
    if (sandbox != nullptr)
        findings.note("sandbox", sandbox,
                      "the compositor's socket, ssh and its keys have to be visible inside");
    else
        findings.ok("sandbox", "none");
}

std::string network_permission_advice(std::string_view) {
    return "";
}

} // namespace tv::cli
