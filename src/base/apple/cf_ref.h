// The one owner of a Core Foundation reference. Plain C++; included only from files that are built for Apple
// systems (and, in the tests, on the simulation).
#pragma once

#include <CoreFoundation/CoreFoundation.h>

#include <utility>

namespace tv {

// Holds one retain count. Move-only: a second owner is made by naming retain(), so that every count can be
// seen in the source. T is the reference type: CfRef<CFStringRef>, CfRef<CVPixelBufferRef>,
// CfRef<IOSurfaceRef>, ...
template <class T>
class CfRef {
public:
    CfRef() = default;
    CfRef(CfRef&& other) noexcept : ref_(std::exchange(other.ref_, nullptr)) {}
    CfRef& operator=(CfRef&& other) noexcept {
        CfRef old(std::move(*this));
        ref_ = std::exchange(other.ref_, nullptr);
        return *this;
    }
    CfRef(const CfRef&) = delete;
    CfRef& operator=(const CfRef&) = delete;
    ~CfRef() { reset(); }

    // Takes over the count that a function with Create or Copy in its name gave (NULL: empty).
    [[nodiscard]] static CfRef adopt(T ref) {
        CfRef owner;
        owner.ref_ = ref;
        return owner;
    }
    // Adds a count of its own to a reference that is only borrowed (the Get rule; NULL: empty).
    [[nodiscard]] static CfRef retain(T ref) {
        if (ref != nullptr) CFRetain(ref);
        return adopt(ref);
    }

    [[nodiscard]] T get() const { return ref_; }
    explicit operator bool() const { return ref_ != nullptr; }
    // Gives the count away.
    [[nodiscard]] T release() { return std::exchange(ref_, nullptr); }
    void reset() {
        if (T old = std::exchange(ref_, nullptr); old != nullptr) CFRelease(old);
    }
    // For out parameters that receive an owned reference: whatever was held before is released first.
    [[nodiscard]] T* out() {
        reset();
        return &ref_;
    }

private:
    T ref_ = nullptr;
};

} // namespace tv
