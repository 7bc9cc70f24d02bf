// The simulation's own view of CoreFoundation's values.
#pragma once

#include <CoreFoundation/CoreFoundation.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "object.h"

// NOLINTBEGIN(bugprone-reserved-identifier): Apple's tag names.
struct __CFString : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    explicit __CFString(std::string value) : Object(kType), text(std::move(value)) {}
    bool equals(const Object& other) const override;
    std::uint64_t hash() const override { return std::hash<std::string>{}(text); }
    std::string describe() const override { return "CFString \"" + text + "\""; }
    std::string text;
};

struct __CFBoolean : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    explicit __CFBoolean(bool v) : Object(kType), value(v) {}
    bool value;
};

struct __CFNumber : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    __CFNumber(std::int64_t i, double f, bool floating)
        : Object(kType), integer(i), real(f), is_float(floating) {}
    bool equals(const Object& other) const override;
    std::uint64_t hash() const override { return std::hash<double>{}(real); }
    std::int64_t integer;
    double real;
    bool is_float;
};

struct __CFData : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    explicit __CFData(std::vector<std::uint8_t> b) : Object(kType), bytes(std::move(b)) {}
    bool equals(const Object& other) const override;
    std::uint64_t hash() const override { return bytes.size(); }
    // A wrong length afterwards is seen as a read of poison, not of the old bytes.
    void dispose() override { bytes.assign(bytes.size(), 0xdb); }
    std::vector<std::uint8_t> bytes;
};

struct __CFArray : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    __CFArray(const CFArrayCallBacks* callbacks, bool is_mutable);
    void add(const void* value);
    void dispose() override;
    bool equals(const Object& other) const override;
    std::uint64_t hash() const override { return values.size(); }
    CFArrayCallBacks callbacks{};
    bool can_change;
    std::vector<const void*> values;
};

struct __CFDictionary : tv::sim::Object {
    static const tv::sim::TypeInfo kType;
    __CFDictionary(const CFDictionaryKeyCallBacks* key_callbacks,
                   const CFDictionaryValueCallBacks* value_callbacks, bool is_mutable);
    void set(const void* key, const void* value);
    [[nodiscard]] const void* get(const void* key) const;
    void dispose() override;
    bool equals(const Object& other) const override;
    std::uint64_t hash() const override { return entries.size(); }
    CFDictionaryKeyCallBacks keys{};
    CFDictionaryValueCallBacks values{};
    bool can_change;
    std::vector<std::pair<const void*, const void*>> entries;
};
// NOLINTEND(bugprone-reserved-identifier)

namespace tv::sim {

// For `const CFStringRef kKey = constant_string("kKey");`. The text ends in digits that differ from run to
// run, so that a product that writes the text itself finds nothing.
CFStringRef constant_string(const char* name);

// A dictionary given to a framework has CF keys and values and retains them; anything else ends the process.
const __CFDictionary* check_dictionary(CFDictionaryRef dictionary, const char* function);
// Values of the right kind; nullopt where the key is absent, the end of the process where its value has
// another type.
std::optional<std::int64_t> integer_of(const __CFDictionary* dictionary, CFStringRef key,
                                       const char* function);
std::optional<bool> boolean_of(const __CFDictionary* dictionary, CFStringRef key, const char* function);

} // namespace tv::sim
