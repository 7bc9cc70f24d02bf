// What `tunnelview doctor` makes of a Mac's answers, whatever system it was built for; asking is
// system_darwin.cpp's.
#pragma once

#include <optional>

#include "cli/doctor/doctor.h"

namespace tv::cli {

struct MacFacts {
    std::string version;                // of macOS; empty where the system did not say
    std::string model;                  // "Mac14,2"
    std::string machine;                // uname's
    bool translated = false;            // an x86_64 program on an arm64 system
    std::optional<std::string> sandbox; // the App Sandbox's container
};
void check_mac(Findings& findings, const MacFacts& mac);

// Whether ssh's last words may mean that macOS withholds the local network, and what to do; empty: no.
[[nodiscard]] std::string local_network_advice(std::string_view ssh_words);

} // namespace tv::cli
