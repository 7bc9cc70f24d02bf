// The object core: what it refuses, and what it counts.
#include <gtest/gtest.h>

#include "base/apple/cf_ref.h"
#include "sim/cf.h"

namespace tv::sim {
namespace {

CfRef<CFStringRef> text(const char* value) {
    return CfRef<CFStringRef>::adopt(CFStringCreateWithCString(nullptr, value, kCFStringEncodingUTF8));
}

TEST(AppleSimObjects, a_string_that_is_never_released_is_in_the_leak_report) {
    const auto before = mark();
    CFStringRef leaked = CFStringCreateWithCString(nullptr, "left behind", kCFStringEncodingUTF8);
    ASSERT_EQ(alive_since(before).size(), 1U);
    EXPECT_NE(alive_since(before)[0].find("left behind"), std::string::npos);
    CFRelease(leaked);
    EXPECT_TRUE(alive_since(before).empty());
}

TEST(AppleSimObjectsDeathTest, an_over_release_ends_the_process) {
    CFStringRef string = CFStringCreateWithCString(nullptr, "a", kCFStringEncodingUTF8);
    CFRelease(string);
    EXPECT_DEATH(CFRelease(string), "over-release of a CFString");
}

TEST(AppleSimObjectsDeathTest, a_use_after_the_last_release_ends_the_process) {
    CFStringRef string = CFStringCreateWithCString(nullptr, "a", kCFStringEncodingUTF8);
    CFRelease(string);
    char buffer[8];
    EXPECT_DEATH(CFStringGetCString(string, buffer, sizeof buffer, kCFStringEncodingUTF8),
                 "after its last release");
}

TEST(AppleSimObjectsDeathTest, null_and_mistyped_references_end_the_process) {
    EXPECT_DEATH(CFRelease(nullptr), "CFRelease of NULL");
    EXPECT_DEATH(CFRetain(nullptr), "CFRetain of NULL");
    EXPECT_DEATH(CFDataGetLength(reinterpret_cast<CFDataRef>(kCFBooleanTrue)),
                 "wants a CFData, got a CFBoolean");
}

TEST(AppleSimObjects, a_dictionary_with_the_cf_callbacks_keeps_its_values_alive) {
    const auto before = mark();
    {
        auto key = text("width");
        const std::int32_t value = 640;
        auto number = CfRef<CFNumberRef>::adopt(CFNumberCreate(nullptr, kCFNumberSInt32Type, &value));
        const void* keys[] = {key.get()};
        const void* values[] = {number.get()};
        auto dictionary = CfRef<CFDictionaryRef>::adopt(CFDictionaryCreate(
            nullptr, keys, values, 1, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
        number.reset();
        key.reset();
        auto asked = text("width");
        std::int32_t got = 0;
        ASSERT_NE(CFDictionaryGetValue(dictionary.get(), asked.get()), nullptr);
        EXPECT_TRUE(
            CFNumberGetValue(static_cast<CFNumberRef>(CFDictionaryGetValue(dictionary.get(), asked.get())),
                             kCFNumberSInt32Type, &got));
        EXPECT_EQ(got, 640);
        check_dictionary(dictionary.get(), "test");
    }
    EXPECT_TRUE(alive_since(before).empty());
}

TEST(AppleSimObjectsDeathTest, a_dictionary_without_callbacks_is_refused_by_the_frameworks) {
    auto dictionary =
        CfRef<CFDictionaryRef>::adopt(CFDictionaryCreate(nullptr, nullptr, nullptr, 0, nullptr, nullptr));
    EXPECT_DEATH(check_dictionary(dictionary.get(), "test"), "without the CF callbacks");
}

TEST(AppleSimObjectsDeathTest, an_immutable_dictionary_cannot_be_changed) {
    auto dictionary = CfRef<CFDictionaryRef>::adopt(CFDictionaryCreate(
        nullptr, nullptr, nullptr, 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
    EXPECT_DEATH(CFDictionarySetValue(const_cast<CFMutableDictionaryRef>(dictionary.get()), kCFBooleanTrue,
                                      kCFBooleanTrue),
                 "immutable");
}

TEST(CfRef, moves_leave_one_owner_and_retain_makes_a_second) {
    const auto before = mark();
    {
        auto first = text("shared");
        EXPECT_EQ(CFGetRetainCount(first.get()), 1);
        auto second = CfRef<CFStringRef>::retain(first.get());
        EXPECT_EQ(CFGetRetainCount(first.get()), 2);
        auto moved = std::move(second);
        EXPECT_EQ(CFGetRetainCount(first.get()), 2);
        moved = std::move(first);
        EXPECT_EQ(CFGetRetainCount(moved.get()), 1);
    }
    EXPECT_TRUE(alive_since(before).empty());
}

} // namespace
} // namespace tv::sim
