#include <cstdlib>

#include <sys/sysctl.h>
#include <sys/utsname.h>

#include "cli/doctor/mac.h"

namespace tv::cli {
namespace {

std::string sysctl_text(const char* name) {
    char value[256] = {};
    std::size_t size = sizeof value - 1;
    return ::sysctlbyname(name, value, &size, nullptr, 0) == 0 ? value : "";
}

int sysctl_number(const char* name) {
    int value = 0;
    std::size_t size = sizeof value;
    return ::sysctlbyname(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

} // namespace

void check_system(Findings& findings) {
    utsname system{};
    ::uname(&system);
    MacFacts mac;
    mac.version = sysctl_text("kern.osproductversion");
    mac.model = sysctl_text("hw.model");
    mac.machine = system.machine;
    mac.translated = sysctl_number("sysctl.proc_translated") == 1;
    if (const char* container = std::getenv("APP_SANDBOX_CONTAINER_ID")) mac.sandbox = container;
    check_mac(findings, mac);
}

std::string network_permission_advice(std::string_view ssh_words) {
    return local_network_advice(ssh_words);
}

} // namespace tv::cli
