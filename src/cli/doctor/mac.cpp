#include "cli/doctor/mac.h"

#include <fmt/format.h>

namespace tv::cli {

void check_mac(Findings& findings, const MacFacts& mac) {
    findings.ok("system", fmt::format("macOS {} on {} ({})", mac.version, mac.model, mac.machine));
    if (mac.translated)
        findings.note("translation", "this is the x86_64 program, run by Rosetta",
                      "install the arm64 build: conversion and decompression are faster, and decoders are "
                      "Apple silicon's own");
    else
        findings.ok("translation", "none: built for this processor");
    if (mac.sandbox)
        findings.note("sandbox", fmt::format("App Sandbox ({})", *mac.sandbox),
                      "the compositor's socket has to be in a shared container, ssh needs the network "
                      "entitlement, and global IOSurfaces may be refused");
    else
        findings.ok("sandbox", "none");
}

// macOS answers as if there were no way to the host.
std::string local_network_advice(std::string_view ssh_words) {
    if (!ssh_words.contains("No route to host") && !ssh_words.contains("no answer")) return "";
    return "if other programs reach that host, macOS withholds the local network: System Settings, Privacy & "
           "Security, Local Network, allow the program that starts tunnelview (the terminal or launcher)";
}

} // namespace tv::cli
