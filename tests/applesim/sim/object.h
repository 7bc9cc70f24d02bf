// The object core of the simulation. A simulated object is a struct with Apple's tag name that derives from
// Object:
//
//     struct __IOSurface : tv::sim::Object {
//         static const tv::sim::TypeInfo kType;               // defined once: const TypeInfo
//         ...::kType{"IOSurface"};
//         __IOSurface() : Object(kType) {}
//         void dispose() override { ...give back what it holds; runs once, at the last release... }
//     };
//     auto* s = new __IOSurface;                              // retain count 1, owned by the caller
//     auto* s = tv::sim::check<__IOSurface>(ref, "IOSurfaceLock");   // in every function: aborts for NULL,
//     freed or mistyped tv::sim::retain(s); tv::sim::release(s, "why");
//
// dispose() empties the object; its memory stays in quarantine for a while, so that a use after the last
// release is told as such. violation() is how a broken rule ends the process: a message, the stacks of
// creation and of now, abort. Everything here may be called from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tv::sim {

struct TypeInfo {
    const char* name;
};
// A CFTypeID that differs from run to run.
unsigned long type_id(const TypeInfo& type);

constexpr std::size_t kStackDepth = 16;
struct Stack {
    void* frames[kStackDepth] = {};
    int count = 0;
    void capture();
};

struct Object {
    explicit Object(const TypeInfo& type);
    virtual ~Object() = default;
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;

    virtual void dispose() {}
    // Content, for CFEqual and CFHash; the default is identity.
    [[nodiscard]] virtual bool equals(const Object& other) const { return this == &other; }
    [[nodiscard]] virtual std::uint64_t hash() const { return reinterpret_cast<std::uintptr_t>(this) / 16; }
    // For the leak report and for messages.
    [[nodiscard]] virtual std::string describe() const { return type->name; }

    static constexpr std::uint64_t kAlive = 0x616c697665212121;
    static constexpr std::uint64_t kDead = 0x6465616421212121;
    std::atomic<std::uint64_t> magic = kAlive;
    const TypeInfo* type;
    std::atomic<long> retain_count = 1;
    // Constants (kCFBooleanTrue, key strings): retain and release do nothing, and they are no leak.
    bool immortal = false;
    std::uint64_t serial = 0;
    Stack created;
    // The registry's links.
    Object* previous = nullptr;
    Object* next = nullptr;
};

[[noreturn]] void violation(const std::string& what, const Object* object = nullptr);

// `function` names the caller in the message. Never returns nullptr.
Object* check_alive(const void* reference, const char* function);
Object* check_type(const void* reference, const TypeInfo& type, const char* function);

template <class T>
T* check(const void* reference, const char* function) {
    return static_cast<T*>(check_type(reference, T::kType, function));
}
// NULL is passed through.
template <class T>
T* check_optional(const void* reference, const char* function) {
    return reference == nullptr ? nullptr : check<T>(reference, function);
}

void retain(const void* reference, const char* function = "CFRetain");
void release(const void* reference, const char* function = "CFRelease");

// Made immortal and taken out of the registry: for constants.
template <class T>
T* immortal(T* object);
void make_immortal(Object* object);
template <class T>
T* immortal(T* object) {
    make_immortal(object);
    return object;
}

// The leak report: what was created since a mark and still lives.
std::uint64_t mark();
std::vector<std::string> alive_since(std::uint64_t mark);
std::size_t alive_count();
// How many objects of a type live (by TypeInfo::name).
std::size_t alive_count_of(const char* type_name);

} // namespace tv::sim
