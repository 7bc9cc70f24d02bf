// `tunnelview doctor` as it is on a Mac: Darwin's own file of it, whose system calls are answered here.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>

#include <gtest/gtest.h>
#include <sys/sysctl.h>

#include "cli/doctor/mac.h"

namespace {

struct Mac {
    std::map<std::string, std::string> texts{{"kern.osproductversion", "14.5"}, {"hw.model", "Mac14,2"}};
    std::map<std::string, int> numbers; // absent: the system knows no such name
};
Mac& mac() {
    static Mac instance;
    return instance;
}

} // namespace

extern "C" int sysctlbyname(const char* name, void* old_value, size_t* old_size, void* new_value,
                            size_t new_size) {
    EXPECT_EQ(new_value, nullptr);
    EXPECT_EQ(new_size, 0U);
    const auto text = mac().texts.find(name);
    const auto number = mac().numbers.find(name);
    const auto answer = [&](const void* value, std::size_t size) {
        if (*old_size < size) {
            errno = ENOMEM;
            return -1;
        }
        std::memcpy(old_value, value, size);
        *old_size = size;
        return 0;
    };
    if (text != mac().texts.end()) return answer(text->second.c_str(), text->second.size() + 1);
    if (number != mac().numbers.end()) return answer(&number->second, sizeof number->second);
    errno = ENOENT;
    return -1;
}

namespace tv::cli {
namespace {

class DoctorOnMac : public testing::Test {
protected:
    void SetUp() override {
        mac() = Mac{};
        ::unsetenv("APP_SANDBOX_CONTAINER_ID");
    }
    void TearDown() override { ::unsetenv("APP_SANDBOX_CONTAINER_ID"); }
    static Finding look(std::string_view check) {
        Findings findings;
        check_system(findings);
        EXPECT_EQ(findings.all().size(), 3U);
        for (const Finding& finding : findings.all())
            if (finding.check == check) return finding;
        ADD_FAILURE() << "no line about " << check;
        return {};
    }
};

TEST_F(DoctorOnMac, the_system_and_the_model_are_told) {
    const Finding system = look("system");
    EXPECT_EQ(system.health, Health::Ok);
    EXPECT_TRUE(system.found.starts_with("macOS 14.5 on Mac14,2 (")) << system.found;
}

TEST_F(DoctorOnMac, a_name_that_the_system_does_not_know_is_no_translation) {
    EXPECT_EQ(look("translation").health, Health::Ok);
    mac().numbers["sysctl.proc_translated"] = 0;
    EXPECT_EQ(look("translation").health, Health::Ok);
    EXPECT_EQ(look("translation").advice, "");
}

TEST_F(DoctorOnMac, rosetta_is_told_with_what_to_install) {
    mac().numbers["sysctl.proc_translated"] = 1;
    const Finding translation = look("translation");
    EXPECT_EQ(translation.health, Health::Note);
    EXPECT_TRUE(translation.found.contains("Rosetta")) << translation.found;
    EXPECT_TRUE(translation.advice.contains("install the arm64 build")) << translation.advice;
}

TEST_F(DoctorOnMac, the_app_sandbox_is_told_with_what_it_withholds) {
    EXPECT_EQ(look("sandbox").health, Health::Ok);
    ::setenv("APP_SANDBOX_CONTAINER_ID", "org.example.host", 1);
    const Finding sandbox = look("sandbox");
    EXPECT_EQ(sandbox.health, Health::Note);
    EXPECT_EQ(sandbox.found, "App Sandbox (org.example.host)");
    for (const char* part : {"shared container", "network entitlement", "global IOSurfaces"})
        EXPECT_TRUE(sandbox.advice.contains(part)) << sandbox.advice;
}

TEST_F(DoctorOnMac, a_host_without_a_way_to_it_may_be_the_local_network_permission) {
    for (const char* words : {"ssh: connect to host box port 22: No route to host", "no answer in 30 s"}) {
        const std::string advice = network_permission_advice(words);
        EXPECT_TRUE(advice.contains("Privacy & Security, Local Network")) << advice;
    }
    EXPECT_EQ(network_permission_advice("Permission denied (publickey)."), "");
    EXPECT_EQ(network_permission_advice("Could not resolve hostname box"), "");
}

TEST_F(DoctorOnMac, no_line_is_a_problem_by_itself) {
    mac().numbers["sysctl.proc_translated"] = 1;
    ::setenv("APP_SANDBOX_CONTAINER_ID", "org.example.host", 1);
    Findings findings;
    check_system(findings);
    EXPECT_EQ(findings.exit_code(), 0);
    EXPECT_TRUE(findings.json().contains("Rosetta")) << findings.json();
}

} // namespace
} // namespace tv::cli
