#include <cstdlib>

#include <sys/sysctl.h>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "cli/doctor/doctor.h"

namespace tv::cli {
namespace {

std::string sysctl_text(const char* name) {
    char value[256] = {};
    std::size_t size = sizeof value - 1;
    return ::sysctlbyname(name, value, &size, nullptr, 0) == 0 ? value : "";
}

// 1: an x86_64 program on an arm64 system.
bool translated() {
    int value = 0;
    std::size_t size = sizeof value;
    return ::sysctlbyname("sysctl.proc_translated", &value, &size, nullptr, 0) == 0 && value == 1;
}

} // namespace

void check_system(Findings& findings) {
    utsname system{};
    ::uname(&system);
    findings.ok("system", fmt::format("macOS {} on {} ({})", sysctl_text("kern.osproductversion"),
                                      sysctl_text("hw.model"), system.machine));
    if (translated())
        findings.note("translation", "this is the x86_64 program, run by Rosetta",
                      "install the arm64 build: conversion and decompression are faster, and decoders are "
                      "Apple silicon's own");
    else
        findings.ok("translation", "none: built for this processor");
    const char* container = std::getenv("APP_SANDBOX_CONTAINER_ID");
    if (container != nullptr)
        findings.note("sandbox", fmt::format("App Sandbox ({})", container),
                      "the compositor's socket has to be in a shared container, ssh needs the network "
                      "entitlement, and global IOSurfaces may be refused");
    else
        findings.ok("sandbox", "none");
}

// macOS answers as if there were no way to the host.
std::string network_permission_advice(std::string_view ssh_words) {
    if (!ssh_words.contains("No route to host") && !ssh_words.contains("no answer")) return "";
    return "if other programs reach that host, macOS withholds the local network: System Settings, Privacy & "
           "Security, Local Network, allow the program that starts tunnelview (the terminal or launcher)";
}

} // namespace tv::cli
