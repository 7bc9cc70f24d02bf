// Which sanitizers a test was built with, for the few statements that those make untrue.
#pragma once

#if !defined(__has_feature)
#define TV_HAS_FEATURE(name) 0
#else
#define TV_HAS_FEATURE(name) __has_feature(name)
#endif

namespace tv::test {

// Their shadow memory and quarantines are not ours: what a process takes says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || TV_HAS_FEATURE(address_sanitizer) ||    \
    TV_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// UBSan asks through a pipe of its own whether an object can be read before it checks a virtual call, and
// takes EMFILE for a bad object: a program without free descriptors cannot be tried with it.
#if TV_HAS_FEATURE(undefined_behavior_sanitizer)
inline constexpr bool kVirtualCallsNeedDescriptors = true;
#else
inline constexpr bool kVirtualCallsNeedDescriptors = false;
#endif

} // namespace tv::test

#undef TV_HAS_FEATURE
